/** A record as the stages of the chain write it: whose number of which key, and by which write. */
export interface Item {
  readonly key: string
  readonly number: number
  /** `transaction.index`: no two writes have the same. */
  readonly write: string
}

export function textOf({ key, number, write }: Item): string {
  return `${key}:${number}#${write}`
}

export function itemOf(text: string): Item {
  const [, key, number, write] = /^(.*):(\d+)#(.*)$/.exec(text) as unknown as [string, string, string, string]
  return { key, number: Number(number), write }
}

/** What a transaction did, and how it ended as far as its writer knows. */
export interface Done {
  readonly id: string
  readonly topic: string
  readonly writes: readonly string[]
  readonly outcome: 'committed' | 'aborted' | 'unknown'
}

/** A record as somebody read it. */
export interface Seen {
  readonly partition: number
  readonly offset: number
  readonly text: string
}

/** Everything that clients did and saw, and what must never be among it (the anomalies of Jepsen's Kafka model). */
export class History {
  readonly transactions: Done[] = []
  /** What went wrong while it was recorded. */
  readonly #faults: string[] = []
  /** By topic, partition and offset: the write that was read there. */
  readonly #reads = new Map<string, string>()

  count(outcome: Done['outcome']): number {
    return this.transactions.filter(each => each.outcome === outcome).length
  }

  /** How many writes to the topic may be there. */
  written(topic: string): number {
    return this.transactions.reduce(
      (sum, { topic: its, outcome, writes }) => sum + (its === topic && outcome !== 'aborted' ? writes.length : 0),
      0,
    )
  }

  /** A read of one transaction: of each partition in order. `last` are its offsets so far. */
  saw(topic: string, { partition, offset, text }: Seen, last: Map<number, number>): void {
    const place = `${topic}/${partition}/${offset}`
    const { write } = itemOf(text)
    const before = this.#reads.get(place)
    if (before !== undefined && before !== write) this.#faults.push(`inconsistent offset ${place}: ${before}, ${write}`)
    this.#reads.set(place, write)
    const previous = last.get(partition) ?? -1
    if (offset <= previous) this.#faults.push(`nonmonotonic poll: ${place} after ${previous}`)
    last.set(partition, offset)
  }

  /** What is wrong, given all that is committed in a topic, by partition. */
  faults(topic: string, committed: readonly (readonly Seen[])[]): string[] {
    const found = [...this.#faults.splice(0)]
    const at = new Map<string, { partition: number; offset: number }>()
    for (const { partition, offset, text } of committed.flat()) {
      const { write } = itemOf(text)
      if (at.has(write)) found.push(`duplicate: ${write} at ${place(at.get(write)!)} and ${partition}/${offset}`)
      at.set(write, { partition, offset })
      const read = this.#reads.get(`${topic}/${partition}/${offset}`)
      if (read !== undefined && read !== write)
        found.push(`inconsistent offset ${topic}/${partition}/${offset}: ${read}, ${write}`)
    }
    const known = new Set<string>()
    for (const { id, topic: its, writes, outcome } of this.transactions) {
      if (its !== topic) continue
      for (const write of writes) known.add(write)
      const there = writes.filter(write => at.has(write))
      if (outcome === 'committed' && there.length < writes.length)
        found.push(`lost write: ${writes.length - there.length} of ${writes.length} of ${id}, which was committed`)
      if (outcome === 'aborted' && there.length > 0)
        found.push(`aborted read (G1a): ${there.length} of ${id}, which was aborted`)
      if (outcome === 'unknown' && there.length > 0 && there.length < writes.length)
        found.push(`torn: ${there.length} of ${writes.length} of ${id}`)
      const last = new Map<number, number>()
      for (const write of there) {
        const { partition, offset } = at.get(write)!
        if (offset <= (last.get(partition) ?? -1)) found.push(`nonmonotonic send: ${write} at ${partition}/${offset}`)
        last.set(partition, offset)
      }
    }
    for (const write of at.keys()) if (!known.has(write)) found.push(`unexpected: ${write} was never written`)
    const aborted = new Set(
      this.transactions.filter(({ outcome }) => outcome === 'aborted').flatMap(({ writes }) => writes),
    )
    for (const [where, write] of this.#reads)
      if (where.startsWith(`${topic}/`) && aborted.has(write)) found.push(`aborted read (G1a): ${write} at ${where}`)
    return found
  }
}

function place({ partition, offset }: { partition: number; offset: number }): string {
  return `${partition}/${offset}`
}

/** Each key's numbers, in the order of its partition: `0 … each−1` of every key, once, and rising. */
export function misdelivered(keys: readonly string[], each: number, committed: readonly (readonly Seen[])[]): string[] {
  const found: string[] = []
  const next = new Map(keys.map(key => [key, 0]))
  const before = new Map<string, string>()
  for (const { partition, offset, text } of committed.flat()) {
    const { key, number, write } = itemOf(text)
    const name = `${key}:${number}`
    const due = next.get(key)
    if (number !== due)
      found.push(
        `${name} at ${partition}/${offset} by ${write}, where ${due} was due; before: ${before.get(name) ?? 'never'}`,
      )
    next.set(key, number + 1)
    before.set(name, write)
  }
  for (const [key, end] of next) if (end !== each) found.push(`${key} ends at ${end}, not ${each}`)
  return found
}
