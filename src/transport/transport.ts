import type { AddressLike } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import type { Codecs } from '../compression/codecs.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Natives } from '../socket/socket.ts'
import type { Cluster } from './cluster.ts'
import type { TransportConfig } from './config.ts'
import type { RoundTripOptions, RoundTripper } from './round-tripper.ts'

/**
 * Connections to Kafka clusters, what is known of them, and the routing of requests. Share one between the Writers, Readers and Clients of a
 * program (in Workers: of one request); the one who made it closes it.
 */
export declare class Transport implements RoundTripper {
  readonly natives: Natives
  readonly codecs: Codecs
  readonly clock: Clock
  readonly logger: Logger
  readonly onEvent: EventSink | undefined
  /** Runs a task once, after this turn's microtasks. */
  readonly defer: (task: () => void) => void
  constructor(config?: TransportConfig)
  roundTrip<A extends AnyApi>(addr: AddressLike, api: A, request: RequestInput<A>, options?: RoundTripOptions): Promise<ResponseOf<A>>
  /** The cluster behind these addresses; the same object for the same list. */
  cluster(addr: AddressLike): Cluster
  /** Closes connections that no request uses. */
  closeIdleConnections(): void
  /** Ends everything, within 5 s. */
  close(): Promise<void>
}
