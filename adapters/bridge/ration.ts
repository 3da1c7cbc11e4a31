/** So much a second, and what was not used of it up to a bound. */
export class Ration {
  readonly #perSecond: number
  readonly #most: number
  #left: number
  #at: number

  /** `most`: what may be there at once, and may be owed. `left`: to begin with. `now`: of the clock's `monotonic`. */
  constructor(perSecond: number, most: number, now: number, left = most) {
    this.#perSecond = perSecond
    this.#most = most
    this.#left = left
    this.#at = now
  }

  /** What there is now; below 0, what is owed. */
  left(now: number): number {
    return this.spend(0, now)
  }

  /** Takes so much; answers what is left. */
  spend(amount: number, now: number): number {
    const earned = ((now - this.#at) / 1000) * this.#perSecond
    this.#at = now
    this.#left = Math.max(-this.#most, Math.min(this.#left + earned, this.#most) - amount)
    return this.#left
  }

  earn(amount: number): void {
    this.#left = Math.min(this.#left + amount, this.#most)
  }
}
