import type { TopicPartitions } from '../group-protocol.ts'

/** Partitions by the id of their topic, for one made anew under the same name is another. */
export type Assignment = ReadonlyMap<string, readonly number[]>

export const nothing: Assignment = new Map()

interface WireTopic {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** A broker's answer: what is named twice is to be read once. */
export function fromWire(topics: readonly WireTopic[]): Assignment {
  const assignment = new Map<string, number[]>()
  for (const { topicId, partitions } of topics)
    assignment.set(topicId, [...new Set([...(assignment.get(topicId) ?? []), ...partitions])])
  return assignment
}

export function toWire(assignment: Assignment): { topicId: string; partitions: readonly number[] }[] {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions }))
}

/** What of these is not among the others. */
export function without(these: Assignment, others: Assignment): Assignment {
  const left = new Map<string, number[]>()
  for (const [topicId, partitions] of these) {
    const among = new Set(others.get(topicId))
    const rest = partitions.filter(partition => !among.has(partition))
    if (rest.length > 0) left.set(topicId, rest)
  }
  return left
}

export function together(these: Assignment, others: Assignment): Assignment {
  return fromWire([...toWire(these), ...toWire(others)])
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
