import { ConfigError, isTemporary, ProtocolError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { OffsetCommit } from '../protocol/offset-commit.ts'
import { OffsetFetch } from '../protocol/offset-fetch.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Coordinator, PersistOptions } from './coordinator.ts'
import type { GroupOffsets } from './generation.ts'
import type { CommitIdentity } from './group-protocol.ts'

/** Ids by topic, as they were when a generation began; the zero uuid where a topic or its id is unknown. */
export type TopicIds = Readonly<Record<string, string>>

/** A group as its coordinator and the cluster know it. */
export interface GroupPlace {
  readonly groupId: string
  readonly coordinator: Coordinator
  readonly cluster: Cluster
}

/** Partitions of a topic whose commits are asked for. */
export interface OffsetsQuestion {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

/** What a group has committed in a partition, −1 for nothing, or why that can't be told. */
export interface Committed {
  readonly offset: number
  readonly errorCode: number
  /** Of the message before it (KIP-320); −1: unknown. */
  readonly leaderEpoch: number
  /** What was committed with it. */
  readonly metadata: string | null
}

/** By topic and partition. Rejects when the coordinator can't be asked; what it says of a partition stands with it. */
export async function fetchOffsets(
  { groupId, coordinator, cluster }: GroupPlace,
  topics: readonly OffsetsQuestion[],
  { signal }: CallOptions,
): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>> {
  const response = await coordinator.request(
    'either',
    OffsetFetch,
    // An open transaction's commits are waited for (KIP-447), where the broker knows how.
    version => ({ groupId, topics, groups: [{ groupId, topics }], requireStable: version >= 7 }),
    signal ? { signal } : {},
  )
  const [group] = response.groups
  // Of one group; old versions have a single code.
  for (const { errorCode } of [response, ...response.groups]) coordinator.check(errorCode, `group ${groupId}`)
  const committed = new Map<string, Map<number, Committed>>()
  const nameOf = namesOf(topics)
  for (const answer of group?.topics ?? response.topics) {
    const name = nameOf(answer)
    const offsets = committed.get(name) ?? new Map<number, Committed>()
    committed.set(name, offsets)
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, errorCode, metadata } of answer.partitions) {
      // Our id is of a topic deleted since, or too new for this broker: look again.
      if (errorCode === ErrorCode.UnknownTopicID) await cluster.refresh([name], signal ? { signal } : {})
      // A topic that is gone has no offsets; whoever reads it will hear of it.
      const gone = errorCode === ErrorCode.UnknownTopicOrPartition
      offsets.set(partitionIndex, {
        offset: committedOffset,
        errorCode: gone ? 0 : errorCode,
        leaderEpoch: committedLeaderEpoch,
        metadata,
      })
    }
  }
  return committed
}

/** The name of an answer's topic: named in old versions, by id in new ones. */
function namesOf(
  topics: readonly { name: string; topicId: string }[],
): (answer: { name?: string; topicId?: string }) => string {
  const names = new Map(topics.map(({ name, topicId }) => [topicId, name]))
  return ({ name, topicId }) => name || (names.get(topicId ?? '') ?? '')
}

/** What a commit is made in the name of. */
export interface CommitTerms {
  readonly identity: CommitIdentity
  readonly topicIds: TopicIds
  /** What is committed with the offset of a partition. */
  metadata(topic: string, partition: number): string | null
  /** The epoch of the message before the offset (KIP-320); −1: unknown. */
  leaderEpoch(topic: string, partition: number): number
  /** In milliseconds; −1 leaves it to the broker. */
  readonly retentionTime: number
}

export interface StoreOptions extends PersistOptions {
  /** Told of each partition that is stored, be it that others are not. */
  stored?(topic: string, partition: number): void
}

/**
 * Stores positions; rejects with one partition's KafkaError, once the others are stored. Those of a topic that was made
 * anew are left out, for in the new one they would skip what the group has never read; the error is IllegalGeneration
 * then.
 */
export async function storeOffsets(
  { groupId, coordinator, cluster }: GroupPlace,
  { identity, topicIds, metadata, leaderEpoch, retentionTime }: CommitTerms,
  offsets: GroupOffsets,
  { stored, ...options }: StoreOptions,
): Promise<void> {
  let left = Object.entries(offsets).map(([name, partitions]) => ({
    name,
    topicId: topicIds[name] ?? zeroUuid,
    partitions: Object.entries(partitions).map(([id, offset]) => ({
      partitionIndex: Number(id),
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch(name, Number(id)),
      committedMetadata: metadata(name, Number(id)),
    })),
  }))
  // By name a retry could reach another topic than the one that was refused: then only if metadata still has ours.
  const refused = new Set<string>()
  const isGone = ({ name, topicId }: { name: string; topicId: string }): boolean => {
    const now = (cluster.isDenied(name) ? undefined : cluster.peek(name)?.id) ?? zeroUuid
    return topicId !== zeroUuid && now !== topicId && (now !== zeroUuid || refused.has(name))
  }
  let failed: unknown
  await coordinator.persist(async () => {
    const topics = left.filter(topic => !isGone(topic))
    if (topics.length === 0) return
    const response = await coordinator.request(
      'control',
      OffsetCommit,
      { groupId, ...identity, retentionTimeMs: retentionTime, topics },
      options.signal ? { signal: options.signal } : {},
    )
    const unanswered = new Set(
      topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex }) => `${name}/${partitionIndex}`)),
    )
    const again = new Set<string>()
    const unknown = new Set<string>()
    let passing: unknown
    const nameOf = namesOf(topics)
    for (const answer of response.topics) {
      const name = nameOf(answer)
      for (const { partitionIndex, errorCode } of answer.partitions) {
        const place = `${name}/${partitionIndex}`
        if (!unanswered.delete(place)) continue
        if (errorCode === ErrorCode.UnknownTopicID || errorCode === ErrorCode.UnknownTopicOrPartition) unknown.add(name)
        try {
          coordinator.check(errorCode, place)
          stored?.(name, partitionIndex)
        } catch (error) {
          if (!isTemporary(error)) failed ??= error
          else {
            passing ??= error
            again.add(place)
          }
        }
      }
    }
    if (unanswered.size > 0)
      throw new ProtocolError(
        `the coordinator of group ${groupId} left ${[...unanswered].join(', ')} out of its answer to a commit`,
      )
    const tried = new Set(topics)
    const unsettled = topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.filter(({ partitionIndex }) => again.has(`${name}/${partitionIndex}`)),
    }))
    left = [...left.filter(topic => !tried.has(topic)), ...unsettled.filter(({ partitions }) => partitions.length > 0)]
    if (unknown.size > 0) await cluster.refresh([...unknown], options)
    for (const name of unknown) refused.add(name)
    if (again.size > 0) throw passing
  }, options)
  const gone = left.filter(isGone).map(({ name }) => name)
  if (gone.length > 0) {
    throw new KafkaError(
      ErrorCode.IllegalGeneration,
      `not committed, for ${gone.join(', ')} was deleted and made anew since group ${groupId} was given its partitions`,
    )
  }
  if (failed !== undefined) throw failed
}

/**
 * A ConfigError for what is no offsets: a Map, say, has no entries to be seen, and would be committed in silence as
 * nothing.
 */
export function checkOffsets(offsets: GroupOffsets): void {
  for (const part of [offsets, ...Object.values(offsets ?? {})]) {
    const plain = typeof part === 'object' && part !== null && !(Symbol.iterator in part)
    if (!plain) throw new ConfigError('offsets to commit are an object such as { topic: { 0: 42 } }')
  }
  for (const [topic, partitions] of Object.entries(offsets))
    for (const [partition, offset] of Object.entries(partitions))
      if (!/^\d+$/.test(partition) || !Number.isSafeInteger(offset) || offset < 0)
        throw new ConfigError(`no offset to commit: ${offset} for partition ${partition} of ${topic}`)
}
