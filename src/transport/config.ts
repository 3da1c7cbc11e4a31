import { type Backoff, backoffSettings } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { ConfigError, kindOf } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import { guarded } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import { type Elsewhere, given, type SettingKinds } from '../base/settings.ts'
import type { Mechanism } from '../sasl/mechanism.ts'
import { pemTexts } from '../socket/pem.ts'
import { type Natives, nativesSettings, type SocketAdapter, type TLSOptions, tlsSettings } from '../socket/socket.ts'
import { authenticateBy } from './authentication.ts'
import { recallOf, type TransportMemory } from './memory.ts'
import { type BrokerResolver, lookUpBy } from './resolver.ts'
import { defaultSettings, type Settings } from './settings.ts'

/** Settings of a Transport. All optional; times are milliseconds. */
export interface TransportConfig {
  /** Opens sockets. Default: the adapter of the runtime at hand. */
  adapter?: SocketAdapter
  /** Opens sockets in place of the adapter's own `dial`, keeping the rest of it. */
  dial?: SocketAdapter['dial']
  /**
   * What the runtime lends (codecs, the end of a turn). Default: those of the runtime at hand, whatever the adapter.
   */
  natives?: Natives
  /** Bounds one connect with TLS, version negotiation and SASL. Default 5,000. */
  dialTimeout?: number
  /** Connections unused for this long are closed. Default 30,000. */
  idleTimeout?: number
  /** Bounds a call that gives no bound of its own. Default 30,000. */
  requestTimeout?: number
  /**
   * How old the layout of a topic in use may get; it is refreshed in the background at a random moment before. Default
   * 6,000; with more than 1,000 partitions in use 6 for each, 300,000 at most, for what a client asks for on its own
   * not to grow with the cluster.
   */
  metadataTtl?: number
  /**
   * Topics to ask for in the first refresh, in advance of their use. Default none: topics are asked for as they are
   * used.
   */
  metadataTopics?: readonly string[]
  /** Named in each request; brokers log it and set quotas by it. Default 'isokafka'. */
  clientId?: string
  /** Given: connections use TLS. `true` takes the runtime's own certificates. */
  tls?: TLSOptions | boolean
  /** Given: connections authenticate, and do so again before the session's lifetime ends (KIP-368). */
  sasl?: Mechanism
  /** Translates a broker's name into addresses to dial, each time a connection is opened. */
  resolver?: BrokerResolver
  /**
   * Whether a host that a broker names may be dialed; what it throws counts as no. Default: all but link-local addresses
   * (where clouds keep machines' secrets), unless an address given is one; a loopback address that a broker elsewhere
   * names is warned of. Addresses given by you are not asked about, and names are not looked up for it.
   */
  allowAddress?: (host: string) => boolean
  /** Between tries of a broker, a lookup or a retriable failure. Default 50–1,000, doubling, ±20 %. */
  backoff?: Backoff
  /** Longest response taken, in bytes. Default 256 MiB. */
  maxResponseBytes?: number
  /**
   * What is known of clusters, filled and kept true by the transport: an object that begins as `{}`, is plain data, and
   * given to the next transport spares it the questions that this one asked. Keep it beside a Worker's handler, or as
   * JSON. It need not be true: it is checked against the cluster's id, and what is wrong with it costs one refresh.
   * Default: nothing is remembered.
   */
  memory?: TransportMemory
  /** Time and chance. Default: the system's. */
  clock?: Clock
  /** Default: warnings and errors go to the console, none twice within 30 s. `console` is one, too; null is silence. */
  logger?: Logger | null
  /** Told of what happens, as it does. Default: nobody. */
  onEvent?: EventSink
}

export const transportSettings: SettingKinds<TransportConfig> = {
  adapter: 'object',
  dial: 'function',
  natives: 'object',
  dialTimeout: 'number',
  idleTimeout: 'number',
  requestTimeout: 'number',
  metadataTtl: 'number',
  metadataTopics: 'list',
  clientId: 'string',
  tls: 'any',
  sasl: 'object',
  resolver: 'object',
  allowAddress: 'function',
  backoff: 'object',
  maxResponseBytes: 'number',
  memory: 'object',
  clock: 'object',
  logger: 'any',
  onEvent: 'function',
}

/** For those who have a transport and are given its settings. */
export const ofTransport: Elsewhere = {
  kinds: transportSettings,
  hint: 'it is one of the transport, as in { transport: new Transport({ * }) }',
}

const ofItsUsers: Elsewhere = {
  kinds: { addr: 1, topic: 1, groupId: 1 },
  hint: '* is given to the Writer, Reader, ConsumerGroup or Client that uses the transport',
}

type Positive = 'dialTimeout' | 'idleTimeout' | 'requestTimeout' | 'metadataTtl' | 'maxResponseBytes'

/** Throws a ConfigError for settings that can't work. */
export function settingsOf(
  all: TransportConfig,
  runtime: { readonly adapter: SocketAdapter; readonly natives: Natives },
): Settings {
  // Errors show what was given in place of a setting; a secret in the wrong place stays one.
  for (const [name, value] of Object.entries({ sasl: all?.sasl, tls: all?.tls }))
    if (value !== undefined && typeof value !== 'object' && !(name === 'tls' && typeof value === 'boolean'))
      throw new ConfigError(`${name} of a Transport must be an object, not ${kindOf(value)}`)
  const config = given('a Transport', all, transportSettings, '', ofItsUsers)
  const { adapter = runtime.adapter, dial, sasl, resolver, clock, onEvent, allowAddress } = config
  if (typeof config.tls === 'object') pemTexts('Transport', config.tls)
  const tls = config.tls === true ? {} : config.tls ? given('tls', config.tls, tlsSettings) : undefined
  const dialing =
    dial === undefined
      ? adapter
      : {
          name: adapter.name,
          ...(adapter.limits && { limits: adapter.limits }),
          ...(adapter.scope && { scope: adapter.scope }),
          ...(adapter.guard && { guard: adapter.guard }),
          dial,
        }
  if (typeof dialing?.dial !== 'function') throw new ConfigError('Transport: an adapter needs a function dial')
  if (sasl !== undefined && (typeof sasl?.name !== 'string' || typeof sasl.start !== 'function'))
    throw new ConfigError(
      'sasl must be a mechanism, as plain({ username, password }) makes one: an object with a name and a function start',
    )
  const natives = config.natives ? given('natives', config.natives, nativesSettings) : runtime.natives
  const defaults = defaultSettings({ adapter: dialing, natives, clock, logger: config.logger })
  const positive = (name: Positive, unit = 'milliseconds'): number => {
    const number = config[name] ?? defaults[name]
    if (typeof number !== 'number' || !(number > 0))
      throw new ConfigError(`Transport: ${name} must be a positive number of ${unit}, not ${number}`)
    return number
  }
  const guard: Settings['guard'] = allowAddress
    ? host => (allows(allowAddress, host) ? undefined : `a broker calls itself ${host}, which allowAddress refuses`)
    : defaults.guard
  const backoff = given('backoff', config.backoff ?? defaults.backoff, backoffSettings)
  if (!(backoff.min >= 0 && backoff.max >= backoff.min)) throw new ConfigError('Transport: backoff needs 0 ≤ min ≤ max')
  return {
    ...defaults,
    dialTimeout: positive('dialTimeout'),
    idleTimeout: positive('idleTimeout'),
    requestTimeout: positive('requestTimeout'),
    metadataTtl: positive('metadataTtl'),
    metadataTtlPerPartition: config.metadataTtl === undefined ? defaults.metadataTtlPerPartition : 0,
    metadataTopics: config.metadataTopics ?? [],
    clientId: config.clientId ?? defaults.clientId,
    tls: tls && (() => tls),
    guard,
    backoff,
    maxResponseBytes: positive('maxResponseBytes', 'bytes'),
    onEvent: onEvent && guarded(onEvent, error => defaults.logger.error('onEvent threw', error)),
    lookUp: resolver && lookUpBy(resolver),
    authenticate: sasl && authenticateBy(sasl),
    recall: config.memory && recallOf(config.memory, { clock: defaults.clock, guard }),
  }
}

function allows(allowAddress: (host: string) => boolean, host: string): boolean {
  try {
    return allowAddress(host)
  } catch {
    return false
  }
}
