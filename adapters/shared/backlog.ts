import { type Deferred, deferred } from '../../src/base/deferred.ts'

/**
 * Who waits for bytes that a socket accepted to go: for room, or for all of them. How many there are its owner knows.
 */
export class Backlog {
  #room: Deferred<void> | undefined
  #empty: Deferred<void> | undefined
  #failed: { readonly error: unknown } | undefined

  /** Nothing is accepted any more. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failed
  }

  /** Somebody is to be told of a change. */
  get awaited(): boolean {
    return this.#room !== undefined || this.#empty !== undefined
  }

  /** What `write` answers: a promise of room while more waits than should. */
  pressure(full: boolean): void | Promise<void> {
    if (!full) return
    this.#room ??= deferred()
    return this.#room.promise
  }

  /** What `flushed` answers. */
  flushed(empty: boolean): Promise<void> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed.error)
    if (empty) return Promise.resolve()
    this.#empty ??= deferred()
    return this.#empty.promise
  }

  /** Some have gone. */
  changed(full: boolean, empty: boolean): void {
    if (!full) {
      this.#room?.resolve()
      this.#room = undefined
    }
    if (!empty) return
    this.#empty?.resolve()
    this.#empty = undefined
  }

  /** They never will. Only the first failure counts. */
  fail(error: unknown): void {
    if (this.#failed !== undefined) return
    this.#failed = { error }
    for (const waiter of [this.#room, this.#empty]) {
      // Not everyone who was promised room waits for it.
      waiter?.promise.catch(() => {})
      waiter?.reject(error)
    }
    this.#room = this.#empty = undefined
  }
}
