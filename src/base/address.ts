import { ConfigError } from './errors.ts'

/** Where a broker listens. An IPv6 host carries no brackets here. */
export interface Address {
  /** A name, or an IPv4 or IPv6 address. */
  readonly host: string
  /** A TCP port. */
  readonly port: number
}

/** A list of addresses that lead to one cluster, as `tcp()` makes it. */
export interface Addr {
  /** Always 'tcp', as in Go's net.Addr. */
  readonly network: 'tcp'
  /** Those that were given, in their order. */
  readonly addresses: readonly Address[]
  /** host:port, comma-separated. */
  toString(): string
}

/**
 * What calls take for an address: `'host'`, `'host:port'`, `'[::1]:9092'`, a comma-separated list of these, `tcp(...)`,
 * or a list of any.
 */
export type AddressLike = string | Addr | readonly (string | Addr)[]

/** The port taken when an address names none. */
export const defaultPort = 9092

/** The addresses as one value: the bootstrap list of a cluster. Throws a ConfigError for what can't be an address. */
export function tcp(...addresses: readonly string[]): Addr {
  const list = addressesOf(addresses)
  return { network: 'tcp', addresses: list, toString: () => list.map(formatAddress).join(',') }
}

/** Every address in `addr`, in order, each once. Throws a ConfigError when there is none or one is malformed. */
export function addressesOf(addr: AddressLike): Address[] {
  const found = new Map<string, Address>()
  for (const item of Array.isArray(addr) ? (addr as readonly (string | Addr)[]) : [addr as string | Addr]) {
    for (const address of listOf(item)) found.set(formatAddress(address), address)
  }
  if (found.size === 0) throw new ConfigError('no broker address given')
  return [...found.values()]
}

function listOf(item: string | Addr): readonly Address[] {
  if (typeof item === 'string') return item.split(',').map(parseAddress)
  if (!Array.isArray(item?.addresses))
    throw new ConfigError(`a broker address is a text such as localhost:${defaultPort}, not ${item}`)
  return item.addresses
}

/** One address out of its text. */
export function parseAddress(text: string): Address {
  const trimmed = text.trim()
  if (trimmed === '')
    throw new ConfigError(`an empty broker address (write host or host:port, as in localhost:${defaultPort})`)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed))
    throw new ConfigError(`"${trimmed}" is a URL, where a broker's host:port is expected`)
  const bracketed = /^\[([^\][]*)\](?::(.*))?$/.exec(trimmed)
  if (bracketed !== null) {
    const host = bracketed[1]!
    if (!isIpv6(host)) throw new ConfigError(`"${trimmed}": only an IPv6 address goes into brackets`)
    return { host, port: portOf(bracketed[2], trimmed) }
  }
  const colons = trimmed.split(':').length - 1
  // Two colons or more without brackets: the whole is an IPv6 address, for a port could not be told from its last
  // group.
  if (colons > 1) {
    if (!isIpv6(trimmed)) throw new ConfigError(`"${trimmed}" is no host:port`)
    return { host: trimmed, port: defaultPort }
  }
  const at = trimmed.indexOf(':')
  const host = at < 0 ? trimmed : trimmed.slice(0, at)
  if (!/^[\p{L}\p{N}._-]+$/u.test(host)) throw new ConfigError(`"${trimmed}" has no valid host name`)
  return { host, port: portOf(at < 0 ? undefined : trimmed.slice(at + 1), trimmed) }
}

/** host:port, IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function portOf(text: string | undefined, whole: string): number {
  if (text === undefined) return defaultPort
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port >= 1 && port <= 65535)) throw new ConfigError(`"${whole}": the port must be a number from 1 to 65535`)
  return port
}

function isIpv6(text: string): boolean {
  // A zone (%eth0) may follow, and the last two groups may be written as an IPv4 address.
  const groups = text.replace(/%[\w.-]+$/, '').replace(/(?<=:)\d{1,3}(\.\d{1,3}){3}$/, '0:0')
  const [before = '', after, ...more] = groups.split('::')
  if (more.length > 0) return false
  const all = [before, after ?? ''].filter(part => part !== '').flatMap(part => part.split(':'))
  return all.every(group => /^[0-9a-f]{1,4}$/i.test(group)) && (after === undefined ? all.length === 8 : all.length < 8)
}
