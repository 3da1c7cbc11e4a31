/** Partition ids by topic: by its name, or by its id. */
export type PartitionSet = ReadonlyMap<string, readonly number[]>

export const nothing: PartitionSet = new Map()

/** What is named twice is there once. */
export function setOf(topics: Iterable<readonly [topic: string, partitions: readonly number[]]>): PartitionSet {
  const set = new Map<string, number[]>()
  for (const [topic, partitions] of topics) set.set(topic, [...new Set([...(set.get(topic) ?? []), ...partitions])])
  return set
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
