import type { Log } from './log.ts'

/** What is known of a replica that does not copy. */
interface Stalled {
  /** Where its log ends. It begins as the leader's does. */
  end: number
  /** When it last copied, in the clock's monotonic time. */
  readonly since: number
  /** Whether its broker was stopped in good order, not held back or killed. */
  readonly clean: boolean
}

/**
 * A partition's replicas: which there are, which of them are in sync, and how far each has copied the leader's log. One
 * that runs and is not held back has all of it at every moment.
 */
export class Replicas {
  ids: readonly number[]
  /** Those that must have a record before it counts as written. */
  isr: readonly number[]
  readonly #log: Log
  readonly #stalled = new Map<number, Stalled>()
  /** What the stalled among those in sync have in common: Infinity when there are none. */
  #bound = Number.POSITIVE_INFINITY

  constructor(ids: readonly number[], log: Log) {
    this.ids = ids
    this.isr = ids
    this.#log = log
  }

  /** All replicas in sync have what is before it. What retention took nobody waits for. */
  get highWatermark(): number {
    const { startOffset, endOffset } = this.#log
    return this.#bound >= endOffset ? endOffset : Math.max(startOffset, this.#bound)
  }

  /** Where a replica's own log ends. */
  endOf(id: number): number {
    return this.#stalled.get(id)?.end ?? this.#log.endOffset
  }

  /** Whether nothing but a stop in good order keeps it from having all. */
  isClean(id: number): boolean {
    return this.#stalled.get(id)?.clean ?? true
  }

  /** Adds a broker, with a copy of all. */
  add(id: number): void {
    if (!this.ids.includes(id)) this.ids = [...this.ids, id]
    if (!this.isr.includes(id)) this.isr = [...this.isr, id]
  }

  /** Puts the replicas on these brokers: what is new has nothing yet, and of those that go nothing is known any more. */
  place(ids: readonly number[], since: number): void {
    for (const id of ids) if (!this.ids.includes(id)) this.#stalled.set(id, { end: 0, since, clean: false })
    for (const id of this.ids) if (!ids.includes(id)) this.#stalled.delete(id)
    this.ids = ids
    this.isr = this.isr.filter(id => ids.includes(id))
    this.#measure()
  }

  /** From now on the replica does not copy. */
  stall(id: number, since: number, clean: boolean): void {
    if (this.#stalled.has(id)) return
    this.#stalled.set(id, { end: this.#log.endOffset, since, clean })
    this.#measure()
  }

  /** What the stopped replica had is gone. */
  wipe(id: number, since: number): void {
    this.#stalled.set(id, { end: 0, since, clean: false })
    this.#measure()
  }

  /** The replica leads, or copies again and has all at once. */
  follow(id: number): void {
    if (this.#stalled.delete(id)) this.#measure()
  }

  /** Settles who is in sync under a leader: of those that run all but the stalled ones that were not. */
  settle(runs: (id: number) => boolean): void {
    this.isr = this.ids.filter(id => runs(id) && (!this.#stalled.has(id) || this.isr.includes(id)))
    this.#measure()
  }

  /** Those behind that have not copied since `moment` are in sync no more; whether there were any. */
  dropLate(moment: number): boolean {
    const isLate = (id: number): boolean => {
      const stalled = this.#stalled.get(id)
      return stalled !== undefined && stalled.end < this.#log.endOffset && stalled.since <= moment
    }
    const before = this.isr.length
    this.isr = this.isr.filter(id => !isLate(id))
    this.#measure()
    return this.isr.length < before
  }

  /** To be called when the log was cut: nobody has more of it. */
  truncated(): void {
    for (const stalled of this.#stalled.values()) stalled.end = Math.min(stalled.end, this.#log.endOffset)
    this.#measure()
  }

  #measure(): void {
    this.#bound = Number.POSITIVE_INFINITY
    for (const id of this.isr) this.#bound = Math.min(this.#bound, this.#stalled.get(id)?.end ?? this.#bound)
  }
}
