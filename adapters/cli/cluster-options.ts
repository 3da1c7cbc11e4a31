import { ConnectionError, IsoKafkaError, messageOf } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import { type CommandContext, UsageError } from './command.ts'
import { FirstContact } from './first-contact.ts'
import { fileOf } from './options.ts'
import { profileHelp, profileOf } from './profiles.ts'
import { saslHelp, saslOf, saslOptions } from './sasl-options.ts'

const text = { type: 'string' } as const

const settings = {
  brokers: { type: 'string', short: 'b' },
  tls: { type: 'boolean' },
  'tls-ca': text,
  'tls-cert': text,
  'tls-key': text,
  ...saslOptions,
} as const

const passwordVariable = 'ISOKAFKA_SASL_PASSWORD'

/** Where a cluster is, and how to be let in. */
export const clusterOptions = { ...settings, profile: text } as const

export const clusterHelp = `  -b, --brokers list        where the cluster is, as host:port,host:port; localhost:9092 by default; or KAFKA_BROKERS in the environment
  --tls                     speak TLS; --tls-ca, --tls-cert, --tls-key name PEM files
${saslHelp('ISOKAFKA', true)}
${profileHelp}
                            Any of these may be in the environment, too: --sasl-username is ISOKAFKA_SASL_USERNAME`

type Setting = keyof typeof settings
/** What the command line says of a cluster. */
export type ClusterValues = { readonly [name in Exclude<Setting, 'tls'>]?: string | undefined } & {
  readonly tls?: boolean | undefined
  readonly profile?: string | undefined
}

/** A cluster, and the connections to it. */
export interface ClusterAccess {
  readonly addr: readonly string[]
  readonly transport: Transport
  readonly client: Client
}

/** What a command has to say of its cluster that the command line, the environment and profiles have not. */
export interface ClusterExtras extends Pick<TransportConfig, 'tls' | 'sasl' | 'clientId' | 'onEvent'> {
  /** A cluster that can't be reached is waited for. */
  readonly waits?: boolean
}

/** Works with the cluster that the command line, the environment and a profile name, in this order. */
export async function withCluster<T>(
  values: ClusterValues,
  { environment: surroundings, warn, ask }: Pick<CommandContext, 'environment' | 'warn' | 'ask'>,
  work: (cluster: ClusterAccess) => Promise<T>,
  { waits = false, onEvent, ...more }: ClusterExtras = {},
): Promise<T> {
  const given = settled(values, surroundings)
  const environment = await withPassword(given, surroundings, ask)
  const addr = (given.brokers ?? 'localhost:9092').split(',').map(each => each.trim())
  const pem = (name: 'tls-ca' | 'tls-cert' | 'tls-key'): string | undefined => {
    const path = given[name]
    return path === undefined ? undefined : fileOf(`--${name}`, path)
  }
  const files = Object.entries({ ca: pem('tls-ca'), cert: pem('tls-cert'), key: pem('tls-key') })
  const tls = Object.fromEntries(files.filter(([, content]) => content !== undefined))
  const sasl = saslOf(given, environment, 'ISOKAFKA')
  const contact = new FirstContact(warn, waits)
  const tell = (line: string): void => contact.warn(line)
  const transport = new Transport({
    logger: { debug() {}, info() {}, warn: tell, error: tell },
    ...((given.tls === true || Object.keys(tls).length > 0) && { tls }),
    ...(sasl && { sasl }),
    ...more,
    onEvent(event) {
      contact.onEvent(event)
      onEvent?.(event)
    },
  })
  try {
    return await Promise.race([work({ addr, transport, client: new Client({ addr, transport }) }), contact.failed])
  } catch (error) {
    contact.ended(error)
    if (!(error instanceof ConnectionError) || given.brokers !== undefined) throw error
    throw new IsoKafkaError(`${messageOf(error)} (--brokers or KAFKA_BROKERS says where the cluster is)`, {
      cause: error,
    })
  } finally {
    await transport.close()
  }
}

/** The environment, with the password in it if that lacks and somebody can be asked. */
async function withPassword(
  given: ClusterValues,
  environment: CommandContext['environment'],
  ask: CommandContext['ask'],
): Promise<CommandContext['environment']> {
  const user = given['sasl-username']
  if (user === undefined || given['sasl-password-file'] !== undefined || environment[passwordVariable] || !ask)
    return environment
  return { ...environment, [passwordVariable]: await ask(`password of ${user}: `) }
}

function settled(values: ClusterValues, environment: CommandContext['environment']): ClusterValues {
  const names = Object.keys(settings) as Setting[]
  const profile = profileOf(values.profile, names, environment)
  const variable = (name: Setting): string | boolean | undefined => {
    const known = `ISOKAFKA_${name.toUpperCase().replaceAll('-', '_')}`
    const value = environment[known] || (name === 'brokers' && environment['KAFKA_BROKERS']) || undefined
    if (name !== 'tls' || value === undefined) return value
    if (!/^(1|true|0|false)$/.test(value)) throw new UsageError(`${known}: "${value}" is neither true nor false`)
    return value === '1' || value === 'true'
  }
  return Object.fromEntries(names.map(name => [name, values[name] ?? variable(name) ?? profile[name]])) as ClusterValues
}
