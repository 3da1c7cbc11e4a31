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

export interface DescribeShareGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  groups: ShareGroupDescription[]
}

export interface ShareGroupDescription extends NewGroupDescription {
  assignorName: string
  members: ShareGroupMember[]
}

export interface ShareGroupMember {
  memberId: string
  rack: string
  memberEpoch: number
  clientId: string
  clientHost: string
  subscribedTopics: string[]
  /** Partitions by topic, which it has along with others. */
  assignment: Record<string, number[]>
}

export interface DescribeShareGroupOffsetsRequest extends Addressed {
  groups: readonly ShareGroupOffsetsOf[]
}

export const describeShareGroupOffsetsSettings: SettingKinds<DescribeShareGroupOffsetsRequest> = {
  addr: 'any',
  groups: 'list!',
}

export interface ShareGroupOffsetsOf {
  groupId: string
  /** Partitions by topic; all that the group has read by default. */
  topics?: Readonly<Record<string, readonly number[]>>
}

const offsetsOfFields: SettingKinds<ShareGroupOffsetsOf> = { groupId: 'string!', topics: 'object' }

export interface DescribeShareGroupOffsetsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  groups: ShareGroupOffsets[]
}

export interface ShareGroupOffsets {
  groupId: string
  error: KafkaError | null
  topics: Record<string, ShareGroupOffset[]>
}

export interface ShareGroupOffset {
  partition: number
  /** All before it is done with; −1: nothing was read yet. */
  startOffset: number
  leaderEpoch: number
  /** Records not done with; −1 when not known (before Kafka 4.2, KIP-1226). */
  lag: number
  error: KafkaError | null
}

export interface AlterShareGroupOffsetsRequest extends Addressed {
  groupId: string
  topics: Readonly<Record<string, readonly ShareGroupStart[]>>
}

export const alterShareGroupOffsetsSettings: SettingKinds<AlterShareGroupOffsetsRequest> = {
  addr: 'any',
  groupId: 'string!',
  topics: 'object!',
}

/** Where a share group is to go on. */
export interface ShareGroupStart {
  partition: number
  startOffset: number
}

const startFields: SettingKinds<ShareGroupStart> = { partition: 'number!', startOffset: 'number!' }

export interface AlterShareGroupOffsetsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  error: KafkaError | null
  topics: Record<string, AlterShareGroupOffsetsPartition[]>
}

export interface AlterShareGroupOffsetsPartition {
  partition: number
  error: KafkaError | null
}

export interface DeleteShareGroupOffsetsRequest extends Addressed {
  groupId: string
  topics: readonly string[]
}

export const deleteShareGroupOffsetsSettings: SettingKinds<DeleteShareGroupOffsetsRequest> = {
  addr: 'any',
  groupId: 'string!',
  topics: 'list!',
}

export interface DeleteShareGroupOffsetsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
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
