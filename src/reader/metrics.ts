import { Summary } from '../base/summary.ts'

/** What ReaderStats counts. */
export class ReaderMetrics {
  dials = 0
  fetches = 0
  messages = 0
  bytes = 0
  rebalances = 0
  timeouts = 0
  errors = 0
  readonly dialTime = new Summary()
  readonly readTime = new Summary()
  readonly waitTime = new Summary()
  readonly fetchSize = new Summary()
  readonly fetchBytes = new Summary()

  /** The counters since the last call. */
  snapshot() {
    const { dials, fetches, messages, bytes, rebalances, timeouts, errors } = this
    this.dials = this.fetches = this.messages = this.bytes = this.rebalances = this.timeouts = this.errors = 0
    return {
      dials,
      fetches,
      deprecatedFetchesWithTypo: fetches,
      messages,
      bytes,
      rebalances,
      timeouts,
      errors,
      dialTime: this.dialTime.snapshot(),
      readTime: this.readTime.snapshot(),
      waitTime: this.waitTime.snapshot(),
      fetchSize: this.fetchSize.snapshot(),
      fetchBytes: this.fetchBytes.snapshot(),
    }
  }
}
