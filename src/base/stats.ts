/** What was seen of one quantity since the last snapshot: sizes in bytes or items. All zero when nothing was. */
export interface SummaryStats {
  avg: number
  min: number
  max: number
  count: number
  sum: number
}

/** A SummaryStats of milliseconds. */
export type DurationStats = SummaryStats

/** Gathers a SummaryStats. */
export class Summary {
  private count = 0
  private sum = 0
  private min = 0
  private max = 0

  add(value: number): void {
    if (this.count === 0 || value < this.min) this.min = value
    if (this.count === 0 || value > this.max) this.max = value
    this.count++
    this.sum += value
  }

  /** What was gathered since the last call, and begins anew. */
  snapshot(): SummaryStats {
    const { count, sum, min, max } = this
    this.count = this.sum = this.min = this.max = 0
    return { avg: count === 0 ? 0 : sum / count, min, max, count, sum }
  }
}
