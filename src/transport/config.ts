import { type Backoff, backoffSettings } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import { guarded, guardedLogger } from '../base/guard.ts'
import { consoleLogger, type Logger } from '../base/logger.ts'
import { type Elsewhere, given, type SettingKinds } from '../base/settings.ts'
import type { Mechanism } from '../sasl/mechanism.ts'
import { type Natives, nativesSettings, type SocketAdapter, type TLSOptions, tlsSettings } from '../socket/socket.ts'
import { type Detached, detachedClock, detachedOf } from './detached.ts'
import { Lifetime } from './lifetime.ts'
import type { BrokerResolver } from './resolver.ts'

/** Settings of a Transport. All optional; times are milliseconds. */
export interface TransportConfig {
  /** Opens sockets. Default: the adapter of the runtime at hand. */
  adapter?: SocketAdapter
  /** Opens sockets in place of the adapter's own `dial`, keeping the rest of it. */
  dial?: SocketAdapter['dial']
  /** What the runtime lends (codecs, the end of a turn). Default: those of the runtime at hand, whatever the adapter. */
  natives?: Natives
  /** Bounds one connect with TLS, version negotiation and SASL. Default 5,000. */
  dialTimeout?: number
  /** Connections unused for this long are closed. Default 30,000. */
  idleTimeout?: number
  /** Bounds a call that gives no bound of its own. Default 30,000. */
  requestTimeout?: number
  /** How old the layout of a topic in use may get; it is refreshed in the background at a random moment before. Default 6,000. */
  metadataTtl?: number
  /** Topics to ask for in the first refresh, in advance of their use. Default none: topics are asked for as they are used. */
  metadataTopics?: readonly string[]
  /** Named in each request; brokers log it and set quotas by it. Default 'isokafka'. */
  clientId?: string
  /** Given: connections use TLS. `true` takes the runtime's own certificates. */
  tls?: TLSOptions | boolean
  /** Given: connections authenticate, and do so again before the session's lifetime ends (KIP-368). */
  sasl?: Mechanism
  /** Translates a broker's name into addresses to dial, each time a connection is opened. */
  resolver?: BrokerResolver
  /** Between tries of a broker, a lookup or a retriable failure. Default 50–1,000, doubling, ±20 %. */
  backoff?: Backoff
  /** Longest response taken, in bytes. Default 256 MiB. */
  maxResponseBytes?: number
  clock?: Clock
  /** Default: warnings and errors go to the console, none twice within 30 s. `console` is one, too; null is silence. */
  logger?: Logger | null
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
  backoff: 'object',
  maxResponseBytes: 'number',
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

/** A TransportConfig with its defaults filled in. */
export interface Settings {
  readonly adapter: SocketAdapter
  readonly resolver: BrokerResolver | undefined
  readonly natives: Natives
  readonly detached: Detached
  readonly dialTimeout: number
  readonly idleTimeout: number
  readonly requestTimeout: number
  readonly metadataTtl: number
  readonly metadataTopics: readonly string[]
  readonly clientId: string
  readonly tls: TLSOptions | undefined
  readonly sasl: Mechanism | undefined
  readonly backoff: Backoff
  readonly maxResponseBytes: number
  readonly clock: Clock
  readonly logger: Logger
  readonly onEvent: EventSink | undefined
  /** Ends when the transport closes. */
  readonly lifetime: Lifetime
}

export function settingsOf(all: TransportConfig, runtime: { readonly adapter: SocketAdapter; readonly natives: Natives }): Settings {
  const config = given('a Transport', all, transportSettings, '', ofItsUsers)
  const { adapter = runtime.adapter, dial, resolver, tls, backoff = { min: 50, max: 1000 } } = config
  given('backoff', backoff, backoffSettings)
  const dialing =
    dial === undefined
      ? adapter
      : { name: adapter.name, ...(adapter.limits && { limits: adapter.limits }), ...(adapter.scope && { scope: adapter.scope }), dial }
  if (typeof dialing?.dial !== 'function') throw new ConfigError('Transport: an adapter needs a function dial')
  if (config.sasl !== undefined && (typeof config.sasl?.name !== 'string' || typeof config.sasl.start !== 'function'))
    throw new ConfigError(
      'sasl must be a mechanism, as plain({ username, password }) makes one: an object with a name and a function start',
    )
  if (!(backoff.min >= 0 && backoff.max >= backoff.min)) throw new ConfigError('Transport: backoff needs 0 ≤ min ≤ max')
  const natives = config.natives ? given('natives', config.natives, nativesSettings) : runtime.natives
  const detached = detachedOf(natives)
  const clock = detachedClock(config.clock, natives, detached)
  const logger = guardedLogger(config.logger, consoleLogger(clock))
  return {
    adapter: dialing,
    resolver,
    natives,
    detached,
    dialTimeout: positive(config, 'dialTimeout', 5000),
    idleTimeout: positive(config, 'idleTimeout', 30_000),
    requestTimeout: positive(config, 'requestTimeout', 30_000),
    metadataTtl: positive(config, 'metadataTtl', 6000),
    metadataTopics: config.metadataTopics ?? [],
    clientId: config.clientId ?? 'isokafka',
    tls: tls === true ? {} : tls ? given('tls', tls, tlsSettings) : undefined,
    sasl: config.sasl,
    backoff,
    maxResponseBytes: positive(config, 'maxResponseBytes', 256 * 1024 * 1024, 'bytes'),
    clock,
    lifetime: new Lifetime(clock, dialing.scope),
    logger,
    onEvent: config.onEvent && guarded(config.onEvent, error => logger.error('onEvent threw', error)),
  }
}

function positive(
  config: TransportConfig,
  name: 'dialTimeout' | 'idleTimeout' | 'requestTimeout' | 'metadataTtl' | 'maxResponseBytes',
  otherwise: number,
  unit = 'milliseconds',
): number {
  const given = config[name] ?? otherwise
  if (typeof given !== 'number' || !(given > 0))
    throw new ConfigError(`Transport: ${name} must be a positive number of ${unit}, not ${given}`)
  return given
}
