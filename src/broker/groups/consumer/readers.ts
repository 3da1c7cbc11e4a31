import type { Target } from './partitions.ts'

/** A member, as assignors see it. */
export interface Reader {
  readonly id: string
  readonly instanceId: string | null
  /** What it was to have so far. */
  readonly target: Target
  /** Ids of the topics it reads; all of them exist. */
  readonly topics: readonly string[]
}

export type Shares = Map<string, Map<string, Set<number>>>

/** Divides the partitions of topics, of which `partitions` tells the number, among those who read them: by reader. */
export type Assignor = (readers: readonly Reader[], partitions: ReadonlyMap<string, number>) => Shares

/** Empty shares to put partitions in. */
export function emptyShares(readers: readonly Reader[]): Shares {
  return new Map(readers.map(({ id }) => [id, new Map()]))
}

export function give(share: Map<string, Set<number>>, topicId: string, partition: number): void {
  const partitions = share.get(topicId) ?? new Set<number>()
  share.set(topicId, partitions)
  partitions.add(partition)
}

/** Readers of each topic, in the order they are given. */
export function readersByTopic<R extends Reader>(readers: readonly R[]): Map<string, R[]> {
  const byTopic = new Map<string, R[]>()
  for (const reader of readers)
    for (const topicId of reader.topics) {
      const all = byTopic.get(topicId)
      if (all === undefined) byTopic.set(topicId, [reader])
      else all.push(reader)
    }
  return byTopic
}
