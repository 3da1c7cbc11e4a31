import type { Clock } from '../../src/base/clock.ts'

/**
 * A clock whose time passes only when nothing else goes on: it leaps from timer to timer, so that a busy machine
 * changes nothing, and long waits cost nothing. `using` or `close()` stops it.
 */
export class LeapingClock implements Clock {
  readonly #start = Date.now()
  #time = 0
  #closed = false
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>()

  constructor() {
    void this.#run()
  }

  now(): number {
    return this.#start + Math.floor(this.#time)
  }

  monotonic(): number {
    return this.#time
  }

  after(milliseconds: number, task: () => void): () => void {
    const timer = { at: this.#time + Math.min(Math.max(0, milliseconds), 2 ** 31), task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => this.after(milliseconds, resolve))
  }

  /** Waits until the condition holds, so long at most. */
  async until(condition: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
    const end = this.#time + within
    while (!(await condition())) {
      if (this.#time > end) throw new Error(`did not come within ${within} ms`)
      await this.sleep(5)
    }
  }

  close(): void {
    this.#closed = true
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      // As many turns as a request and its answer may take.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      const next = [...this.#timers].reduce<{ at: number; task: () => void } | undefined>(
        (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
        undefined,
      )
      if (next === undefined) continue
      this.#timers.delete(next)
      this.#time = Math.max(this.#time, next.at)
      next.task()
    }
  }
}
