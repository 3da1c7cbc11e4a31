import type { Clock } from '../base/clock.ts'

/**
 * One timer for all who want to be woken: it rings at the earliest moment asked for, and knows nothing of the others.
 */
export class WakeTimer {
  readonly #clock: Clock
  readonly #ring: () => void
  #at = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at `moment` (by the clock's `monotonic`), unless it was to ring before anyway. */
  set(moment: number, now: number): void {
    if (moment >= this.#at) return
    this.#cancelTimer?.()
    this.#at = moment
    this.#cancelTimer = this.#clock.after(moment - now, () => {
      this.#at = Number.POSITIVE_INFINITY
      this.#cancelTimer = undefined
      this.#ring()
    })
  }

  clear(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#at = Number.POSITIVE_INFINITY
  }
}
