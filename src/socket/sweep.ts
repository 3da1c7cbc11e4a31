import type { Clock } from '../base/clock.ts'

// The least time between two sweeps: deadlines are met this late at most, in milliseconds.
const interval = 50
// A timer this late tells that the program itself was held up: answers may lie unread.
const heldUp = 200

/** One timer for any number of deadlines. */
export class Sweep {
  readonly #clock: Clock
  readonly #task: (now: number) => number
  #at = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined
  #forgiven = false

  /** `task` deals with all deadlines up to the moment given (by `monotonic`) and answers the next one, or Infinity. */
  constructor(clock: Clock, task: (now: number) => number) {
    this.#clock = clock
    this.#task = task
  }

  /** Sees to it that a sweep comes at `deadline`. Costs nothing when one comes sooner. */
  arm(deadline: number): void {
    if (deadline >= this.#at) return
    this.#cancel?.()
    this.#at = deadline
    // A timer may come a fraction of a millisecond early.
    this.#cancel = this.#clock.after(deadline - this.#clock.monotonic() + 1, () => this.#run())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#at = Number.POSITIVE_INFINITY
  }

  #run(): void {
    const now = this.#clock.monotonic()
    const late = now - this.#at
    this.#cancel = undefined
    this.#at = Number.POSITIVE_INFINITY
    this.#forgiven = late > heldUp && !this.#forgiven
    // Forgiven once: what has arrived meanwhile is read first.
    const next = this.#forgiven ? now : this.#task(now)
    if (next < Number.POSITIVE_INFINITY) this.arm(Math.max(next, now + interval))
  }
}
