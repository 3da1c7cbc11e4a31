/** The offsets that transactions and consumers of one Kafka have committed, by group, topic and partition. */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, string>>>()

  mark({
    groupId,
    topic,
    partition,
    offset,
  }: {
    groupId: string
    topic: string
    partition: number
    offset: string
  }): void {
    const topics = this.#groups.get(groupId) ?? new Map<string, Map<number, string>>()
    const partitions = topics.get(topic) ?? new Map<number, string>()
    // Partitions come as texts, too: so uncommittedOffsets() tells them.
    this.#groups.set(groupId, topics.set(topic, partitions.set(Number(partition), offset)))
  }

  /** Undefined where nothing was committed here. */
  of(groupId: string, topic: string, partition: number): string | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  forget(groupId: string, topic: string, partition: number): void {
    this.#groups.get(groupId)?.get(topic)?.delete(partition)
  }
}
