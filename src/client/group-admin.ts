import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { DeleteGroups } from '../protocol/delete-groups.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { ListGroups } from '../protocol/list-groups.ts'
import { OffsetDelete as OffsetDeleteApi } from '../protocol/offset-delete.ts'
import { inBatches, longestThrottle } from './batches.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroups,
  describeGroupsSettings,
} from './describe-groups.ts'
import { errorAbout } from './error-about.ts'
import { partitionsByTopic, textsOf } from './nested.ts'

/** Groups of whatever protocol, seen from outside. */
export interface GroupAdminCalls {
  /** The groups of all brokers. */
  listGroups(request?: ListGroupsRequest, ...options: Options): Promise<ListGroupsResponse>
  /** State, members and assignments of classic groups, from each group's coordinator. */
  describeGroups(request: DescribeGroupsRequest, ...options: Options): Promise<DescribeGroupsResponse>
  /** Deletes groups that have no members, through each group's coordinator (KIP-229). */
  deleteGroups(request: DeleteGroupsRequest, ...options: Options): Promise<DeleteGroupsResponse>
  /** Deletes a group's positions in topics that it does not read just now (KIP-496). */
  offsetDelete(request: OffsetDeleteRequest, ...options: Options): Promise<OffsetDeleteResponse>
}

/** What `listGroups` of a Client is asked. */
export interface ListGroupsRequest extends Addressed {
  /** As 'Stable' or 'Empty' (KIP-518). Default: all. */
  states?: readonly string[]
  /** As 'classic', 'consumer', 'share' or 'streams' (KIP-848). Default: all. */
  types?: readonly string[]
}

const listGroupsFields: SettingKinds<ListGroupsRequest> = { addr: 'any', states: 'list', types: 'list' }

/** What `listGroups` of a Client answers. */
export interface ListGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** Of the first broker that could not tell; the groups of the others are there. */
  error: KafkaError | null
  /** The groups. */
  groups: ListGroupsResponseGroup[]
}

/** A group that is there. */
export interface ListGroupsResponseGroup {
  /** The group's id. */
  groupId: string
  /** The id of the broker that coordinates it. */
  coordinator: number
  /** 'consumer' for those of consumers, '' for those that only store offsets. */
  protocolType: string
  /** '' before Kafka 2.6. */
  groupState: string
  /** '' before Kafka 3.8. */
  groupType: string
}

/** What `deleteGroups` of a Client is asked. */
export interface DeleteGroupsRequest extends Addressed {
  /** The groups to delete; they must have no members. */
  groupIds: readonly string[]
}

const deleteGroupsFields: SettingKinds<DeleteGroupsRequest> = { addr: 'any', groupIds: 'list!' }

/** What `deleteGroups` of a Client answers. */
export interface DeleteGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** By group; null for those deleted. */
  errors: Record<string, KafkaError | null>
}

/** A position to forget. kafka-go has this type without any use of it. */
export interface OffsetDelete {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
}

/** What `offsetDelete` of a Client is asked. */
export interface OffsetDeleteRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** Partitions by topic. */
  topics: Readonly<Record<string, readonly number[]>>
}

const offsetDeleteFields: SettingKinds<OffsetDeleteRequest> = { addr: 'any', groupId: 'string!', topics: 'object!' }

/** What `offsetDelete` of a Client answers. */
export interface OffsetDeleteResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each partition, by topic. */
  topics: Record<string, OffsetDeletePartition[]>
}

/** What came of one partition. */
export interface OffsetDeletePartition {
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

export const groupAdminCalls: CallsOf<GroupAdminCalls> = {
  listGroups: { fields: listGroupsFields, run: listGroups },
  describeGroups: { fields: describeGroupsSettings, run: describeGroups },
  deleteGroups: { fields: deleteGroupsFields, run: deleteGroups },
  offsetDelete: { fields: offsetDeleteFields, run: offsetDelete },
}

export async function listGroups(
  caller: Caller,
  request: ListGroupsRequest,
  options: CallOptions,
): Promise<ListGroupsResponse> {
  const { states = [], types = [] } = request
  const wire = {
    statesFilter: textsOf('a state of listGroups()', states),
    typesFilter: textsOf('a type of listGroups()', types),
  }
  const answers = await caller.sendToEach(request, ListGroups, wire, options)
  const errors = answers.map(([id, { errorCode }]) => errorAbout(`groups of broker ${id}`, errorCode))
  return {
    throttle: longestThrottle(answers.map(([, answer]) => answer)),
    error: errors.find(error => error !== null) ?? null,
    groups: answers.flatMap(([coordinator, { groups }]) => groups.map(group => ({ ...group, coordinator }))),
  }
}

async function deleteGroups(
  caller: Caller,
  request: DeleteGroupsRequest,
  options: CallOptions,
): Promise<DeleteGroupsResponse> {
  const groupIds = textsOf('a group of deleteGroups()', request.groupIds)
  const answers = await inBatches(groupIds, groupsNames => caller.send(request, DeleteGroups, { groupsNames }, options))
  const errors = answers
    .flatMap(({ results }) => results)
    .map(
      ({ groupId, errorCode, errorMessage }) =>
        [groupId, errorAbout(`group ${groupId}`, errorCode, errorMessage)] as const,
    )
  return { throttle: longestThrottle(answers), errors: Object.fromEntries(errors) }
}

async function offsetDelete(
  caller: Caller,
  request: OffsetDeleteRequest,
  options: CallOptions,
): Promise<OffsetDeleteResponse> {
  const { groupId } = request
  const topics = partitionsByTopic('a partition of offsetDelete()', request.topics).map(([name, partitions]) => ({
    name,
    partitions: partitions.map(partitionIndex => ({ partitionIndex })),
  }))
  const response = await caller.send(request, OffsetDeleteApi, { groupId, topics }, options)
  const deleted = response.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, errorCode }) => ({
      partition: partitionIndex,
      error: errorAbout(`group ${groupId}, ${name}/${partitionIndex}`, errorCode),
    })),
  ])
  return {
    error: errorAbout(`group ${groupId}`, response.errorCode),
    throttle: response.throttleTimeMs,
    topics: Object.fromEntries(deleted),
  }
}
