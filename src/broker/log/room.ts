import type { Log } from './log.ts'
import type { Partition } from './partition.ts'

/**
 * Brings logs under a bound of bytes, in memory as it is taken: the largest gives its oldest segment, the one being
 * written last. A sixteenth more than need be is freed, so that this is not to be done again at once.
 */
export function makeRoom(logs: readonly Log[], most: number): void {
  let size = logs.reduce((sum, log) => sum + log.capacity, 0)
  if (size <= most) return
  const enough = most - most / 16
  // By turns from the largest down, each to what the next has: a pass over all for each segment would take too long.
  const largest = logs.filter(({ capacity }) => capacity > 0).sort((a, b) => b.capacity - a.capacity)
  while (size > enough && largest.length > 0) {
    const next = largest[1]?.capacity ?? 0
    const log = largest[0]!
    while (size > enough && log.capacity > 0 && log.capacity >= next) {
      const before = log.capacity
      log.dropOldest()
      size -= before - log.capacity
    }
    largest.shift()
    if (log.capacity > 0) insert(largest, log)
  }
}

/** Puts a log into its place among others, the largest first. */
function insert(logs: Log[], log: Log): void {
  let low = 0
  let high = logs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (logs[middle]!.capacity > log.capacity) low = middle + 1
    else high = middle
  }
  logs.splice(low, 0, log)
}

/** Has partitions forget the producers longest silent, until three quarters of the bound are left; answers how many are. */
export function forgetProducers(partitions: readonly Partition[], most: number): number {
  const count = partitions.reduce((sum, { producers }) => sum + producers.entries.size, 0)
  if (count <= most) return count
  const times = partitions.flatMap(({ producers }) => [...producers.entries.values()].map(each => each.lastTimestamp))
  const limit = times.sort((a, b) => a - b)[count - Math.floor(most * 0.75)]!
  return partitions.reduce((sum, { producers }) => sum + producers.forgetBefore(limit), 0)
}
