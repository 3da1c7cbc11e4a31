import type { AddressLike } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf, ProtocolError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, errorFor, type KafkaError } from '../protocol/errors.ts'
import { FirstOffset, type IsolationLevel, LastOffset } from '../protocol/offsets.ts'
import { findOffsets, findStarts, type OffsetQuestion } from '../transport/find-offsets.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { Transport } from '../transport/transport.ts'
import type { TopicPartitions } from './group-protocol.ts'
import { type Committed, fetchOffsets, type GroupPlace, type TopicIds } from './offsets.ts'
import { isOfTopic, isRefused, layoutOf } from './partitions.ts'
import type { Subscription } from './subscription.ts'

/** A partition this member was given, and where it begins in it. */
export interface AssignedPartition {
  readonly topic: string
  readonly partition: number
  /**
   * The topic's id (KIP-516) when this was given; the zero uuid where it has none. Under another id an offset means
   * nothing.
   */
  readonly topicId: string
  /**
   * The first offset to read; FirstOffset or LastOffset where nothing is committed and the leader has not told what
   * that is.
   */
  readonly offset: number
  /** What the group has committed. −1: nothing. */
  readonly committed: number
  /** Of the message before what is committed (KIP-320); −1: unknown. */
  readonly leaderEpoch: number
}

/** A partition, and the id its topic had when it was assigned. */
export type OwnPartition = Pick<AssignedPartition, 'topic' | 'partition' | 'topicId'>

export interface BeginningsParts extends GroupPlace {
  readonly transport: Transport
  readonly brokers: AddressLike
  readonly subscription: Subscription
  /** FirstOffset or LastOffset. */
  readonly startOffset: number
  /** Of LastOffset: what was written within so many milliseconds before is read, too. */
  readonly startWithin: number
  readonly clock: Clock
  readonly isolationLevel: IsolationLevel
  /** How long leaders may take to tell their ends, in milliseconds. */
  readonly timeout: number
  readonly logger: Logger
}

export interface Found {
  readonly partitions: readonly AssignedPartition[]
  /** Topics that can't be read, and why; none of their partitions is among the others. */
  readonly refused: ReadonlyMap<string, KafkaError | ProtocolError>
}

/**
 * Tells where to begin: where the group left off, else at its `startOffset`.
 *
 * A group that begins at the end must not lose what is written from then on, whoever has which partition. So the ends
 * of all partitions are asked for once, when the group has committed nothing in a topic, and remembered until they are
 * committed. Each of its commits says how many partitions the topic had then: one that came later is read from its
 * first message.
 */
export class Beginnings {
  readonly #parts: BeginningsParts
  /** Topics as last seen, by name: their ids, null for one that did not exist. */
  readonly #seen = new Map<string, string | null>()
  readonly #ids = new Map<string, string>()
  /** How many partitions each topic had when the group began with it. */
  readonly #counts = new Map<string, number>()
  /** The last commit of this member's, by topic and partition, and the topic's id then. */
  readonly #stored = new Map<string, Map<number, { readonly topicId: string; readonly offset: number }>>()
  /** Where the group began, by topic and partition, as long as that is not committed. */
  readonly #ends = new Map<string, Map<number, number>>()

  constructor(parts: BeginningsParts) {
    this.#parts = parts
  }

  /** One try. Rejects when something can't be told for now, or the coordinator refuses. */
  async find(added: TopicPartitions, { signal }: { signal: AbortSignal }): Promise<Found> {
    const { startOffset, subscription, cluster } = this.#parts
    if (startOffset === LastOffset) await subscription.begin(cluster, { signal })
    const { layouts, refused } = await this.#look([...added.keys()], signal)
    const committed = this.#ofThisLife(await this.#committed(added, layouts, signal), topic => layouts.get(topic)?.id)
    const partitions: AssignedPartition[] = []
    for (const [topic, ids] of added) {
      if (refused.has(topic)) continue
      const topicId = layouts.get(topic)?.id ?? zeroUuid
      for (const partition of ids) {
        const offset = this.#offsetOf({ topic, partition }, committed.get(topic)?.get(partition), refused)
        const leaderEpoch = offset < 0 ? -1 : committed.get(topic)!.get(partition)!.leaderEpoch
        partitions.push({
          topic,
          partition,
          topicId,
          offset: offset < 0 ? startOffset : offset,
          committed: offset,
          leaderEpoch,
        })
      }
    }
    for (const [topic, layout] of layouts) this.#ids.set(topic, layout?.id ?? zeroUuid)
    const readable = partitions.filter(({ topic }) => !refused.has(topic))
    if (startOffset === FirstOffset) return { partitions: readable, refused }
    const questions: OffsetQuestion[] = []
    for (const [topic, layout] of layouts) {
      const ends = this.#endsOf(topic)
      const told = committed.get(topic) ?? new Map<number, Committed>()
      for (const [partition, { offset }] of told) if (offset >= 0) ends.delete(partition)
      if (layout !== null && this.#beginsWith(layout, told))
        for (const { index } of layout.partitions) questions.push({ topic, partition: index, timestamp: this.#start })
      const count = this.#counts.get(topic) ?? 0
      for (const { partition, committed } of readable.filter(own => own.topic === topic)) {
        if (
          committed >= 0 ||
          ends.has(partition) ||
          questions.some(asked => asked.topic === topic && asked.partition === partition)
        )
          continue
        questions.push({ topic, partition, timestamp: partition < count ? this.#start : FirstOffset })
      }
      this.#seen.set(topic, layout?.id ?? null)
    }
    await this.#resolve(questions, signal)
    const begun = readable.map(own =>
      own.committed >= 0 ? own : { ...own, offset: this.#endsOf(own.topic).get(own.partition) ?? own.offset },
    )
    return { partitions: begun, refused }
  }

  topicIds(): TopicIds {
    return Object.assign(Object.create(null), Object.fromEntries(this.#ids))
  }

  /** These are committed now. */
  held(partitions: readonly { readonly topic: string; readonly partition: number }[]): void {
    for (const { topic, partition } of partitions) this.#ends.get(topic)?.delete(partition)
  }

  /** This member's commit is stored. */
  stored(topic: string, topicId: string, partition: number, offset: number): void {
    const its = this.#stored.get(topic) ?? new Map<number, { topicId: string; offset: number }>()
    this.#stored.set(topic, its.set(partition, { topicId, offset }))
  }

  /** What the commits of a topic carry, for members that come later. */
  note(topic: string): string | null {
    const count = this.#counts.get(topic)
    return count === undefined ? null : `began at the end of ${count} partitions`
  }

  /** One try: by `topic/partition`, −1 for nothing. */
  async committed(partitions: readonly OwnPartition[], signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const topics = new Map<string, { name: string; topicId: string; partitionIndexes: number[] }>()
    // Nothing is committed in a topic that is no more: those of it are left out.
    const there = partitions.filter(({ topic, topicId }) => !isAnother(this.#parts.cluster.peek(topic)?.id, topicId))
    for (const { topic: name, topicId, partition } of there) {
      const question = topics.get(name) ?? { name, topicId, partitionIndexes: [] }
      topics.set(name, question)
      question.partitionIndexes.push(partition)
    }
    const told = this.#ofThisLife(
      await fetchOffsets(this.#parts, [...topics.values()], { signal }),
      topic => this.#parts.cluster.peek(topic)?.id,
    )
    const refused = new Map<string, KafkaError | ProtocolError>()
    const found = there.map(own => {
      const offset = this.#offsetOf(own, told.get(own.topic)?.get(own.partition), refused)
      return [`${own.topic}/${own.partition}`, offset] as const
    })
    for (const error of refused.values()) throw error
    return new Map(found)
  }

  /** The layouts of the topics given and of all that the group reads, null for one that does not exist. */
  async #look(given: readonly string[], signal: AbortSignal) {
    const { cluster, subscription } = this.#parts
    const layouts = new Map<string, TopicLayout | null>()
    const refused = new Map<string, KafkaError | ProtocolError>()
    await Promise.all(
      [...new Set([...subscription.topics, ...given])].map(async name => {
        try {
          layouts.set(name, await layoutOf(cluster, name, { signal }))
        } catch (error) {
          if (!isOfTopic(error)) throw error
          refused.set(name, error)
        }
      }),
    )
    return { layouts, refused }
  }

  /**
   * The group's commits: of these partitions, and where it begins at the end of all, for they tell whether it has
   * begun.
   */
  async #committed(added: TopicPartitions, layouts: ReadonlyMap<string, TopicLayout | null>, signal: AbortSignal) {
    const questions = [...layouts].map(([name, layout]) => {
      const all = this.#parts.startOffset === LastOffset ? (layout?.partitions ?? []).map(({ index }) => index) : []
      return {
        name,
        topicId: layout?.id ?? zeroUuid,
        partitionIndexes: [...new Set([...(added.get(name) ?? []), ...all])],
      }
    })
    const asked = questions.filter(({ partitionIndexes }) => partitionIndexes.length > 0)
    return asked.length === 0
      ? new Map<string, ReadonlyMap<number, Committed>>()
      : fetchOffsets(this.#parts, asked, { signal })
  }

  /**
   * Where brokers know no ids (before Kafka 4.1), a commit that is under way while its topic is made anew is taken for
   * one in the new topic: what was committed so is nothing there.
   */
  #ofThisLife(
    committed: ReadonlyMap<string, ReadonlyMap<number, Committed>>,
    idOf: (topic: string) => string | undefined,
  ): ReadonlyMap<string, ReadonlyMap<number, Committed>> {
    const isOfAnother = (topic: string, partition: number, { offset }: Committed): boolean => {
      const stored = this.#stored.get(topic)?.get(partition)
      return stored?.offset === offset && isAnother(idOf(topic), stored.topicId)
    }
    return new Map(
      [...committed].map(([topic, told]) => [
        topic,
        new Map(
          [...told].map(([partition, each]) => [
            partition,
            isOfAnother(topic, partition, each) ? { ...each, offset: -1, metadata: null } : each,
          ]),
        ),
      ]),
    )
  }

  /** What is committed, or −1; throws why that can't be told. */
  #offsetOf(
    { topic, partition }: { topic: string; partition: number },
    told: Committed | undefined,
    refused: Map<string, KafkaError | ProtocolError>,
  ): number {
    const { groupId, coordinator } = this.#parts
    const name = `${topic}/${partition}`
    // Taken for one without a commit it would be read anew, or skipped.
    if (told === undefined)
      throw new ProtocolError(`the coordinator of group ${groupId} left ${name} out of its answer about offsets`)
    const error = errorFor(told.errorCode, name)
    if (isRefused(error)) refused.set(topic, error!)
    else coordinator.check(told.errorCode, name)
    return Math.max(-1, told.offset)
  }

  /** Whether the group begins with this topic now; finds out how many partitions it began with. */
  #beginsWith({ name, id, partitions }: TopicLayout, told: ReadonlyMap<number, Committed>): boolean {
    const isLate = !this.#seen.has(name) && this.#parts.subscription.isLate(name)
    const seen = isLate ? null : this.#seen.get(name)
    if (seen !== undefined && seen !== id) {
      // Made since this member looked last: all of it came later.
      this.#ends.delete(name)
      this.#counts.set(name, 0)
    }
    if (this.#counts.has(name)) return false
    const begun = [...told].filter(
      ([, { offset, errorCode }]) => offset >= 0 || errorCode === ErrorCode.UnstableOffsetCommit,
    )
    const noted = begun.map(([, { metadata }]) => countIn(metadata)).filter(count => count !== undefined)
    // Where other clients' commits don't say, partitions behind the last that has one count as later.
    const count = noted.length > 0 ? Math.min(...noted) : Math.max(...begun.map(([partition]) => partition)) + 1
    this.#counts.set(name, begun.length === 0 ? partitions.length : count)
    return begun.length === 0
  }

  #endsOf(topic: string): Map<number, number> {
    const ends = this.#ends.get(topic) ?? new Map<number, number>()
    this.#ends.set(topic, ends)
    return ends
  }

  /** What to ask leaders for where the group begins late. */
  get #start(): number {
    const { startWithin, clock } = this.#parts
    return startWithin > 0 ? Math.max(0, Math.floor(clock.now() - startWithin)) : LastOffset
  }

  /** What a leader does not tell stays open: whoever reads the partition finds out, once it does. */
  async #resolve(questions: readonly OffsetQuestion[], signal: AbortSignal): Promise<void> {
    if (questions.length === 0) return
    const { groupId, timeout, logger, isolationLevel } = this.#parts
    const options = { signal, timeoutMs: timeout }
    const answers = await findStarts(
      questions,
      asked => findOffsets(this.#parts, asked, isolationLevel, options),
      answer => answer !== null && answer.error === null && answer.offset < 0,
    )
    questions.forEach(({ topic, partition }, i) => {
      const answer = answers[i]
      if (answer != null && answer.offset >= 0) this.#endsOf(topic).set(partition, answer.offset)
      else
        logger.warn(
          `group ${groupId}: where ${topic}/${partition} begins is not known yet: ${messageOf(answer?.error ?? 'no answer')}`,
        )
    })
  }
}

function countIn(note: string | null): number | undefined {
  const count = /^began at the end of (\d+) partitions$/.exec(note ?? '')?.[1]
  return count === undefined ? undefined : Number(count)
}

/** Whether both ids are known, and the topic of the name is another by now. */
function isAnother(id: string | undefined, before: string): boolean {
  return id !== undefined && id !== zeroUuid && before !== zeroUuid && id !== before
}
