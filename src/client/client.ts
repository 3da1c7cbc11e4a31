import type { AddressLike } from '../base/address.ts'
import type { RoundTripper } from '../transport/round-tripper.ts'

export interface ClientConfig {
  /** The cluster that requests without an `addr` of their own go to. */
  addr?: AddressLike
  /** Time limit of each call, in milliseconds. Default 0: only the transport's own limits. */
  timeout?: number
  /** A given transport stays open; without one the client makes and closes its own. */
  transport?: RoundTripper
}

/** kafka-go's Client: every Kafka API as a typed call. */
export declare class Client {
  constructor(config?: ClientConfig)
  close(): Promise<void>
}
