import type { Clock } from '../base/clock.ts'
import { NoConnectionLeftError } from '../base/errors.ts'
import { hasCode } from '../protocol/errors.ts'
import { coordinatorCodes } from '../transport/destination.ts'

/**
 * How long failures to get into a group are kept from its reader: coordinators move, and are away for a while, which is
 * no business of whoever reads. A cluster that says so has an election or a start to wait for, so it is given a
 * rebalance's time; so is any once the member has been in, and our other connections where the runtime allows no more.
 * A cluster that has never been reached may not be there at all.
 */
export class JoiningPatience {
  readonly #clock: Clock
  readonly #settings: { readonly timeout: number; readonly rebalanceTimeout: number }
  #since: number
  #wasIn = false

  constructor(clock: Clock, settings: { readonly timeout: number; readonly rebalanceTimeout: number }) {
    this.#clock = clock
    this.#settings = settings
    this.#since = clock.monotonic()
  }

  /** The member was in the group until now. */
  wasIn(): void {
    this.#since = this.#clock.monotonic()
    this.#wasIn = true
  }

  /** The reader was told. */
  told(): void {
    this.#since = this.#clock.monotonic()
    this.#wasIn = false
  }

  /** When the reader is to be told of this failure, by the monotonic clock. */
  until(error: unknown): number {
    const { timeout, rebalanceTimeout } = this.#settings
    const isWaiting = hasCode(error, ...coordinatorCodes) || error instanceof NoConnectionLeftError
    return this.#since + (this.#wasIn || isWaiting ? rebalanceTimeout : timeout)
  }
}
