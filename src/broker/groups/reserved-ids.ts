import type { Clock } from '../../base/clock.ts'

/** Member ids given out whose owners have not come back with them yet (KIP-394). */
export class ReservedIds {
  readonly #clock: Clock
  readonly #cancels = new Map<string, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
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
      this.#cancels.delete(memberId)
      missed()
    })
    this.#cancels.set(memberId, cancel)
  }

  delete(memberId: string): void {
    this.#cancels.get(memberId)?.()
    this.#cancels.delete(memberId)
  }

  clear(): void {
    for (const cancel of this.#cancels.values()) cancel()
    this.#cancels.clear()
  }
}
