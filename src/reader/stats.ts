import type { DurationStats, SummaryStats } from '../base/summary.ts'

/** What a Reader did since the last snapshot, and how it stands. Times are milliseconds. */
export interface ReaderStats {
  /** Connections opened for fetching. */
  dials: number
  /** Fetches answered. */
  fetches: number
  /** @deprecated The same as `fetches`; kafka-go has it for the sake of a typo in a metric's name. */
  deprecatedFetchesWithTypo: number
  messages: number
  /** Of record batches, as they came over the wire. */
  bytes: number
  /** Times a partition's leader moved, or the group was divided anew. */
  rebalances: number
  timeouts: number
  errors: number
  dialTime: DurationStats
  /** From a fetch sent to its answer. */
  readTime: DurationStats
  /** That reads waited for a message to come. */
  waitTime: DurationStats
  /** Messages an answer held. */
  fetchSize: SummaryStats
  /** Bytes of record batches an answer held. */
  fetchBytes: SummaryStats
  /** Of the next message; −1 in a group. */
  offset: number
  /** Messages from there to the partition's end; −1 in a group. */
  lag: number
  minBytes: number
  maxBytes: number
  maxWait: number
  /** Messages fetched and not read yet. */
  queueLength: number
  /** 0: bounded by bytes alone. */
  queueCapacity: number
  clientId: string
  topic: string
  /** '-1' in a group. */
  partition: string
}
