import type { Clock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import { type CallOptions, onAbort } from '../base/signals.ts'
import type { SocketAdapter } from '../socket/socket.ts'

/**
 * How long a transport lives, for all that must not outlive it. No AbortSignal: runtimes warn of one that many listen
 * to.
 */
export class Lifetime {
  readonly #clock: Clock
  readonly #tasks = new Set<(reason: unknown) => void>()
  #over: { readonly reason: unknown } | undefined

  readonly #scope: SocketAdapter['scope']
  #inScope: (() => boolean) | undefined

  /** `scope`: of the adapter, if its sockets have one. */
  constructor(clock: Clock, scope?: SocketAdapter['scope']) {
    this.#clock = clock
    this.#scope = scope
  }

  end(reason: unknown): void {
    if (this.#over !== undefined) return
    this.#over = { reason }
    for (const task of [...this.#tasks]) task(reason)
    this.#tasks.clear()
  }

  get ended(): boolean {
    return this.#over !== undefined
  }

  /**
   * Whoever begins something does so here: throws what ended the transport, and a ConfigError where its connections
   * can't be used.
   */
  enter(): void {
    if (this.#over !== undefined) throw this.#over.reason
    // What waits for another request's connections in a Worker waits for ever.
    this.#inScope ??= this.#scope?.()
    if (this.#inScope?.() === false)
      throw new ConfigError(
        'this Transport, Writer, Reader or Client was made in another request: make one in each, and close it there',
      )
  }

  /** Calls `task` with the reason when it ends; the answer takes that back. */
  atEnd(task: (reason: unknown) => void): () => void {
    if (this.#over !== undefined) task(this.#over.reason)
    else this.#tasks.add(task)
    return () => this.#tasks.delete(task)
  }

  /** Runs the task with a controller that is aborted when this ends. */
  async during<T>(task: (controller: AbortController) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const forget = this.atEnd(reason => controller.abort(reason))
    try {
      return await task(controller)
    } finally {
      forget()
    }
  }

  /** Waits; rejects if this or the signal ends meanwhile, with the reason. */
  sleep(milliseconds: number, { signal }: CallOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const undo: (() => void)[] = []
      const settle = (then: () => void): void => {
        for (const task of undo.splice(0)) task()
        then()
      }
      if (this.#over !== undefined) return reject(this.#over.reason)
      if (signal?.aborted) return reject(signal.reason)
      undo.push(this.#clock.after(milliseconds, () => settle(resolve)))
      undo.push(this.atEnd(reason => settle(() => reject(reason))))
      if (signal !== undefined) undo.push(onAbort(signal, () => settle(() => reject(signal.reason))))
    })
  }
}
