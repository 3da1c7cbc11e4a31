import type { Clock } from '../../base/clock.ts'

/** How long the members of a new generation may take to ask for their assignments: the rebalance timeout. */
export class SyncRound {
  readonly #clock: Clock
  readonly #late: (memberIds: readonly string[]) => void
  readonly #awaited = new Set<string>()
  #cancel: () => void = () => {}

  /** `late` is called with those who have not come in time, when there are any. */
  constructor(clock: Clock, late: (memberIds: readonly string[]) => void) {
    this.#clock = clock
    this.#late = late
  }

  begin(memberIds: Iterable<string>, rebalanceTimeout: number): void {
    for (const id of memberIds) this.#awaited.add(id)
    this.#cancel = this.#clock.after(rebalanceTimeout, () => this.#expire())
  }

  #expire(): void {
    const late = [...this.#awaited]
    this.#awaited.clear()
    if (late.length > 0) this.#late(late)
  }

  /** The member has come, or is gone. */
  settle(memberId: string): void {
    this.#awaited.delete(memberId)
  }

  /** Who was awaited comes under another id. */
  rename(formerId: string, memberId: string): void {
    if (this.#awaited.delete(formerId)) this.#awaited.add(memberId)
  }

  /** The next round of joining begins: nobody is late for this one any more. */
  end(): void {
    this.#cancel()
  }
}
