import { type Deferred, deferred } from '../base/deferred.ts'

interface Round<R> {
  readonly names: Set<string>
  readonly done: Deferred<R>
}

/**
 * Gathers what is asked for into as few loads as can be: names asked for in one turn, or while a load is under way,
 * ride together in the next, and at most one load is under way.
 */
export class Coalesce<R> {
  readonly #load: (names: readonly string[]) => Promise<R>
  #running: Round<R> | undefined
  #next: Round<R> | undefined

  constructor(load: (names: readonly string[]) => Promise<R>) {
    this.#load = load
  }

  /**
   * Settles with a load of these names begun after the call; or, if `fresh` is false, with one already under way that
   * has them all.
   */
  ask(names: readonly string[], { fresh = true }: { fresh?: boolean } = {}): Promise<R> {
    const running = this.#running
    if (!fresh && running !== undefined && names.every(name => running.names.has(name))) return running.done.promise
    if (this.#next === undefined) {
      this.#next = { names: new Set(), done: deferred() }
      // Those who only watch a shared load must not make its failure an unhandled rejection.
      this.#next.done.promise.catch(() => {})
      if (running === undefined) void Promise.resolve().then(() => this.#begin())
    }
    for (const name of names) this.#next.names.add(name)
    return this.#next.done.promise
  }

  #begin(): void {
    const round = this.#next
    if (round === undefined || this.#running !== undefined) return
    this.#next = undefined
    this.#running = round
    const end = (): void => {
      this.#running = undefined
      if (this.#next !== undefined) this.#begin()
    }
    this.#load([...round.names]).then(
      result => {
        end()
        round.done.resolve(result)
      },
      error => {
        end()
        round.done.reject(error)
      },
    )
  }
}
