import type { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import type { Mechanism } from '../sasl/mechanism.ts'
import type { Natives, SocketAdapter, TLSOptions } from '../socket/socket.ts'
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
  /** Default: silent. `console` is one. */
  logger?: Logger
  onEvent?: EventSink
}
