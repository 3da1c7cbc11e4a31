import type { Entity } from './quotas.ts'

const user = 'user'
const clientId = 'client-id'
const ip = 'ip'

export const entityTypes: readonly string[] = [user, clientId, ip]

const largest = { int: 2 ** 31 - 1, long: Number.MAX_SAFE_INTEGER, double: Number.MAX_VALUE }
type Type = keyof typeof largest

const ofClients: Readonly<Record<string, Type>> = {
  producer_byte_rate: 'long',
  consumer_byte_rate: 'long',
  request_percentage: 'double',
  controller_mutation_rate: 'double',
}
const ofAddresses: Readonly<Record<string, Type>> = { connection_creation_rate: 'int' }

// What is kept of an entity's names, in characters.
const longestNames = 1_024

/** Why there can be no quota of such an entity; undefined when there can. The texts are Kafka's. */
export function wrongEntity(entity: Entity): string | undefined {
  if (entity.size === 0) return 'Invalid empty client quota entity'
  let length = 0
  for (const [type, name] of entity) {
    if (!entityTypes.includes(type)) return `Unhandled client quota entity type: ${type}`
    if (name === '') return `Empty ${type} not supported`
    length += name?.length ?? 0
  }
  if (entity.has(ip) && entity.size > 1)
    return 'Invalid quota entity combination, IP entity should not be combined with User or ClientId'
  if (length > longestNames) return `The names are longer than ${longestNames} characters together`
  const address = entity.get(ip)
  return typeof address === 'string' && !isAddress(address)
    ? `${address} is not a valid IP or resolvable host.`
    : undefined
}

/** Names are not looked up here. */
function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text)
    ? text.split('.').every(part => Number(part) < 256)
    : /^[\w.:-]+$/.test(text)
}

/** Why an entity's quota can't have the value; undefined when it can. */
export function wrongValue(entity: Entity, name: string, value: number | null): string | undefined {
  const types = entity.has(ip) ? ofAddresses : ofClients
  const type = Object.hasOwn(types, name) ? types[name] : undefined
  if (type === undefined) return `Invalid configuration key ${name}`
  if (value === null) return undefined
  // Kafka allows for what becomes of a whole number on its way as a double.
  if (type !== 'double' && Math.abs(value - Math.round(value)) > 1e-6) return `${name} cannot be a fractional value.`
  if (value > largest[type])
    return `Proposed value for ${name} is too large for ${type === 'int' ? 'an INT' : 'a LONG'}.`
  return value > 0 ? undefined : `Quota ${name} must be greater than 0`
}
