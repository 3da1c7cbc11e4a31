import { type DurationStats, Summary, type SummaryStats } from '../base/summary.ts'
import type { RequiredAcks } from '../protocol/acks.ts'
import type { Settings } from './settings.ts'

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

/** Counts what a writer does. */
export class WriterMetrics {
  writes = 0
  messages = 0
  bytes = 0
  errors = 0
  retries = 0
  readonly batchTime = new Summary()
  readonly batchQueueTime = new Summary()
  readonly writeTime = new Summary()
  readonly waitTime = new Summary()
  readonly batchSize = new Summary()
  readonly batchBytes = new Summary()

  /** All there is to tell; counters and summaries begin anew. */
  snapshot(settings: Settings, bufferedBytes: number): WriterStats {
    const { writes, messages, bytes, errors, retries } = this
    this.writes = this.messages = this.bytes = this.errors = this.retries = 0
    return {
      writes,
      messages,
      bytes,
      errors,
      retries,
      batchTime: this.batchTime.snapshot(),
      batchQueueTime: this.batchQueueTime.snapshot(),
      writeTime: this.writeTime.snapshot(),
      waitTime: this.waitTime.snapshot(),
      batchSize: this.batchSize.snapshot(),
      batchBytes: this.batchBytes.snapshot(),
      bufferedBytes,
      topic: settings.topic,
      maxAttempts: settings.maxAttempts,
      writeBackoffMin: settings.backoff.min,
      writeBackoffMax: settings.backoff.max,
      maxBatchSize: settings.batchSize,
      batchTimeout: settings.batchTimeout,
      readTimeout: settings.readTimeout,
      writeTimeout: settings.writeTimeout,
      requiredAcks: settings.requiredAcks,
      async: settings.async,
    }
  }
}
