import type { Clock } from '../../base/clock.ts'

/**
 * How long a group waits for its members to join. The first round of an empty group lasts as long as members keep
 * coming: one delay (group.initial.rebalance.delay.ms) after the other, up to the rebalance timeout. Later ones end
 * when all have come, or at that timeout.
 */
export class JoinRound {
  readonly #clock: Clock
  readonly #initialDelay: number
  readonly #over: () => void
  #cancel: () => void = () => {}
  /** Set during a first round: whether someone came since the delay was last prolonged. */
  #gathered: { added: boolean } | undefined

  /** `over` is called when the time of a round is up. */
  constructor(clock: Clock, initialDelay: number, over: () => void) {
    this.#clock = clock
    this.#initialDelay = initialDelay
    this.#over = over
  }

  /** A first round: it does not end because all who are there have joined. */
  get gathering(): boolean {
    return this.#gathered !== undefined
  }

  /** A round of a group that was empty. */
  beginFirst(rebalanceTimeout: number): void {
    this.end()
    this.#gathered = { added: false }
    this.#waitForMore(this.#initialDelay, Math.max(rebalanceTimeout - this.#initialDelay, 0))
  }

  begin(rebalanceTimeout: number): void {
    this.end()
    this.#cancel = this.#clock.after(rebalanceTimeout, this.#over)
  }

  /** A member has come. */
  added(): void {
    if (this.#gathered !== undefined) this.#gathered.added = true
  }

  end(): void {
    this.#cancel()
    this.#gathered = undefined
  }

  #waitForMore(delay: number, remaining: number): void {
    const enough = (): void => {
      const round = this.#gathered!
      if (!round.added || remaining === 0) return this.#over()
      round.added = false
      const next = Math.min(this.#initialDelay, remaining)
      this.#waitForMore(next, remaining - next)
    }
    if (delay === 0) this.#over()
    else this.#cancel = this.#clock.after(delay, enough)
  }
}
