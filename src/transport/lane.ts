import type { CallOptions } from '../base/signals.ts'
import type { BrokerGuess } from '../socket/guess.ts'
import type { Peer } from '../socket/peer.ts'

export type { Lane } from '../protocol/route.ts'

export interface ConnectionOptions extends CallOptions {
  /** A connection of its own within the lane; the `group` lane is keyed by group id. */
  key?: string
  /** Bounds the wait for the connection, in milliseconds. Default: the transport's `dialTimeout`. */
  timeoutMs?: number
  /** Whom it is meant for. */
  peer?: Peer
  /** What is remembered of that broker, if anything. */
  guess?: (timeoutMs: number) => BrokerGuess | undefined
}
