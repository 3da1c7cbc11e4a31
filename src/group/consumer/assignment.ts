import type { TopicPartitions } from '../group-protocol.ts'
import { type PartitionSet, setOf } from '../partition-sets.ts'

/** Partitions by the id of their topic, for one made anew under the same name is another. */
export type Assignment = PartitionSet

interface WireTopic {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** A broker's answer. */
export function fromWire(topics: readonly WireTopic[]): Assignment {
  return setOf(topics.map(({ topicId, partitions }) => [topicId, partitions] as const))
}

export function toWire(assignment: Assignment): { topicId: string; partitions: readonly number[] }[] {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions }))
}

/** Those of topics whose names are known, by these. */
export function named(these: Assignment, nameOf: (topicId: string) => string | undefined): TopicPartitions {
  const topics = new Map<string, readonly number[]>()
  for (const [topicId, partitions] of these) {
    const name = nameOf(topicId)
    if (name !== undefined) topics.set(name, [...(topics.get(name) ?? []), ...partitions])
  }
  return topics
}
