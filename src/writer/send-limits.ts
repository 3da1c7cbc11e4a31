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
/** How often connections may end under requests of a size before that is taken for the cause. */
const mostRefusals = 3

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

  /**
   * A batch larger than this is split, be it that a request would take it for its only one: what is a little smaller
   * than what was refused would most likely be, too.
   */
  get batchBytes(): number {
    return this.refusedBytes === Number.POSITIVE_INFINITY ? this.refusedBytes : this.requestBytes
  }

  /** Whether so many bytes would end the connection, for sure: not even what was sent before is worth another try. */
  refuses(bytes: number): boolean {
    return bytes >= this.refusedBytes && this.#refusals >= mostRefusals
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

  /** The connection ended under requests of which the largest had `bytes`. */
  died(bytes: number, now: number): void {
    this.#deaths++
    // One that was taken before, or is small, is suspected only when it happens again.
    if (bytes < least || (this.#deaths < 2 && (bytes <= this.#proven || bytes < unsuspected))) return
    this.refusedBytes = Math.min(this.refusedBytes, bytes)
    this.#refusedAt = now
    this.#proven = Math.min(this.#proven, bytes - 1)
    this.#refusals++
    this.#shrink(bytes)
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
