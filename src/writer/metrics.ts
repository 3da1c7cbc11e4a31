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
  /** Connections opened for writing. */
  dials: number
  /** How long those took. */
  dialTime: DurationStats
  /** Bytes of batches not settled yet. */
  bufferedBytes: number
  /** The setting; '' where each message has its own. */
  topic: string
  /** The setting. */
  maxAttempts: number
  /** The setting. */
  writeBackoffMin: number
  /** The setting. */
  writeBackoffMax: number
  /** The setting: messages in one batch. */
  maxBatchSize: number
  /** The setting. */
  batchTimeout: number
  /** The setting. */
  readTimeout: number
  /** The setting. */
  writeTimeout: number
  /** The setting. */
  requiredAcks: RequiredAcks
  /** The setting. */
  async: boolean
  /** What the writer calls itself. */
  clientId: string
  /** @deprecated 0: kafka-go has it for the sake of older programs. */
  rebalances: number
  /** @deprecated 0, as `rebalances`. */
  rebalanceInterval: number
  /** @deprecated 0: `bufferedBytes` says what waits. */
  queueLength: number
  /** @deprecated 0: `maxBufferedBytes` is the bound. */
  queueCapacity: number
}

/** Counts what a writer does: each field is one of WriterStats. */
export class WriterMetrics {
  writes = 0
  messages = 0
  bytes = 0
  errors = 0
  retries = 0
  dials = 0
  readonly rebalances = 0
  readonly rebalanceInterval = 0
  readonly queueLength = 0
  readonly queueCapacity = 0
  readonly batchTime = new Summary()
  readonly batchQueueTime = new Summary()
  readonly writeTime = new Summary()
  readonly waitTime = new Summary()
  readonly batchSize = new Summary()
  readonly batchBytes = new Summary()
  readonly dialTime = new Summary()

  /** All there is to tell; counters and summaries begin anew. */
  snapshot(settings: Settings, clientId: string, bufferedBytes: number): WriterStats {
    const counted: Partial<Record<keyof this, unknown>> = {}
    for (const name in this) {
      const value = this[name]
      counted[name] = value instanceof Summary ? value.snapshot() : value
      if (typeof value === 'number') this[name as 'writes'] = 0
    }
    return {
      ...(counted as Pick<WriterStats, keyof WriterMetrics & keyof WriterStats>),
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
      clientId,
    }
  }
}
