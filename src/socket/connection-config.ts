import type { Clock } from '../base/clock.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import type { FramePool } from './frame-pool.ts'
import type { BrokerGuess } from './guess.ts'
import type { Peer } from './peer.ts'
import type { RequestOptions } from './requester.ts'
import type { Address, SocketAdapter, TLSOptions } from './socket.ts'

export interface ConnectionConfig {
  readonly adapter: SocketAdapter
  readonly address: Address
  /** Where to dial; by default the address's own. Whatever it is, TLS checks the address's. */
  readonly host?: string
  readonly tls?: TLSOptions
  readonly clientId: string
  /** A broker that speaks KIP-1242 refuses a connection meant for another. */
  readonly peer?: Peer | undefined
  /** What the connection goes by until the broker itself has told what it speaks. */
  readonly guess?: BrokerGuess | undefined
  /** What the connection is for; it rides in the events. */
  readonly lane: string
  /** For connecting, TLS and the first exchange of versions together, in milliseconds. */
  readonly dialTimeout: number
  /** How long a request waits for its answer unless it says otherwise, in milliseconds. */
  readonly requestTimeout: number
  /** A larger response is a ProtocolError. 256 MiB by default. */
  readonly maxResponseBytes?: number
  readonly clock: Clock
  readonly logger: Logger
  readonly onEvent?: EventSink
}

export type { RequestOptions } from './requester.ts'

export interface ExchangeOptions extends RequestOptions {
  /** Where the frame's memory comes from, and is to be given back to. */
  pool?: FramePool
}
