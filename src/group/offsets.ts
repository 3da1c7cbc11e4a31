import { ConfigError, ProtocolError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, hasCode, KafkaError } from '../protocol/errors.ts'
import { OffsetCommit } from '../protocol/offset-commit.ts'
import { OffsetFetch } from '../protocol/offset-fetch.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Coordinator } from './coordinator.ts'
import type { GroupOffsets, PartitionAssignment } from './generation.ts'
import { layoutOf } from './partitions.ts'

export interface OffsetsOptions extends CallOptions {
  /** How long failures that pass are tried again, in milliseconds. */
  withinMs: number
}

/** Ids by topic, as they were when a generation began; the zero uuid where a topic or its id is unknown. */
export type TopicIds = Readonly<Record<string, string>>

/** Where a group left off, and in which topics: another topic of the same name begins with nothing. */
export interface Beginnings {
  readonly assignments: Record<string, PartitionAssignment[]>
  readonly topicIds: TopicIds
}

/** Adds to the partitions where their group left off; `startOffset` where it never was. */
export function fetchOffsets(
  coordinator: Coordinator,
  cluster: Cluster,
  groupId: string,
  partitions: ReadonlyMap<string, readonly number[]>,
  startOffset: number,
  options: OffsetsOptions,
): Promise<Beginnings> {
  const names = [...partitions.keys()]
  return coordinator.persist(async () => {
    const topicIds: Record<string, string> = Object.create(null)
    await Promise.all(
      names.map(async name => {
        topicIds[name] = (await layoutOf(cluster, name, options))?.id ?? zeroUuid
      }),
    )
    const topics = [...partitions].map(([name, partitionIndexes]) => ({ name, topicId: topicIds[name]!, partitionIndexes }))
    const committed = topics.length === 0 ? new Map() : await fetchOnce(coordinator, cluster, groupId, topics, options)
    const assignments: Record<string, PartitionAssignment[]> = Object.create(null)
    for (const [topic, ids] of partitions) {
      const offsets = committed.get(topic)
      assignments[topic] = ids.map(id => {
        const offset = offsets?.get(id)
        // Taken for one without a commit it would be read anew, or skipped.
        if (offset === undefined)
          throw new ProtocolError(`the coordinator of group ${groupId} left ${topic}/${id} out of its answer about offsets`)
        return { id, offset: offset < 0 ? startOffset : offset }
      })
    }
    return { assignments, topicIds }
  }, options)
}

/** By topic and partition; negative where nothing was committed. */
async function fetchOnce(
  coordinator: Coordinator,
  cluster: Cluster,
  groupId: string,
  topics: readonly { name: string; topicId: string; partitionIndexes: readonly number[] }[],
  { signal }: CallOptions,
): Promise<Map<string, Map<number, number>>> {
  const response = await coordinator.request(
    'control',
    OffsetFetch,
    // An open transaction's commits are waited for (KIP-447), where the broker knows how.
    version => ({ groupId, topics, groups: [{ groupId, topics }], requireStable: version >= 7 }),
    signal ? { signal } : {},
  )
  coordinator.check(response.errorCode)
  const [group] = response.groups
  if (group !== undefined) coordinator.check(group.errorCode)
  const committed = new Map<string, Map<number, number>>()
  for (const answer of group?.topics ?? response.topics) {
    const name = nameOf(answer, topics)
    const offsets = new Map<number, number>()
    for (const { partitionIndex, committedOffset, errorCode } of answer.partitions) {
      // Our id is of a topic deleted since, or too new for this broker: look again.
      if (errorCode === ErrorCode.UnknownTopicID) await cluster.refresh([name], signal ? { signal } : {})
      // A topic that is gone has no offsets; whoever reads it will hear of it.
      if (errorCode !== ErrorCode.UnknownTopicOrPartition) coordinator.check(errorCode, `${name}/${partitionIndex}`)
      offsets.set(partitionIndex, committedOffset)
    }
    committed.set(name, offsets)
  }
  return committed
}

/** Named in old versions, by id in new ones. */
function nameOf(answer: { name?: string; topicId?: string }, topics: readonly { name: string; topicId: string }[]): string {
  return answer.name || (topics.find(({ topicId }) => topicId === answer.topicId)?.name ?? '')
}

export interface Committer {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly retentionTime: number
  readonly topicIds: TopicIds
}

/**
 * Stores positions; rejects with the first partition's KafkaError. Those of a topic that was made anew are left out, for in the new one they
 * would skip what the group has never read; the error is IllegalGeneration then.
 */
export async function storeOffsets(
  coordinator: Coordinator,
  cluster: Cluster,
  by: Committer,
  offsets: GroupOffsets,
  options: OffsetsOptions,
): Promise<void> {
  const { groupId, generationId, memberId, groupInstanceId, retentionTime, topicIds } = by
  const all = Object.entries(offsets).map(([name, partitions]) => ({
    name,
    topicId: topicIds[name] ?? zeroUuid,
    partitions: Object.entries(partitions).map(([id, offset]) => ({
      partitionIndex: Number(id),
      committedOffset: offset,
      committedMetadata: null,
    })),
  }))
  // By name a retry could reach another topic than the one that was refused: then only if metadata still has ours.
  const refused = new Set<string>()
  const isGone = ({ name, topicId }: { name: string; topicId: string }): boolean => {
    const now = (cluster.isDenied(name) ? undefined : cluster.peek(name)?.id) ?? zeroUuid
    return topicId !== zeroUuid && now !== topicId && (now !== zeroUuid || refused.has(name))
  }
  await coordinator.persist(async () => {
    const topics = all.filter(topic => !isGone(topic))
    if (topics.length === 0) return
    const response = await coordinator.request(
      'control',
      OffsetCommit,
      { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId, retentionTimeMs: retentionTime, topics },
      options.signal ? { signal: options.signal } : {},
    )
    const unanswered = new Set(
      topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex }) => `${name}/${partitionIndex}`)),
    )
    for (const answer of response.topics) {
      const name = nameOf(answer, topics)
      for (const { partitionIndex, errorCode } of answer.partitions) {
        unanswered.delete(`${name}/${partitionIndex}`)
        if (errorCode === ErrorCode.UnknownTopicID || errorCode === ErrorCode.UnknownTopicOrPartition) {
          await cluster.refresh([name], options)
          refused.add(name)
        }
        coordinator.check(errorCode, `${name}/${partitionIndex}`)
      }
    }
    if (unanswered.size > 0)
      throw new ProtocolError(`the coordinator of group ${groupId} left ${[...unanswered].join(', ')} out of its answer to a commit`)
  }, options)
  const gone = all.filter(isGone).map(({ name }) => name)
  if (gone.length > 0) {
    throw new KafkaError(
      ErrorCode.IllegalGeneration,
      `not committed, for ${gone.join(', ')} was deleted and made anew since generation ${generationId} of group ${groupId} began`,
    )
  }
}

/** The group went on without this member or this generation: what is committed now would be refused for good. */
export function isOutdated(error: unknown): boolean {
  return hasCode(error, ErrorCode.IllegalGeneration, ErrorCode.UnknownMemberId, ErrorCode.FencedInstanceID)
}

/** A ConfigError for what is no offsets: a Map, say, has no entries to be seen, and would be committed in silence as nothing. */
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
