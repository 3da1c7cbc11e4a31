/** A summary of observed values. */
export interface SummaryStats {
  /** The mean; 0 while there are no values. */
  avg: number
  /** The least; 0 while there are no values. */
  min: number
  /** The largest; 0 while there are no values. */
  max: number
  /** How many values there are. */
  count: number
  /** All of them added. */
  sum: number
}

/** A summary of observed durations, in milliseconds. */
export type DurationStats = SummaryStats

/** Gathers values into a SummaryStats; all zero while there are none. */
export class Summary {
  private count = 0
  private sum = 0
  private min = 0
  private max = 0

  observe(value: number): void {
    if (this.count === 0 || value < this.min) this.min = value
    if (this.count === 0 || value > this.max) this.max = value
    this.count++
    this.sum += value
  }

  /** What was observed since the last call. */
  snapshot(): SummaryStats {
    const { count, sum, min, max } = this
    this.count = this.sum = this.min = this.max = 0
    return { avg: count === 0 ? 0 : sum / count, min, max, count, sum }
  }
}
