/** About ten milliseconds of work, in units of some five microseconds each. */
const unitsPerTurn = 2_000

/**
 * Keeps long work from holding up all else: it is counted as it is done, and when a turn's worth is done, what can wait
 * gives the turn back. Counted, not timed: a clock may stand still while work is done, and a program whose clock is its
 * own goes the same way each time.
 */
export class Turns {
  readonly #defer: (task: () => void) => void
  #spent = 0
  /** Who waits for a turn, the first first: one goes on a turn, however many wait. */
  readonly #waiting: (() => void)[] = []

  /** `defer` calls a task in a later turn, as `Natives.defer`. */
  constructor(defer: (task: () => void) => void) {
    this.#defer = defer
  }

  /** Counts work that was done. */
  spend(units: number): void {
    this.#spent += units
  }

  /** Whether the turn should be given back before more is done. */
  get isOver(): boolean {
    return this.#spent >= unitsPerTurn
  }

  /** Gives the turn back. */
  pause(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) this.#defer(this.#next)
    })
  }

  readonly #next = (): void => {
    this.#spent = 0
    this.#waiting.shift()!()
    if (this.#waiting.length > 0) this.#defer(this.#next)
  }

  /**
   * Does the work for each item and answers what comes of it, in order: at once if a turn is enough, else in several.
   * `units` is what an item takes besides what its work counts itself. `leave` is called before the turn is first given
   * back, for what is not there in the next.
   */
  map<T, R>(
    items: readonly T[],
    work: (item: T, at: number) => R,
    units = 1,
    leave?: (done: number) => void,
  ): R[] | Promise<R[]> {
    const results: R[] = []
    if (this.#some(items, work, units, results)) return results
    leave?.(results.length)
    return this.#rest(items, work, units, results)
  }

  async #rest<T, R>(items: readonly T[], work: (item: T, at: number) => R, units: number, results: R[]): Promise<R[]> {
    do await this.pause()
    while (!this.#some(items, work, units, results))
    return results
  }

  /** Goes on where `results` end, until the turn is over; whether all is done. */
  #some<T, R>(items: readonly T[], work: (item: T, at: number) => R, units: number, results: R[]): boolean {
    for (let at = results.length; at < items.length; at++) {
      if (this.isOver) return false
      results.push(work(items[at]!, at))
      this.#spent += units
    }
    return true
  }
}

/** Goes on with a value that may be there already: at once, if it is. */
export function andThen<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
