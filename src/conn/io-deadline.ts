import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import { abortable, linkSignals } from '../base/signals.ts'

/** A moment by which what waits must be over, and which may be moved meanwhile: a connection's read or write deadline. */
export class IoDeadline {
  readonly #clock: Clock
  readonly #late: (begun: boolean) => unknown
  readonly #waiting = new Set<AbortController>()
  /** Rings when one waits no more. */
  readonly #left = new Condition()
  /** By `monotonic`. */
  #at = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined
  #ended: { readonly reason: unknown } | undefined

  /** `late` makes the error for what is not over by then, or has not even begun. */
  constructor(clock: Clock, late: (begun: boolean) => unknown) {
    this.#clock = clock
    this.#late = late
  }

  /** A moment as Date or milliseconds since 1970; null for none. For what waits already, too. */
  set(time: Date | number | null): void {
    const at = time instanceof Date ? time.getTime() : time
    if (at !== null && (typeof at !== 'number' || Number.isNaN(at)))
      throw new ConfigError(`a deadline is a Date, milliseconds since 1970, or null for none, not ${shown(time)}`)
    this.#at = at === null ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + at - this.#clock.now()
    this.#disarm()
    this.#arm()
  }

  /** Milliseconds left; Infinity without a deadline. */
  get remaining(): number {
    return Math.max(0, this.#at - this.#clock.monotonic())
  }

  /** Resolves once nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await this.#left.wait()
  }

  /** Rejects what comes from now on, for this reason. */
  refuse(reason: unknown): void {
    this.#ended ??= { reason }
  }

  /** And what waits already. */
  end(reason: unknown): void {
    this.refuse(reason)
    this.#stop(reason)
  }

  /** Runs a task whose signal is aborted at this moment, or when the caller's is. */
  async run<T>(signal: AbortSignal | undefined, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended.reason
    signal?.throwIfAborted()
    if (this.remaining === 0) throw this.#late(false)
    const { controller, release } = linkSignals(signal)
    this.#waiting.add(controller)
    this.#arm()
    try {
      return await abortable(task(controller.signal), controller.signal)
    } finally {
      release()
      this.#waiting.delete(controller)
      if (this.#waiting.size === 0) this.#disarm()
      this.#left.ring()
    }
  }

  #arm(): void {
    if (this.#cancel !== undefined || this.#waiting.size === 0 || this.#at === Number.POSITIVE_INFINITY) return
    this.#cancel = this.#clock.after(this.remaining, () => {
      this.#cancel = undefined
      // A timer may come a little early, or be as long as a timer can be.
      if (this.remaining > 0) this.#arm()
      else this.#stop(this.#late(true))
    })
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #stop(reason: unknown): void {
    this.#disarm()
    for (const controller of this.#waiting) controller.abort(reason)
  }
}
