import type { CallOptions } from '../base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'

export interface RequestOptions extends CallOptions {
  /** In milliseconds; the connection's `requestTimeout` by default. */
  timeoutMs?: number
  /** The version to use instead of the highest that both sides speak and the request fits in. */
  version?: number
  /** As if these were the cluster's finalised features: by default, what the broker told when the connection was made. */
  features?: ReadonlyMap<string, number> | undefined
  /**
   * The broker sends no answer (a Produce with acks 0): resolves with undefined once the bytes are out of our memory.
   */
  noResponse?: boolean
}

/** Sends requests: a connection does, and what the task of `exclusive` is given. */
export interface Requester {
  /** The highest version of an API that both sides speak; a ProtocolError when there is none. */
  version(api: AnyApi): number
  request<A extends AnyApi>(api: A, request: RequestInput<A>, options?: RequestOptions): Promise<ResponseOf<A>>
}
