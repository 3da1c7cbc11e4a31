export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

type ByPartition = Map<number, CommittedOffset>

/** What a group has committed, and what open transactions are about to. */
export class GroupOffsets {
  readonly #committed = new Map<string, ByPartition>()
  /** By producer, then by topic. */
  readonly #pending = new Map<bigint, Map<string, ByPartition>>()

  commit(topic: string, partition: number, committed: CommittedOffset): void {
    put(this.#committed, topic, partition, committed)
  }

  /** Commits with the producer's transaction, if that is committed. */
  commitLater(producerId: bigint, topic: string, partition: number, committed: CommittedOffset): void {
    const mine = this.#pending.get(producerId) ?? new Map<string, ByPartition>()
    this.#pending.set(producerId, mine)
    put(mine, topic, partition, committed)
  }

  /** The producer's transaction is over. */
  endTransaction(producerId: bigint, commit: boolean): void {
    const mine = this.#pending.get(producerId)
    this.#pending.delete(producerId)
    if (!commit || mine === undefined) return
    for (const [topic, partitions] of mine)
      for (const [partition, committed] of partitions) this.commit(topic, partition, committed)
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(topic)?.get(partition)
  }

  /** Whether an open transaction is about to commit this partition. */
  isPending(topic: string, partition: number): boolean {
    for (const mine of this.#pending.values()) if (mine.get(topic)?.has(partition)) return true
    return false
  }

  /** All that is committed. */
  topics(): { topic: string; partitions: number[] }[] {
    return [...this.#committed].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }))
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#committed.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#committed.delete(topic)
  }

  deleteTopic(topic: string): void {
    this.#committed.delete(topic)
    for (const mine of this.#pending.values()) mine.delete(topic)
  }
}

function put(into: Map<string, ByPartition>, topic: string, partition: number, committed: CommittedOffset): void {
  const partitions: ByPartition = into.get(topic) ?? new Map()
  into.set(topic, partitions)
  partitions.set(partition, committed)
}
