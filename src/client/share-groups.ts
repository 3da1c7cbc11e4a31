import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AlterShareGroupOffsets } from '../protocol/alter-share-group-offsets.ts'
import { DeleteShareGroupOffsets } from '../protocol/delete-share-group-offsets.ts'
import { DescribeShareGroupOffsets } from '../protocol/describe-share-group-offsets.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { ShareGroupDescribe } from '../protocol/share-group-describe.ts'
import { inBatches, longestThrottle } from './batches.ts'
import type { Addressed, Caller } from './caller.ts'
import {
  assignmentOf,
  commonOf,
  type DescribeNewGroupsRequest,
  type NewGroupDescription,
} from './describe-consumer-groups.ts'
import { errorAbout } from './error-about.ts'
import { itemsByTopic, itemsOf, partitionsByTopic, textsOf } from './nested.ts'

/** What `describeShareGroups` of a Client answers. */
export interface DescribeShareGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** The groups asked for. */
  groups: ShareGroupDescription[]
}

export interface ShareGroupDescription extends NewGroupDescription {
  /** The way partitions are divided, as 'simple'. */
  assignorName: string
  /** Its members. */
  members: ShareGroupMember[]
}

/** A member of the group. */
export interface ShareGroupMember {
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Where it is, as it says; '' when it does not. */
  rack: string
  /** Counts what the member was given, as the coordinator does. */
  memberEpoch: number
  /** What the client calls itself. */
  clientId: string
  /** Where the client connects from. */
  clientHost: string
  /** The topics that it wants to read, by name. */
  subscribedTopics: string[]
  /** Partitions by topic, which it has along with others. */
  assignment: Record<string, number[]>
}

/** What `describeShareGroupOffsets` of a Client is asked. */
export interface DescribeShareGroupOffsetsRequest extends Addressed {
  /** The groups to tell of. */
  groups: readonly ShareGroupOffsetsOf[]
}

export const describeShareGroupOffsetsSettings: SettingKinds<DescribeShareGroupOffsetsRequest> = {
  addr: 'any',
  groups: 'list!',
}

/** A group, and which partitions. */
export interface ShareGroupOffsetsOf {
  /** The group's id. */
  groupId: string
  /** Partitions by topic; all that the group has read by default. */
  topics?: Readonly<Record<string, readonly number[]>>
}

const offsetsOfFields: SettingKinds<ShareGroupOffsetsOf> = { groupId: 'string!', topics: 'object' }

/** What `describeShareGroupOffsets` of a Client answers. */
export interface DescribeShareGroupOffsetsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** The groups asked for. */
  groups: ShareGroupOffsets[]
}

/** Where a share group is. */
export interface ShareGroupOffsets {
  /** The group's id. */
  groupId: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Partitions, by topic. */
  topics: Record<string, ShareGroupOffset[]>
}

/** Where a share group is in one partition. */
export interface ShareGroupOffset {
  /** The number of the partition. */
  partition: number
  /** All before it is done with; −1: nothing was read yet. */
  startOffset: number
  /** Of the leader that the offset was written under. */
  leaderEpoch: number
  /** Records not done with; −1 when not known (before Kafka 4.2, KIP-1226). */
  lag: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `alterShareGroupOffsets` of a Client is asked. */
export interface AlterShareGroupOffsetsRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** Where to go on, by topic. */
  topics: Readonly<Record<string, readonly ShareGroupStart[]>>
}

export const alterShareGroupOffsetsSettings: SettingKinds<AlterShareGroupOffsetsRequest> = {
  addr: 'any',
  groupId: 'string!',
  topics: 'object!',
}

/** Where a share group is to go on. */
export interface ShareGroupStart {
  /** The number of the partition. */
  partition: number
  /** The offset of the next record to read. */
  startOffset: number
}

const startFields: SettingKinds<ShareGroupStart> = { partition: 'number!', startOffset: 'number!' }

/** What `alterShareGroupOffsets` of a Client answers. */
export interface AlterShareGroupOffsetsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** What came of each partition, by topic. */
  topics: Record<string, AlterShareGroupOffsetsPartition[]>
}

/** What came of one partition. */
export interface AlterShareGroupOffsetsPartition {
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `deleteShareGroupOffsets` of a Client is asked. */
export interface DeleteShareGroupOffsetsRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** The topics to forget. */
  topics: readonly string[]
}

export const deleteShareGroupOffsetsSettings: SettingKinds<DeleteShareGroupOffsetsRequest> = {
  addr: 'any',
  groupId: 'string!',
  topics: 'list!',
}

/** What `deleteShareGroupOffsets` of a Client answers. */
export interface DeleteShareGroupOffsetsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** By topic; null for those forgotten. */
  errors: Record<string, KafkaError | null>
}

export async function describeShareGroups(
  caller: Caller,
  request: DescribeNewGroupsRequest,
  options: CallOptions,
): Promise<DescribeShareGroupsResponse> {
  const { includeAuthorizedOperations = false } = request
  const ids = textsOf('a group of describeShareGroups()', request.groupIds)
  const answers = await inBatches(ids, groupIds =>
    caller.send(request, ShareGroupDescribe, { groupIds, includeAuthorizedOperations }, options),
  )
  return {
    throttle: longestThrottle(answers),
    groups: answers
      .flatMap(({ groups }) => groups)
      .map(group => ({
        ...commonOf(group),
        assignorName: group.assignorName,
        members: group.members.map(({ memberId, rackId, subscribedTopicNames, assignment, ...member }) => ({
          memberId,
          rack: rackId ?? '',
          memberEpoch: member.memberEpoch,
          clientId: member.clientId,
          clientHost: member.clientHost,
          subscribedTopics: subscribedTopicNames,
          assignment: assignmentOf(assignment),
        })),
      })),
  }
}

export async function describeShareGroupOffsets(
  caller: Caller,
  request: DescribeShareGroupOffsetsRequest,
  options: CallOptions,
): Promise<DescribeShareGroupOffsetsResponse> {
  const of = 'a group of describeShareGroupOffsets()'
  const groups = itemsOf(of, request.groups, offsetsOfFields).map(({ groupId, topics }) => ({
    groupId,
    topics: topics
      ? partitionsByTopic(`a partition of ${groupId}`, topics).map(([topicName, partitions]) => ({
          topicName,
          partitions,
        }))
      : null,
  }))
  const answers = await inBatches(groups, batch =>
    caller.send(request, DescribeShareGroupOffsets, { groups: batch }, options),
  )
  return {
    throttle: longestThrottle(answers),
    groups: answers
      .flatMap(answer => answer.groups)
      .map(({ groupId, topics, errorCode, errorMessage }) => ({
        groupId,
        error: errorAbout(`group ${groupId}`, errorCode, errorMessage),
        topics: Object.fromEntries(
          topics.map(({ topicName, partitions }) => [
            topicName,
            partitions.map(({ partitionIndex, startOffset, leaderEpoch, lag, errorCode, errorMessage }) => ({
              partition: partitionIndex,
              startOffset,
              leaderEpoch,
              lag,
              error: errorAbout(`group ${groupId}, ${topicName}/${partitionIndex}`, errorCode, errorMessage),
            })),
          ]),
        ),
      })),
  }
}

export async function alterShareGroupOffsets(
  caller: Caller,
  request: AlterShareGroupOffsetsRequest,
  options: CallOptions,
): Promise<AlterShareGroupOffsetsResponse> {
  const { groupId } = request
  const of = 'a partition of alterShareGroupOffsets()'
  const topics = itemsByTopic(of, request.topics, startFields).map(([topicName, starts]) => ({
    topicName,
    partitions: starts.map(({ partition, startOffset }) => ({ partitionIndex: partition, startOffset })),
  }))
  const response = await caller.send(request, AlterShareGroupOffsets, { groupId, topics }, options)
  const altered = response.responses.map(({ topicName, partitions }) => [
    topicName,
    partitions.map(({ partitionIndex, errorCode, errorMessage }) => ({
      partition: partitionIndex,
      error: errorAbout(`group ${groupId}, ${topicName}/${partitionIndex}`, errorCode, errorMessage),
    })),
  ])
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout(`group ${groupId}`, response.errorCode, response.errorMessage),
    topics: Object.fromEntries(altered),
  }
}

export async function deleteShareGroupOffsets(
  caller: Caller,
  request: DeleteShareGroupOffsetsRequest,
  options: CallOptions,
): Promise<DeleteShareGroupOffsetsResponse> {
  const { groupId } = request
  const topics = textsOf('a topic of deleteShareGroupOffsets()', request.topics).map(topicName => ({ topicName }))
  const response = await caller.send(request, DeleteShareGroupOffsets, { groupId, topics }, options)
  const errors = response.responses.map(
    ({ topicName, errorCode, errorMessage }) =>
      [topicName, errorAbout(`group ${groupId}, topic ${topicName}`, errorCode, errorMessage)] as const,
  )
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout(`group ${groupId}`, response.errorCode, response.errorMessage),
    errors: Object.fromEntries(errors),
  }
}
