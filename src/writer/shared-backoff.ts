import { type Backoff, backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'

/** Failures within so many milliseconds are one: a connection that ended, told request by request. */
const oneMoment = 5
/** There is an entry for each number of failures in a row. */
const mostKept = 100

/**
 * When partitions are tried again. Those that fail in one moment are so in one moment, so that what they have rides
 * together: chance is to keep writers from marching in step, not a writer's partitions.
 */
export class SharedBackoff {
  readonly #backoff: Backoff
  readonly #clock: Clock
  /** By failures in a row: when that was last asked for, and what was answered. */
  readonly #last = new Map<number, { readonly askedAt: number; readonly retryAt: number }>()

  constructor(backoff: Backoff, clock: Clock) {
    this.#backoff = backoff
    this.#clock = clock
  }

  /** By the clock's `monotonic`, after so many failures in a row. */
  retryAt(now: number, failures: number): number {
    const last = this.#last.get(failures)
    if (last !== undefined && now - last.askedAt < oneMoment) return last.retryAt
    const retryAt = now + backoffDelay(failures, this.#backoff, this.#clock)
    if (this.#last.size >= mostKept) this.#last.clear()
    this.#last.set(failures, { askedAt: now, retryAt })
    return retryAt
  }
}
