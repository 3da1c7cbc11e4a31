import type { Clock } from '../../src/base/clock.ts'

/** A clock that stands still until it is told otherwise. */
export class ManualClock implements Clock {
  private time = 0
  private readonly tasks = new Set<{ at: number; task: () => void }>()

  now(): number {
    return 1_700_000_000_000 + this.time
  }

  monotonic(): number {
    return this.time
  }

  after(milliseconds: number, task: () => void): () => void {
    const entry = { at: this.time + Math.max(0, milliseconds), task }
    this.tasks.add(entry)
    return () => this.tasks.delete(entry)
  }

  /** How many timers are set. */
  get pending(): number {
    return this.tasks.size
  }

  /** Moves on, firing each timer at its moment. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const [next] = [...this.tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.tasks.delete(next)
      this.time = Math.max(this.time, next.at)
      next.task()
    }
    this.time = end
  }

  /** Moves on at once, as when the program was suspended: timers fire late. */
  jump(milliseconds: number): void {
    this.time += milliseconds
    this.advance(0)
  }
}
