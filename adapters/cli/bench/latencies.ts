/** Buckets a millisecond. */
const perMillisecond = 10
/** What took longer is told as this. */
const longest = 60_000

/** How long things took: counted by tenths of a millisecond, so that millions cost no memory. */
export class Latencies {
  readonly #counts = new Float64Array(longest * perMillisecond + 1)
  #count = 0
  #sum = 0
  #max = 0

  /** So many things took so long, in milliseconds. */
  add(milliseconds: number, count: number): void {
    const bucket = Math.min(Math.round(milliseconds * perMillisecond), this.#counts.length - 1)
    this.#counts[bucket]! += count
    this.#count += count
    this.#sum += milliseconds * count
    this.#max = Math.max(this.#max, milliseconds)
  }

  get average(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  get max(): number {
    return this.#max
  }

  /** Within which that share of them was done; `share` from 0 to 1. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share)
    if (left === 0) return 0
    for (let bucket = 0; ; bucket++) {
      left -= this.#counts[bucket]!
      if (left <= 0) return bucket / perMillisecond
    }
  }
}
