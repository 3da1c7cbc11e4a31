import { Summary } from '../base/summary.ts'
import type { Settings } from './settings.ts'
import type { WriterStats } from './stats.ts'

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
