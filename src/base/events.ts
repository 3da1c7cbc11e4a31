/**
 * Things worth counting or tracing, in one typed stream. Times are milliseconds, `broker` is host:port.
 *
 * - `connect`, `connectFailed`, `disconnect`: a connection, and the lane it is of ('produce', 'fetch', 'group', 'control')
 * - `request`: a request that was answered or, with `error`, was not
 * - `metadataRefresh`: what was learned of a cluster, in numbers
 * - `produceBatch`: a batch that was written or, with `error`, given up; `durationMs` since its first message
 * - `retry`: `what` failed and is tried again, for the `attempt`-th time
 * - `fetch`: an answer to a fetch, and its bytes
 * - `partitionTrouble`, `partitionRecovered`: a partition can't be read, `failures` times in a row; it can again
 * - `rebalance`, `generationEnd`: a group was divided; what this member had so is over
 * - `commit`: positions in so many partitions were stored or, with `error`, were not
 */
export type ClientEvent =
  | { type: 'connect'; broker: string; lane: string; durationMs: number }
  | { type: 'connectFailed'; broker: string; lane: string; error: unknown }
  | { type: 'disconnect'; broker: string; lane: string; error: unknown }
  | {
      type: 'request'
      broker: string
      api: string
      apiVersion: number
      durationMs: number
      sentBytes: number
      receivedBytes: number
      error?: unknown
    }
  | { type: 'metadataRefresh'; brokers: number; topics: number }
  | {
      type: 'produceBatch'
      topic: string
      partition: number
      messages: number
      bytes: number
      durationMs: number
      error?: unknown
    }
  | { type: 'retry'; what: string; attempt: number; error: unknown }
  | { type: 'fetch'; broker: string; partitions: number; bytes: number; durationMs: number }
  | { type: 'partitionTrouble'; topic: string; partition: number; failures: number; error: unknown }
  | { type: 'partitionRecovered'; topic: string; partition: number; failures: number; durationMs: number }
  | {
      type: 'rebalance'
      groupId: string
      generationId: number
      memberId: string
      assignments: Record<string, number[]>
    }
  | { type: 'generationEnd'; groupId: string; generationId: number; error: unknown }
  | { type: 'commit'; groupId: string; partitions: number; error?: unknown }

/** The one event sink. Undefined costs nothing: callers write `onEvent?.({...})`. A sink must not throw. */
export type EventSink = (event: ClientEvent) => void
