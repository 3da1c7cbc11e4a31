import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { OffsetCommit as OffsetCommitApi } from '../protocol/offset-commit.ts'
import { OffsetFetch } from '../protocol/offset-fetch.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { type ListOffsetsRequest, type ListOffsetsResponse, listOffsets, listOffsetsSettings } from './list-offsets.ts'
import { metadata } from './metadata.ts'
import { itemsByTopic } from './nested.ts'

/** Offsets of partitions, and those that groups stored. */
export interface OffsetCalls {
  /** Offsets by time, and the first and last ones. */
  listOffsets(request: ListOffsetsRequest, ...options: Options): Promise<ListOffsetsResponse>
  /** Stores positions for a group. */
  offsetCommit(request: OffsetCommitRequest, ...options: Options): Promise<OffsetCommitResponse>
  /** The positions stored for a group. */
  offsetFetch(request: OffsetFetchRequest, ...options: Options): Promise<OffsetFetchResponse>
  /** @deprecated Use `offsetFetch`. */
  consumerOffsets(request: TopicAndGroup, ...options: Options): Promise<Map<number, number>>
}

/** A position to store: the offset of the next record to read. */
export interface OffsetCommit {
  /** The number of the partition. */
  partition: number
  /** The offset of the next record to read. */
  offset: number
  /** Text kept with it. Default ''. */
  metadata?: string
}

const commitSettings: SettingKinds<OffsetCommit> = { partition: 'number!', offset: 'number!', metadata: 'string' }

/** What `offsetCommit` of a Client is asked. */
export interface OffsetCommitRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** −1, the default: outside of group membership. */
  generationId?: number
  /** The member's id. Default '': outside of group membership. */
  memberId?: string
  /** Of a static member (KIP-345). */
  instanceId?: string
  /** What to store, by topic. */
  topics: Readonly<Record<string, readonly OffsetCommit[]>>
}

const offsetCommitSettings: SettingKinds<OffsetCommitRequest> = {
  addr: 'any',
  groupId: 'string!',
  generationId: 'number',
  memberId: 'string',
  instanceId: 'string',
  topics: 'object!',
}

/** What `offsetCommit` of a Client answers. */
export interface OffsetCommitResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each partition, by topic. */
  topics: Record<string, OffsetCommitPartition[]>
}

/** What came of one partition. */
export interface OffsetCommitPartition {
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `offsetFetch` of a Client is asked. */
export interface OffsetFetchRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** Partitions by topic; all that the group has offsets for by default. */
  topics?: Readonly<Record<string, readonly number[]>>
}

const offsetFetchSettings: SettingKinds<OffsetFetchRequest> = {
  addr: 'any',
  groupId: 'string!',
  topics: 'object',
}

/** What `offsetFetch` of a Client answers. */
export interface OffsetFetchResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** Positions, by topic. */
  topics: Record<string, OffsetFetchPartition[]>
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** Where the group is in one partition. */
export interface OffsetFetchPartition {
  /** The number of the partition. */
  partition: number
  /** −1: none. */
  committedOffset: number
  /** Text kept with it. */
  metadata: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** @deprecated kafka-go's own way to ask for offsets: use OffsetFetchRequest. */
export interface TopicAndGroup {
  /** The topic's name. */
  topic: string
  /** The group's id. */
  groupId: string
}

const topicAndGroupSettings: SettingKinds<TopicAndGroup> = { topic: 'string!', groupId: 'string!' }

export const offsetCalls: CallsOf<OffsetCalls> = {
  listOffsets: { fields: listOffsetsSettings, run: listOffsets },
  offsetCommit: { fields: offsetCommitSettings, run: offsetCommit },
  offsetFetch: { fields: offsetFetchSettings, run: offsetFetch },
  consumerOffsets: { fields: topicAndGroupSettings, run: consumerOffsets },
}

export async function offsetCommit(
  caller: Caller,
  request: OffsetCommitRequest,
  options: CallOptions,
): Promise<OffsetCommitResponse> {
  const { groupId, generationId = -1, memberId = '', instanceId, topics } = request
  const wire = {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId: instanceId || null,
    topics: itemsByTopic('a commit of offsetCommit()', topics, commitSettings).map(([name, commits]) => ({
      name,
      partitions: commits.map(({ partition, offset, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata,
      })),
    })),
  }
  const response = await caller.send(request, OffsetCommitApi, wire, options)
  const stored = response.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, errorCode }) => ({
      partition: partitionIndex,
      error: errorAbout(`group ${groupId}, ${name}/${partitionIndex}`, errorCode),
    })),
  ])
  return { throttle: response.throttleTimeMs, topics: Object.fromEntries(stored) }
}

export async function offsetFetch(
  caller: Caller,
  request: OffsetFetchRequest,
  options: CallOptions,
): Promise<OffsetFetchResponse> {
  const { groupId } = request
  const topics = request.topics
    ? Object.entries(request.topics).map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
    : null
  const response = await caller.send(request, OffsetFetch, { groupId, topics, groups: [{ groupId, topics }] }, options)
  // Until version 7 the response itself is about the one group.
  const told = response.groups[0] ?? response
  const found = told.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, committedOffset, metadata, errorCode }) => ({
      partition: partitionIndex,
      committedOffset,
      metadata: metadata ?? '',
      error: errorAbout(`group ${groupId}, ${name}/${partitionIndex}`, errorCode),
    })),
  ])
  return {
    throttle: response.throttleTimeMs,
    topics: Object.fromEntries(found),
    error: errorAbout(`group ${groupId}`, told.errorCode),
  }
}

/** Committed offsets by partition, −1 for none. Rejects with the first error of any. */
async function consumerOffsets(
  caller: Caller,
  { topic, groupId }: TopicAndGroup,
  options: CallOptions,
): Promise<Map<number, number>> {
  const { topics } = await metadata(caller, { topics: [topic] }, options)
  const found = topics[0]
  if (found?.error) throw found.error
  const partitions = found?.partitions.map(({ id }) => id) ?? []
  const response = await offsetFetch(caller, { groupId, topics: { [topic]: partitions } }, options)
  const offsets = response.topics[topic] ?? []
  const error = response.error ?? offsets.find(partition => partition.error !== null)?.error
  if (error) throw error
  return new Map(offsets.map(({ partition, committedOffset }) => [partition, committedOffset]))
}
