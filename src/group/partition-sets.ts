/** Partition ids by topic: by its name, or by its id. */
export type PartitionSet = ReadonlyMap<string, readonly number[]>

export const nothing: PartitionSet = new Map()

/** What is named twice is there once. */
export function setOf(topics: Iterable<readonly [topic: string, partitions: readonly number[]]>): PartitionSet {
  const sets = new Map<string, Set<number>>()
  for (const [topic, partitions] of topics) {
    const set = sets.get(topic) ?? new Set<number>()
    sets.set(topic, set)
    for (const partition of partitions) set.add(partition)
  }
  return new Map([...sets].map(([topic, set]) => [topic, [...set]]))
}

/** What of these is not among the others. */
export function without(these: PartitionSet, others: PartitionSet): PartitionSet {
  const left = new Map<string, number[]>()
  for (const [topic, partitions] of these) {
    const among = new Set(others.get(topic))
    const rest = partitions.filter(partition => !among.has(partition))
    if (rest.length > 0) left.set(topic, rest)
  }
  return left
}

export function together(these: PartitionSet, others: PartitionSet): PartitionSet {
  return setOf([...these, ...others])
}
