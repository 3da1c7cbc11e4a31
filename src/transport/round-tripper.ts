import type { AddressLike } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Codecs } from '../compression/codecs.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Natives } from '../socket/socket.ts'

export interface RoundTripOptions extends CallOptions {
  /** Bounds the whole call, retries included, in milliseconds. Default: the transport's `requestTimeout`. */
  timeoutMs?: number
  /** How long the broker may hold its answer back on purpose, in milliseconds: on top of `timeoutMs`. Default 0. */
  waitsMs?: number
  /**
   * Sends it to this broker, wherever the API would go by itself. Needed where a request is about a broker that it does
   * not name.
   */
  brokerId?: number
}

/** What is sent as a request of this API: fields with a default may be left out. APIs are in `isokafka/protocol`. */
export type Request<A extends AnyApi = AnyApi> = RequestInput<A>
/** What comes as an answer to it. */
export type Response<A extends AnyApi = AnyApi> = ResponseOf<A>

/** What sends a request to a cluster and gives the response. A `Transport` is one; tests may have their own. */
export interface RoundTripper {
  /** For records of produce and fetch; our own codecs by default. */
  readonly codecs?: Codecs
  /** What the runtime lends. */
  readonly natives?: Natives
  /** Gives records their time; the system's by default. */
  readonly clock?: Clock
  /**
   * Sends one request to the broker or brokers it concerns. Errors of single items (a topic, a partition, a group) stay
   * in the response; the promise rejects when no response came.
   */
  roundTrip<A extends AnyApi>(
    addr: AddressLike,
    api: A,
    request: Request<A>,
    options?: RoundTripOptions,
  ): Promise<Response<A>>
}
