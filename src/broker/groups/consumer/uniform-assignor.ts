import { type Assignor, emptyShares, give, type Reader, readersByTopic, type Shares } from './readers.ts'

/** A reader, and how many partitions it has so far. */
interface Loaded extends Reader {
  load: number
}

/** All topics together: readers have as many partitions as one another where they can, and keep those they have. */
export const uniform: Assignor = (readers, partitions) => {
  const shares = emptyShares(readers)
  const loaded = readers.map(reader => ({ ...reader, load: 0 }))
  const byTopic = readersByTopic(loaded)
  const all = [...byTopic.values()]
  const isAlike = all.every(each => each.length === readers.length)
  const most = isAlike ? quotas(byTopic.keys(), partitions, readers.length) : () => Number.POSITIVE_INFINITY
  loaded.forEach((reader, place) => {
    keep(reader, most(place), partitions, shares)
  })
  const free = unassigned(byTopic.keys(), partitions, shares)
  if (isAlike) fill(loaded, most, free, shares)
  else {
    // Topics with few readers first: the others can make up for them.
    const byChoice = [...byTopic].sort(([, a], [, b]) => a.length - b.length)
    for (const [topicId, each] of byChoice) spread(topicId, free.get(topicId) ?? [], each, shares)
    balance(byChoice, shares)
  }
  return shares
}

/** How many partitions the reader in that place is to have, where all read the same. */
function quotas(
  topics: Iterable<string>,
  partitions: ReadonlyMap<string, number>,
  readers: number,
): (place: number) => number {
  let total = 0
  for (const topicId of topics) total += partitions.get(topicId) ?? 0
  return place => Math.floor(total / readers) + (place < total % readers ? 1 : 0)
}

function keep(reader: Loaded, most: number, partitions: ReadonlyMap<string, number>, shares: Shares): void {
  const read = new Set(reader.topics)
  const share = shares.get(reader.id)!
  for (const [topicId, target] of reader.target) {
    if (!read.has(topicId)) continue
    for (const partition of target) {
      if (reader.load >= most) return
      if (partition >= (partitions.get(topicId) ?? 0)) continue
      give(share, topicId, partition)
      reader.load++
    }
  }
}

function unassigned(
  topics: Iterable<string>,
  partitions: ReadonlyMap<string, number>,
  shares: Shares,
): Map<string, number[]> {
  const taken = new Map<string, Set<number>>()
  for (const share of shares.values())
    for (const [topicId, each] of share) {
      const set = taken.get(topicId) ?? new Set<number>()
      taken.set(topicId, set)
      for (const partition of each) set.add(partition)
    }
  const free = new Map<string, number[]>()
  for (const topicId of topics) {
    const set = taken.get(topicId)
    const left: number[] = []
    for (let at = 0; at < (partitions.get(topicId) ?? 0); at++) if (!set?.has(at)) left.push(at)
    free.set(topicId, left)
  }
  return free
}

/** Gives what is free to those who have less than they are to have, one after the other. */
function fill(
  readers: readonly Loaded[],
  most: (place: number) => number,
  free: ReadonlyMap<string, readonly number[]>,
  shares: Shares,
): void {
  let place = 0
  for (const [topicId, partitions] of free)
    for (const partition of partitions) {
      while (readers[place]!.load >= most(place)) place++
      give(shares.get(readers[place]!.id)!, topicId, partition)
      readers[place]!.load++
    }
}

/** Gives each partition to the reader of the topic that has the fewest. */
function spread(topicId: string, free: readonly number[], readers: readonly Loaded[], shares: Shares): void {
  if (free.length === 0) return
  // The one with the fewest, on top of a heap.
  const heap = [...readers].sort((a, b) => a.load - b.load)
  for (const partition of free) {
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
