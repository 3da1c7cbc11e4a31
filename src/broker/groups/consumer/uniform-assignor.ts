import { type Assignor, emptyShares, give, type Reader, readersByTopic, type Shares } from './readers.ts'

/** A reader, and how many partitions it has so far. */
interface Loaded extends Reader {
  load: number
}

/** Which partitions of topics have been given away. */
class Taken {
  readonly total: number
  readonly #marks: Uint8Array
  /** Where the marks of each topic begin. */
  readonly #starts = new Map<string, number>()
  readonly #partitions: ReadonlyMap<string, number>

  constructor(topics: Iterable<string>, partitions: ReadonlyMap<string, number>) {
    this.#partitions = partitions
    let total = 0
    for (const topicId of topics) {
      this.#starts.set(topicId, total)
      total += partitions.get(topicId) ?? 0
    }
    this.total = total
    this.#marks = new Uint8Array(total)
  }

  /** Marks a partition; false when there is no such. */
  take(topicId: string, partition: number): boolean {
    if (partition >= (this.#partitions.get(topicId) ?? 0)) return false
    this.#marks[this.#starts.get(topicId)! + partition] = 1
    return true
  }

  free(topicId: string): number[] {
    const start = this.#starts.get(topicId)!
    const left: number[] = []
    for (let at = 0; at < (this.#partitions.get(topicId) ?? 0); at++) if (this.#marks[start + at] === 0) left.push(at)
    return left
  }
}

/** All topics together: readers have as many partitions as one another where they can, and keep those they have. */
export const uniform: Assignor = (readers, partitions) => {
  const shares = emptyShares(readers)
  const loaded = readers.map(reader => ({ ...reader, load: 0 }))
  const byTopic = readersByTopic(loaded)
  const taken = new Taken(byTopic.keys(), partitions)
  const isAlike = [...byTopic.values()].every(each => each.length === readers.length)
  const most = isAlike ? quotas(taken.total, readers.length) : () => Number.POSITIVE_INFINITY
  loaded.forEach((reader, place) => {
    if (reader.target.size > 0) keep(reader, most(place), taken, shares.get(reader.id)!)
  })
  if (isAlike) fill(loaded, most, byTopic.keys(), taken, shares)
  else {
    // Topics with few readers first: the others can make up for them.
    const byChoice = [...byTopic].sort(([, a], [, b]) => a.length - b.length)
    for (const [topicId, each] of byChoice) spread(topicId, taken.free(topicId), each, shares)
    balance(byChoice, shares)
  }
  return shares
}

/** How many partitions the reader in that place is to have, where all read the same. */
function quotas(total: number, readers: number): (place: number) => number {
  return place => Math.floor(total / readers) + (place < total % readers ? 1 : 0)
}

function keep(reader: Loaded, most: number, taken: Taken, share: Map<string, Set<number>>): void {
  const read = new Set(reader.topics)
  for (const [topicId, target] of reader.target) {
    if (!read.has(topicId)) continue
    for (const partition of target) {
      if (reader.load >= most) return
      if (!taken.take(topicId, partition)) continue
      give(share, topicId, partition)
      reader.load++
    }
  }
}

/** Gives what is free to those who have less than they are to have, one after the other. */
function fill(
  readers: readonly Loaded[],
  most: (place: number) => number,
  topics: Iterable<string>,
  taken: Taken,
  shares: Shares,
): void {
  let place = 0
  for (const topicId of topics)
    for (const partition of taken.free(topicId)) {
      while (readers[place]!.load >= most(place)) place++
      give(shares.get(readers[place]!.id)!, topicId, partition)
      readers[place]!.load++
    }
}

// So few are looked through more quickly than put in order.
const fewSteps = 64

/** Gives each partition to the reader of the topic that has the fewest. */
function spread(topicId: string, partitions: readonly number[], readers: readonly Loaded[], shares: Shares): void {
  if (partitions.length * readers.length <= fewSteps) {
    for (const partition of partitions) {
      const reader = readers.reduce((least, each) => (each.load < least.load ? each : least))
      give(shares.get(reader.id)!, topicId, partition)
      reader.load++
    }
    return
  }
  // The one with the fewest, on top of a heap.
  const heap = [...readers].sort((a, b) => a.load - b.load)
  for (const partition of partitions) {
    const reader = heap[0]!
    give(shares.get(reader.id)!, topicId, partition)
    reader.load++
    sink(heap)
  }
}

function sink(heap: Loaded[]): void {
  const top = heap[0]!
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1]!.load < heap[child]!.load) child++
    if (heap[child]!.load >= top.load) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = top
}

// How often all topics are gone through: each time it comes out more even, and hardly ever differs after the third.
const mostRounds = 5

/** Moves partitions from readers that have many to those that have few, topic by topic. */
function balance(byTopic: readonly (readonly [string, readonly Loaded[]])[], shares: Shares): void {
  let moved = true
  for (let round = 0; moved && round < mostRounds; round++) {
    moved = false
    for (const [topicId, readers] of byTopic) if (even(topicId, readers, shares)) moved = true
  }
}

function even(topicId: string, readers: readonly Loaded[], shares: Shares): boolean {
  let [least, greatest] = [Number.POSITIVE_INFINITY, 0]
  for (const { load } of readers) {
    if (load < least) least = load
    if (load > greatest) greatest = load
  }
  if (greatest - least < 2) return false
  const order = [...readers].sort((a, b) => a.load - b.load)
  let moved = false
  let [few, many] = [0, order.length - 1]
  while (few < many) {
    const [poor, rich] = [order[few]!, order[many]!]
    const from = shares.get(rich.id)!.get(topicId)
    if (rich.load - poor.load < 2) {
      few++
      if (few < many && order[many]!.load - order[few]!.load < 2) break
      continue
    }
    if (from === undefined || from.size === 0) {
      many--
      continue
    }
    const partition = from.values().next().value!
    from.delete(partition)
    if (from.size === 0) shares.get(rich.id)!.delete(topicId)
    give(shares.get(poor.id)!, topicId, partition)
    rich.load--
    poor.load++
    moved = true
    // They may have changed places with their neighbours.
    if (poor.load > (order[few + 1]?.load ?? Number.POSITIVE_INFINITY)) few++
    if (rich.load < (order[many - 1]?.load ?? 0)) many--
  }
  return moved
}
