/** How many answers raise what was lowered by a failure by one step. */
const answersPerStep = 10
/** Requests under way to one broker, at most. */
const mostRequests = 5
/**
 * A size that ended a connection is tried again after so long, in milliseconds: what stood in the way may have gone.
 */
const refusedFor = 10 * 60_000
/** No request is taken for too large below this, and below half a mebibyte none that ended a single connection. */
const least = 16 * 1024
const unsuspected = 512 * 1024

/**
 * How much is put under way to one broker at a time. Brokers and proxies end connections that bring a larger request
 * than they take, and say nothing: after a connection that ended under a request larger than any answered before,
 * requests are half as large, and grow back slowly, but not to that size again. After a timeout less is sent at a time,
 * for the way may be narrow.
 */
export class SendLimits {
  /** A request closes at this many bytes of batches. */
  requestBytes: number
  /** Requests under way. */
  requests = mostRequests
  /** A request of this size ended a connection, and none as large was answered since. */
  refusedBytes = Number.POSITIVE_INFINITY
  readonly #most: number
  /** The largest request answered. */
  #proven = 0
  #refusedAt = 0
  /** Connections ended under requests of the refused size. */
  #refusals = 0
  /** Connections ended since the last answer. */
  #deaths = 0
  #answers = 0

  constructor(most: number) {
    this.#most = most
    this.requestBytes = most
  }

  /** A request of `bytes` was answered. */
  answered(bytes: number, now: number): void {
    this.#deaths = 0
    if (bytes > this.#proven) this.#proven = bytes
    if (this.requests === mostRequests && this.requestBytes === this.#most) return
    if (bytes >= this.refusedBytes || now - this.#refusedAt > refusedFor) {
      this.refusedBytes = Number.POSITIVE_INFINITY
      this.#refusals = 0
      this.requestBytes = Math.max(this.requestBytes, Math.min(bytes, this.#most))
    }
    if (++this.#answers % answersPerStep !== 0) return
    if (this.requests < mostRequests) this.requests++
    // Grown a sixteenth at a time, it stays below what was refused.
    const grown = Math.min(this.#most, Math.ceil(this.requestBytes * (17 / 16)))
    if (grown < this.refusedBytes) this.requestBytes = grown
  }

  /**
   * The connection ended under requests of which the largest had `bytes`. Answers how often its size may have been why;
   * 0 for never.
   */
  died(bytes: number, now: number): number {
    this.#deaths++
    // One that was taken before, or is small, is suspected only when it happens again.
    if (bytes < least || (this.#deaths < 2 && (bytes <= this.#proven || bytes < unsuspected))) return 0
    this.refusedBytes = Math.min(this.refusedBytes, bytes)
    this.#refusedAt = now
    this.#proven = Math.min(this.#proven, bytes - 1)
    this.#shrink(bytes)
    return ++this.#refusals
  }

  /** A request of `bytes` was not answered in time. */
  timedOut(bytes: number): void {
    this.requests = Math.max(1, this.requests >> 1)
    this.#shrink(bytes)
  }

  #shrink(bytes: number): void {
    this.requestBytes = Math.min(this.requestBytes, Math.max(least, bytes >> 1))
  }
}
