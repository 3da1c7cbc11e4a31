import { Condition } from '../base/condition.ts'

interface Lane<T> {
  readonly key: string | undefined
  readonly items: T[]
  /** Of the next one; those before are gone. */
  at: number
}

/** Works on items, so many at a time: those of one lane one after the other in their order, lanes beside each other. */
export class Lanes<T> {
  readonly #concurrency: number
  readonly #work: (item: T) => Promise<void>
  readonly #lanes = new Map<string, Lane<T>>()
  /** Lanes with items and nobody at work on them, the one that waits longest first. */
  #ready: Lane<T>[] = []
  readonly #news = new Condition()
  #running = 0

  /** `work` never rejects. */
  constructor(concurrency: number, work: (item: T) => Promise<void>) {
    this.#concurrency = concurrency
    this.#work = work
  }

  /** Whether more could be done at once than there is to do. */
  get hasIdle(): boolean {
    return this.#running < this.#concurrency
  }

  /** `key`: of the lane; undefined for an item that needs no order. */
  add(key: string | undefined, item: T): void {
    const lane = key === undefined ? undefined : this.#lanes.get(key)
    if (lane !== undefined) {
      lane.items.push(item)
      return
    }
    const made: Lane<T> = { key, items: [item], at: 0 }
    if (key !== undefined) this.#lanes.set(key, made)
    this.#ready.push(made)
    this.#begin()
  }

  /** Forgets what nobody works on yet. */
  drop(): void {
    this.#ready = []
    for (const lane of this.#lanes.values()) lane.items.length = lane.at
  }

  /** Resolves once nobody works on anything. */
  async idle(): Promise<void> {
    while (this.#running > 0) await this.#news.wait()
  }

  #begin(): void {
    while (this.hasIdle) {
      const lane = this.#ready.shift()
      if (lane === undefined) return
      this.#running++
      void this.#next(lane)
    }
  }

  async #next(lane: Lane<T>): Promise<void> {
    do await this.#work(lane.items[lane.at++]!)
    while (lane.at < lane.items.length && this.#ready.length === 0)
    this.#running--
    if (lane.at < lane.items.length) this.#ready.push(lane)
    else if (lane.key !== undefined) this.#lanes.delete(lane.key)
    this.#begin()
    if (this.#running === 0) this.#news.ring()
  }
}
