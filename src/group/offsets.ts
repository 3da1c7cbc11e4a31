import type { CallOptions } from '../base/signals.ts'
import { ErrorCode } from '../protocol/errors.ts'
import { OffsetCommit } from '../protocol/offset-commit.ts'
import { OffsetFetch } from '../protocol/offset-fetch.ts'
import { type Coordinator, hasCode } from './coordinator.ts'
import type { GroupOffsets, PartitionAssignment } from './generation.ts'

export interface OffsetsOptions extends CallOptions {
  /** How long failures that pass are tried again, in milliseconds. */
  withinMs: number
}

/** Adds to the partitions where their group left off; `startOffset` where it never was. */
export function fetchOffsets(
  coordinator: Coordinator,
  groupId: string,
  partitions: ReadonlyMap<string, readonly number[]>,
  startOffset: number,
  options: OffsetsOptions,
): Promise<Record<string, PartitionAssignment[]>> {
  const topics = [...partitions].map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
  return coordinator.persist(async () => {
    const committed = topics.length === 0 ? new Map() : await fetchOnce(coordinator, groupId, topics, options)
    const assignments: Record<string, PartitionAssignment[]> = Object.create(null)
    for (const [topic, ids] of partitions) {
      const offsets = committed.get(topic)
      assignments[topic] = ids.map(id => ({ id, offset: offsets?.get(id) ?? startOffset }))
    }
    return assignments
  }, options)
}

async function fetchOnce(
  coordinator: Coordinator,
  groupId: string,
  topics: readonly { name: string; partitionIndexes: readonly number[] }[],
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
  for (const { name, partitions } of group?.topics ?? response.topics) {
    const offsets = new Map<number, number>()
    for (const { partitionIndex, committedOffset, errorCode } of partitions) {
      // A topic that is gone has no offsets; whoever reads it will hear of it.
      if (errorCode !== ErrorCode.UnknownTopicOrPartition) coordinator.check(errorCode, `${name}/${partitionIndex}`)
      if (committedOffset >= 0) offsets.set(partitionIndex, committedOffset)
    }
    committed.set(name, offsets)
  }
  return committed
}

export interface Committer {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly retentionTime: number
}

/** Stores positions; rejects with the first partition's KafkaError. */
export function storeOffsets(coordinator: Coordinator, by: Committer, offsets: GroupOffsets, options: OffsetsOptions): Promise<void> {
  const { groupId, generationId, memberId, groupInstanceId, retentionTime } = by
  const topics = Object.entries(offsets).map(([name, partitions]) => ({
    name,
    partitions: Object.entries(partitions).map(([id, offset]) => ({
      partitionIndex: Number(id),
      committedOffset: offset,
      committedMetadata: null,
    })),
  }))
  return coordinator.persist(async () => {
    const response = await coordinator.request(
      'control',
      OffsetCommit,
      { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId, retentionTimeMs: retentionTime, topics },
      options.signal ? { signal: options.signal } : {},
    )
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) coordinator.check(errorCode, `${name}/${partitionIndex}`)
    }
  }, options)
}

/** The group went on without this member or this generation: what is committed now would be refused for good. */
export function isOutdated(error: unknown): boolean {
  return hasCode(error, ErrorCode.IllegalGeneration, ErrorCode.UnknownMemberId, ErrorCode.FencedInstanceID)
}
