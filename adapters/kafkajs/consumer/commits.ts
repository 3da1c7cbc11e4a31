import type { Clock } from '../../../src/base/clock.ts'
import type { GroupMembership } from '../../../src/group/group-membership.ts'
import type { CommittedOffsets } from '../committed-offsets.ts'
import type { Events } from '../events.ts'
import { kafkaJSError } from '../translate.ts'
import type { PartitionOffset, TopicOffsets } from '../types/common.ts'
import type { ConsumerEvents, OffsetsByTopicPartition } from '../types/consumer.ts'
import type { OwnPartition } from './own-partition.ts'

/** What is committed of a partition; metadata are the user's. */
export type PartitionCommit = PartitionOffset & { metadata?: string | null }
export type TopicCommits = { topic: string; partitions: PartitionCommit[] }

export interface CommitsParts {
  readonly membership: GroupMembership
  /** What this member has, by name. */
  readonly own: ReadonlyMap<string, OwnPartition>
  readonly groupId: string
  readonly events: Events<ConsumerEvents>
  /** What transactions of the same Kafka have committed for the group counts as committed, too. */
  readonly offsets: CommittedOffsets
  readonly clock: Clock
}

/** What of a group's partitions is committed, one request at a time. */
export class Commits {
  readonly #parts: CommitsParts
  #sending: Promise<unknown> = Promise.resolve()
  #lastAt: number

  constructor(parts: CommitsParts) {
    this.#parts = parts
    this.#lastAt = parts.clock.monotonic()
  }

  /** What is resolved and not committed. */
  uncommitted(own: Iterable<OwnPartition> = this.#parts.own.values()): OffsetsByTopicPartition {
    const { offsets, groupId } = this.#parts
    const due = [...own].filter(
      each => each.isUncommitted && offsets.of(groupId, each.topic, each.partition) !== String(each.next),
    )
    return { topics: offsetsOf(due) }
  }

  /** Commits what is resolved. Rejects with an error of kafkajs's. */
  async resolved(): Promise<void> {
    await this.these(this.uncommitted().topics)
  }

  /** The same if so many milliseconds have passed since the last time, or so many messages are resolved. */
  async ifNecessary(interval: number | null, threshold: number | null): Promise<void> {
    const { clock } = this.#parts
    if (
      (interval !== null && clock.monotonic() >= this.#lastAt + interval) ||
      (threshold !== null && this.#count >= threshold)
    )
      await this.resolved()
  }

  /** Commits these, be they lower than before or of others' partitions. */
  async these(topics: readonly TopicCommits[]): Promise<void> {
    if (topics.length > 0) await this.#inTurn(() => this.#store(topics))
    this.#lastAt = this.#parts.clock.monotonic()
  }

  /** The last commit before these are others': where those go on, also where nothing was read yet. */
  async handOver(own: readonly OwnPartition[]): Promise<void> {
    await this.these(offsetsOf(own.filter(each => each.isUncommitted || each.isBeginning))).catch(() => {})
  }

  /** Resolves once what is under way has come to its end. */
  async settled(): Promise<void> {
    await this.#sending
  }

  /** Where the user sent a partition, others are to go on from. */
  async sought(own: OwnPartition, offset: number): Promise<void> {
    const topics = [{ topic: own.topic, partitions: [{ partition: own.partition, offset: String(offset) }] }]
    // It is committed with what is read next otherwise.
    await this.#inTurn(() => this.#store(topics, { quiet: true })).catch(() => {})
  }

  /** Messages that are resolved and not committed. */
  get #count(): number {
    let count = 0
    for (const { next, committed } of this.#parts.own.values())
      if (next >= 0) count += committed < 0 ? next : next - committed
    return count
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#sending.then(task)
    this.#sending = turn.catch(() => {})
    return turn
  }

  async #store(topics: readonly TopicCommits[], { quiet = false } = {}): Promise<void> {
    const { membership, own, groupId, events, offsets: shared } = this.#parts
    const { memberId, generationIdOrMemberEpoch: groupGenerationId } = membership.identity()
    const offsets: Record<string, Record<number, number>> = Object.create(null)
    const topicIds: Record<string, string> = Object.assign(Object.create(null), membership.topicIds())
    const metadata = new Map<string, string | null>()
    for (const { topic, partitions } of topics) {
      offsets[topic] ??= {}
      for (const { partition: id, offset, metadata: text = null } of partitions) {
        const partition = Number(id)
        const name = `${topic}/${partition}`
        offsets[topic][partition] = Number(offset)
        metadata.set(name, text)
        const topicId = own.get(name)?.topicId
        if (topicId !== undefined) topicIds[topic] = topicId
      }
    }
    const stored = (topic: string, partition: number): void => {
      const offset = offsets[topic]![partition]!
      shared.mark({ groupId, topic, partition, offset: String(offset) })
      const each = own.get(`${topic}/${partition}`)
      if (each === undefined) return
      each.committed = offset
      each.isBeginning = false
    }
    const told = (topic: string, partition: number): string | null => metadata.get(`${topic}/${partition}`) ?? null
    try {
      await membership.commit(offsets, { topicIds, metadata: told, stored })
    } catch (error) {
      throw kafkaJSError(error)
    }
    if (!quiet) events.emit('consumer.commit_offsets', { groupId, memberId, groupGenerationId, topics })
  }
}

/** Partitions are texts in what kafkajs makes of itself, whatever its types say. */
function offsetsOf(own: readonly OwnPartition[]): TopicOffsets[] {
  const topics = new Map<string, PartitionOffset[]>()
  for (const { topic, partition, next } of own) {
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partition: String(partition) as unknown as number, offset: String(next) })
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
