import type { Clock } from '../../base/clock.ts'
import type { Holdings } from './holdings.ts'

/** Member ids given out whose owners have not come back with them yet (KIP-394). */
export class ReservedIds {
  readonly #clock: Clock
  readonly #holdings: Holdings
  readonly #cancels = new Map<string, () => void>()

  constructor(clock: Clock, holdings: Holdings) {
    this.#clock = clock
    this.#holdings = holdings
  }

  get size(): number {
    return this.#cancels.size
  }

  has(memberId: string): boolean {
    return this.#cancels.has(memberId)
  }

  /** Waits so many milliseconds for its owner; `missed` is called, the id taken back, when none has come. */
  add(memberId: string, milliseconds: number, missed: () => void): void {
    const cancel = this.#clock.after(milliseconds, () => {
      this.delete(memberId)
      missed()
    })
    this.#cancels.set(memberId, cancel)
    this.#holdings.members++
  }

  delete(memberId: string): void {
    this.#cancels.get(memberId)?.()
    if (this.#cancels.delete(memberId)) this.#holdings.members--
  }

  clear(): void {
    for (const memberId of [...this.#cancels.keys()]) this.delete(memberId)
  }
}
