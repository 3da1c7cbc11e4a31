import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { CallOptions } from '../base/signals.ts'
import type { ConnectionConfig, ExchangeOptions, RequestOptions } from './connection-config.ts'

/** What sends requests: a connection, or its inside during `exclusive`. */
export interface Requester {
  /** The highest version of an API that both sides speak; a ProtocolError when there is none. */
  version(api: AnyApi): number
  request<A extends AnyApi>(api: A, request: RequestInput<A>, options?: RequestOptions): Promise<ResponseOf<A>>
}

export declare class BrokerConnection implements Requester {
  static open(config: ConnectionConfig, options?: CallOptions): Promise<BrokerConnection>
  /** host:port */
  readonly broker: string
  readonly features: ReadonlyMap<string, number>
  readonly inFlight: number
  /** When it last had something to do, by the clock's `monotonic`. */
  readonly lastUsed: number
  readonly closed: boolean
  /** Resolves with the reason; never rejects. */
  readonly onClose: Promise<unknown>
  version(api: AnyApi): number
  request<A extends AnyApi>(api: A, request: RequestInput<A>, options?: RequestOptions): Promise<ResponseOf<A>>
  exchange<A extends AnyApi>(api: A, request: RequestInput<A>, options?: ExchangeOptions): Promise<{ response: ResponseOf<A>; frame: Uint8Array }>
  exclusive<T>(task: (inside: Requester) => Promise<T>): Promise<T>
  close(): Promise<void>
  abort(reason?: unknown): void
}
