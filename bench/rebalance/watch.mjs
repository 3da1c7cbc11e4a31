/**
 * @typedef {{ brokers: string[], topic: string, partitions: number, group: string, members: number, kind: 'eager' |
 *   'cooperative' | 'consumer', pause: number }} Job
 */

/** @type {Job} */
export const job = JSON.parse(process.argv[2])

/** Who has what, and when that is even. */
export class Watch {
  /** @type {Map<unknown, Set<number>>} */
  members = new Map()
  #changed = () => {}

  /** @param {unknown} member @param {Iterable<number>} partitions */
  set(member, partitions) {
    this.members.set(member, new Set(partitions))
    this.#changed()
  }

  /** @param {unknown} member */
  of(member) {
    return this.members.get(member) ?? new Set()
  }

  isEven(count) {
    const sizes = [...this.members.values()].map(set => set.size).filter(size => size > 0)
    const all = new Set([...this.members.values()].flatMap(set => [...set]))
    const sum = sizes.reduce((a, b) => a + b, 0)
    return (
      sizes.length === count &&
      all.size === job.partitions &&
      sum === job.partitions &&
      Math.max(...sizes) - Math.min(...sizes) <= 1
    )
  }

  /** Milliseconds until so many members have all, evenly. */
  async even(count) {
    const from = performance.now()
    while (!this.isEven(count)) await new Promise(resolve => (this.#changed = () => resolve(undefined)))
    return performance.now() - from
  }
}

/**
 * All start, one leaves, one comes; prints how long each took.
 *
 * @template M
 * @param {Watch} watch
 * @param {() => Promise<M> | M} start
 * @param {(member: M) => Promise<unknown>} stop
 */
export async function measure(watch, start, stop) {
  const starting = watch.even(job.members)
  const members = await Promise.all(Array.from({ length: job.members }, start))
  const result = { start: await starting, leave: 0, join: 0 }
  // Members that have just come may still have something to tell each other.
  await new Promise(resolve => setTimeout(resolve, job.pause))
  const gone = members.pop()
  const stopping = stop(gone)
  watch.set(gone, [])
  const leaving = watch.even(job.members - 1)
  await stopping
  result.leave = await leaving
  await new Promise(resolve => setTimeout(resolve, job.pause))
  const joining = watch.even(job.members)
  members.push(await start())
  result.join = await joining
  console.log(JSON.stringify(result))
  process.exit(0)
}
