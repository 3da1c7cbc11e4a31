import type { Clock } from '../../src/base/clock.ts'

/**
 * Time that passes only when nothing else goes on: it jumps from timer to timer, so that long waits cost nothing, and a busy machine changes
 * nothing. Close it when done.
 */
export class IdleClock implements Clock {
  #time = 0
  #closed = false
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>()

  constructor() {
    void this.#run()
  }

  now(): number {
    return 1_700_000_000_000 + Math.floor(this.#time)
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

  close(): void {
    this.#closed = true
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
