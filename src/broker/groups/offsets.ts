import type { Allowance } from '../allowance.ts'

export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

type ByPartition<T> = Map<number, T>
type ByTopic<T> = Map<string, ByPartition<T>>

// As many characters of metadata count as an offset.
const charactersPerOffset = 64

function weightOf(committed: CommittedOffset | undefined): number {
  return committed === undefined ? 0 : 1 + Math.floor(committed.metadata.length / charactersPerOffset)
}

/** What a group has committed, and what open transactions are about to. */
export class GroupOffsets {
  /** Shared by all groups: an offset takes one of it, and more if it has long metadata. */
  readonly #room: Allowance
  readonly #committed: ByTopic<CommittedOffset> = new Map()
  /** By producer. */
  readonly #pending = new Map<bigint, ByTopic<CommittedOffset>>()
  /** How many open transactions are about to commit a partition. */
  readonly #pendingCounts: ByTopic<number> = new Map()
  #size = 0

  constructor(room: Allowance) {
    this.#room = room
  }

  /** How many are committed or about to be. */
  get size(): number {
    return this.#size
  }

  /** False where there are as many offsets as there may be. */
  commit(topic: string, partition: number, committed: CommittedOffset): boolean {
    return this.#put(this.#committed, topic, partition, committed)
  }

  /** Commits with the producer's transaction, if that is committed. False as for `commit`. */
  commitLater(producerId: bigint, topic: string, partition: number, committed: CommittedOffset): boolean {
    const mine = this.#pending.get(producerId) ?? new Map()
    const isNew = mine.get(topic)?.has(partition) !== true
    if (!this.#put(mine, topic, partition, committed)) return false
    this.#pending.set(producerId, mine)
    if (isNew) this.#countPending(topic, partition, 1)
    return true
  }

  /** The producer's transaction is over. */
  endTransaction(producerId: bigint, commit: boolean): void {
    const mine = this.#pending.get(producerId)
    if (mine === undefined) return
    this.#pending.delete(producerId)
    for (const [topic, partitions] of mine)
      for (const [partition, committed] of partitions) {
        this.#countPending(topic, partition, -1)
        // What was pending had its room: there is some for what is committed.
        this.#taken(-1, -weightOf(committed))
        if (commit) this.commit(topic, partition, committed)
      }
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(topic)?.get(partition)
  }

  /** Whether an open transaction is about to commit this partition. */
  isPending(topic: string, partition: number): boolean {
    return this.#pendingCounts.get(topic)?.has(partition) === true
  }

  /** All that is committed. */
  topics(): { topic: string; partitions: number[] }[] {
    return [...this.#committed].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }))
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#committed.get(topic)
    const committed = partitions?.get(partition)
    if (partitions?.delete(partition)) this.#taken(-1, -weightOf(committed))
    if (partitions?.size === 0) this.#committed.delete(topic)
  }

  deleteTopic(topic: string): void {
    this.#drop(this.#committed, topic)
    if (!this.#pendingCounts.delete(topic)) return
    for (const mine of this.#pending.values()) this.#drop(mine, topic)
  }

  /** The group is gone. */
  clear(): void {
    for (const all of [this.#committed, ...this.#pending.values()])
      for (const topic of [...all.keys()]) this.#drop(all, topic)
    this.#pending.clear()
    this.#pendingCounts.clear()
  }

  #drop(from: ByTopic<CommittedOffset>, topic: string): void {
    for (const committed of from.get(topic)?.values() ?? []) this.#taken(-1, -weightOf(committed))
    from.delete(topic)
  }

  #put(into: ByTopic<CommittedOffset>, topic: string, partition: number, committed: CommittedOffset): boolean {
    const before = into.get(topic)?.get(partition)
    if (!this.#room.take(weightOf(committed) - weightOf(before))) return false
    if (before === undefined) this.#size++
    const partitions: ByPartition<CommittedOffset> = into.get(topic) ?? new Map()
    into.set(topic, partitions)
    partitions.set(partition, committed)
    return true
  }

  #taken(offsets: number, weight: number): void {
    this.#size += offsets
    this.#room.giveBack(-weight)
  }

  #countPending(topic: string, partition: number, change: number): void {
    const counts: ByPartition<number> = this.#pendingCounts.get(topic) ?? new Map()
    const count = (counts.get(partition) ?? 0) + change
    if (count > 0) counts.set(partition, count)
    else counts.delete(partition)
    if (counts.size > 0) this.#pendingCounts.set(topic, counts)
    else this.#pendingCounts.delete(topic)
  }
}
