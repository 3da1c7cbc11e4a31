import type { AssignedPartition } from './beginnings.ts'
import type { GroupOffsets } from './generation.ts'
import type { TopicPartitions } from './group-protocol.ts'

/** What a member has, by topic and partition. */
export class OwnPartitions {
  readonly #topics = new Map<string, Map<number, AssignedPartition>>()

  get(topic: string, partition: number): AssignedPartition | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  add(partitions: readonly AssignedPartition[]): void {
    for (const own of partitions) {
      const topic = this.#topics.get(own.topic) ?? new Map<number, AssignedPartition>()
      this.#topics.set(own.topic, topic.set(own.partition, own))
    }
  }

  delete(partitions: readonly AssignedPartition[]): void {
    for (const { topic, partition } of partitions) this.#topics.get(topic)?.delete(partition)
  }

  /** Those of these that it has. */
  among(partitions: TopicPartitions): AssignedPartition[] {
    return [...partitions].flatMap(([topic, ids]) => ids.flatMap(id => this.get(topic, id) ?? []))
  }

  /** By topic: of all these, and of those it has something of. */
  byTopic(topics: readonly string[]): Record<string, number[]> {
    return Object.fromEntries(
      [...new Set([...topics, ...this.#topics.keys()])].map(topic => [
        topic,
        [...(this.#topics.get(topic)?.keys() ?? [])],
      ]),
    )
  }

  /** A function that tells whether it still has these, without a break. */
  keeping(offsets: GroupOffsets): () => boolean {
    const own = Object.entries(offsets).flatMap(([topic, partitions]) =>
      Object.keys(partitions).map(id => [topic, Number(id), this.get(topic, Number(id))] as const),
    )
    return () => own.every(([topic, id, partition]) => this.get(topic, id) === partition)
  }
}
