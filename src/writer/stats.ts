import type { DurationStats, SummaryStats } from '../base/summary.ts'
import type { RequiredAcks } from '../protocol/acks.ts'

/** What a Writer did since its `stats()` was last called, and its settings. Times are milliseconds. */
export interface WriterStats {
  /** Produce requests answered. */
  writes: number
  /** Messages written. */
  messages: number
  /** Bytes of the batches written, as sent. */
  bytes: number
  /** Batches given up. */
  errors: number
  /** Batches sent again. */
  retries: number
  /** From a batch's first message to its first sending. */
  batchTime: DurationStats
  /** From a batch's closing to its first sending. */
  batchQueueTime: DurationStats
  /** From sending a produce request to its answer. */
  writeTime: DurationStats
  /** For how long brokers asked us to pause (quotas). */
  waitTime: DurationStats
  /** Messages a batch. */
  batchSize: SummaryStats
  /** Bytes a batch. */
  batchBytes: SummaryStats
  /** Bytes of batches not settled yet. */
  bufferedBytes: number
  topic: string
  maxAttempts: number
  writeBackoffMin: number
  writeBackoffMax: number
  maxBatchSize: number
  batchTimeout: number
  readTimeout: number
  writeTimeout: number
  requiredAcks: RequiredAcks
  async: boolean
}
