import type { Clock } from '../../src/base/clock.ts'

/** A clock whose time passes only when nothing else goes on: a busy machine changes nothing, and long waits cost nothing. `using` stops it. */
export class LeapingClock implements Clock {
  private readonly start = Date.now()
  private time = 0
  private readonly timers = new Set<{ readonly at: number; task(): void }>()
  private stopped = false

  constructor() {
    void this.run()
  }

  now(): number {
    return this.start + Math.floor(this.time)
  }

  monotonic(): number {
    return this.time
  }

  after(milliseconds: number, task: () => void): () => void {
    const timer = { at: this.time + Math.min(Math.max(0, milliseconds), 2 ** 31), task }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => this.after(milliseconds, resolve))
  }

  /** Waits until the condition holds, so long at most. */
  async until(condition: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
    const end = this.time + within
    while (!(await condition())) {
      if (this.time > end) throw new Error(`did not come within ${within} ms`)
      await this.sleep(5)
    }
  }

  [Symbol.dispose](): void {
    this.stopped = true
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      for (let i = 0; i < 30; i++) await new Promise(resolve => setImmediate(resolve))
      const [next] = [...this.timers].sort((a, b) => a.at - b.at)
      if (next === undefined) continue
      this.timers.delete(next)
      this.time = Math.max(this.time, next.at)
      next.task()
    }
  }
}
