import { crc32c } from '#crc32c'
import { utf8 } from '../../bytes/utf8.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Subscribed } from './subscribed.ts'

/** A report as far as it is looked at. */
export interface Report {
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Uint8Array
}

// As record batches name them: none, gzip, snappy, lz4, zstd.
const codecs = 5
/** Of a report, in bytes: Kafka's `telemetry.max.bytes`. */
export const mostTelemetryBytes = 1_048_576

/** One client that asks for subscriptions and reports by them: when it may (KIP-714). Times are milliseconds. */
export class ClientInstance {
  readonly subscribed: Subscribed
  /** Of which state of all subscriptions this is. */
  readonly version: number
  readonly subscriptionId: number
  #askedAt = Number.NEGATIVE_INFINITY
  #reportedAt = Number.NEGATIVE_INFINITY
  #lastError = 0
  /** It said that it would be its last report. */
  #isEnding = false

  constructor(id: string, subscribed: Subscribed, version: number) {
    this.subscribed = subscribed
    this.version = version
    this.subscriptionId = crc32c(utf8(`${id} ${subscribed.metrics.join()} ${subscribed.interval}`)) | 0
  }

  /** It asks what to report; answers the error code. */
  asked(now: number): number {
    // Who was told that its subscription is not that any more asks at once.
    const mayAgain =
      this.#lastError === ErrorCode.UnknownSubscriptionID || this.#lastError === ErrorCode.UnsupportedCompressionType
    const inTime = now - Math.max(this.#askedAt, this.#reportedAt) >= this.subscribed.interval
    if (inTime) this.#askedAt = now
    this.#lastError = inTime || mayAgain ? 0 : ErrorCode.ThrottlingQuotaExceeded
    return this.#lastError
  }

  /** It reports; answers the error code. */
  reported(report: Report, now: number): number {
    const errorCode = this.#refusal(report, now)
    if (errorCode !== ErrorCode.InvalidRequest) this.#lastError = errorCode
    this.#isEnding = report.terminating
    return errorCode
  }

  #refusal({ subscriptionId, terminating, compressionType, metrics }: Report, now: number): number {
    if (this.#isEnding) return ErrorCode.InvalidRequest
    const inTime = this.#askedAt > this.#reportedAt || now - this.#reportedAt >= this.subscribed.interval
    if (inTime) this.#reportedAt = now
    // The last one may come at any time.
    if (!inTime && !terminating) return ErrorCode.ThrottlingQuotaExceeded
    if (subscriptionId !== this.subscriptionId) return ErrorCode.UnknownSubscriptionID
    if (compressionType < 0 || compressionType >= codecs) return ErrorCode.UnsupportedCompressionType
    return metrics.length > mostTelemetryBytes ? ErrorCode.TelemetryTooLarge : 0
  }
}
