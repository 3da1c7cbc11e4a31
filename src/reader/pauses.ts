import type { Fetcher } from './fetcher.ts'
import type { MessageSource } from './message-source.ts'
import type { Position } from './position.ts'

/** Why positions hand out nothing: the caller paused them, or something of ours holds them. They go on once neither does. */
export class Pauses {
  readonly #fetcher: Fetcher
  readonly #source: MessageSource
  readonly #byCaller = new WeakSet<Position>()
  /** How often each is held. */
  readonly #holds = new WeakMap<Position, number>()

  constructor(fetcher: Fetcher, source: MessageSource) {
    this.#fetcher = fetcher
    this.#source = source
  }

  /** Whether the caller paused it. */
  has(position: Position): boolean {
    return this.#byCaller.has(position)
  }

  pause(positions: readonly Position[]): void {
    for (const position of positions) this.#byCaller.add(position)
    this.#stop(positions)
  }

  resume(positions: readonly Position[]): void {
    for (const position of positions) this.#byCaller.delete(position)
    this.#goOn(positions)
  }

  /** Nothing of these is handed out until the answer is called, with those that are still ours. */
  hold(positions: readonly Position[]): (ours: readonly Position[]) => void {
    for (const position of positions) this.#holds.set(position, (this.#holds.get(position) ?? 0) + 1)
    this.#stop(positions)
    return ours => {
      for (const position of positions) this.#holds.set(position, this.#holds.get(position)! - 1)
      this.#goOn(ours)
    }
  }

  #stop(positions: readonly Position[]): void {
    this.#fetcher.pause(positions, position => this.#source.next(position))
    this.#source.cut(positions)
  }

  #goOn(positions: readonly Position[]): void {
    const free = positions.filter(position => !this.has(position) && !this.#holds.get(position))
    this.#fetcher.resume(free)
  }
}
