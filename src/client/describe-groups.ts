import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { decodeAssignment, decodeSubscription } from '../protocol/consumer-protocol.ts'
import { DescribeGroups } from '../protocol/describe-groups.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { inBatches, longestThrottle } from './batches.ts'
import type { Addressed, Caller } from './caller.ts'
import type { ACLOperationType } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { textsOf } from './nested.ts'

/** What `describeGroups` of a Client is asked. */
export interface DescribeGroupsRequest extends Addressed {
  /** The groups to describe. */
  groupIds: readonly string[]
  /** KIP-430. */
  includeAuthorizedOperations?: boolean
}

export const describeGroupsSettings: SettingKinds<DescribeGroupsRequest> = {
  addr: 'any',
  groupIds: 'list!',
  includeAuthorizedOperations: 'boolean',
}

/** What `describeGroups` of a Client answers. */
export interface DescribeGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** The groups asked for. */
  groups: DescribeGroupsResponseGroup[]
}

/** A classic group. */
export interface DescribeGroupsResponseGroup {
  /** GroupIdNotFound for one that is not there, and for one of a newer protocol; older brokers call both 'Dead'. */
  error: KafkaError | null
  /** The group's id. */
  groupId: string
  /** As 'Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty' or 'Dead'. */
  groupState: string
  /** 'consumer' for those of consumers. */
  protocolType: string
  /** The way partitions are divided, as 'range'; '' while that is not agreed on. */
  protocolName: string
  /** Its members. */
  members: DescribeGroupsResponseMember[]
  /** What the one who asks may do with the group; null unless asked for. */
  authorizedOperations: ACLOperationType[] | null
}

/** A member of the group. */
export interface DescribeGroupsResponseMember {
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Of a static member (KIP-345); '' otherwise. */
  groupInstanceId: string
  /** What the client calls itself. */
  clientId: string
  /** Where the client connects from. */
  clientHost: string
  /** null in groups that are not consumers', and while the group rebalances. */
  memberMetadata: DescribeGroupsResponseMemberMetadata | null
  /** null in groups that are not consumers'. */
  memberAssignments: DescribeGroupsResponseAssignments | null
  /** The same as the broker gave them, whatever the group is for. */
  rawMetadata: Uint8Array
  /** The member's assignment. */
  rawAssignments: Uint8Array
}

/** What a member tells the leader of its group. */
export interface DescribeGroupsResponseMemberMetadata {
  /** The version of Java's format that it came in. */
  version: number
  /** The topics that it wants to read. */
  topics: string[]
  /** What its balancer adds; null for nothing. */
  userData: Uint8Array | null
  /** What the member held before; cooperative rebalancing alone tells (KIP-429). */
  ownedPartitions: DescribeGroupsResponseMemberMetadataOwnedPartition[]
}

/** Partitions of one topic. */
export interface DescribeGroupsResponseMemberMetadataOwnedPartition {
  /** Their numbers. */
  topic: string
  /** Their numbers. */
  partitions: number[]
}

/** What a member was given. */
export interface DescribeGroupsResponseAssignments {
  /** The version of Java's format that it came in. */
  version: number
  /** The partitions, topic by topic. */
  topics: DescribeGroupsResponseMemberMetadataOwnedPartition[]
  /** What the balancer adds; null for nothing. */
  userData: Uint8Array | null
}

export async function describeGroups(
  caller: Caller,
  request: DescribeGroupsRequest,
  options: CallOptions,
): Promise<DescribeGroupsResponse> {
  const { includeAuthorizedOperations = false } = request
  const groupIds = textsOf('a group of describeGroups()', request.groupIds)
  const answers = await inBatches(groupIds, groups =>
    caller.send(request, DescribeGroups, { groups, includeAuthorizedOperations }, options),
  )
  return {
    throttle: longestThrottle(answers),
    groups: answers
      .flatMap(({ groups }) => groups)
      .map(group => ({
        error: errorAbout(`group ${group.groupId}`, group.errorCode, group.errorMessage),
        groupId: group.groupId,
        groupState: group.groupState,
        protocolType: group.protocolType,
        protocolName: group.protocolData,
        members: group.members.map(member => memberOf(member, group.protocolType === 'consumer')),
        authorizedOperations: authorizedOperations(group.authorizedOperations),
      })),
  }
}

type WireMember = ResponseOf<typeof DescribeGroups>['groups'][number]['members'][number]

function memberOf(member: WireMember, ofConsumers: boolean): DescribeGroupsResponseMember {
  const { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment } = member
  return {
    memberId,
    groupInstanceId: groupInstanceId ?? '',
    clientId,
    clientHost,
    memberMetadata: ofConsumers ? unlessGarbled(memberMetadata, metadataOf) : null,
    memberAssignments: ofConsumers ? unlessGarbled(memberAssignment, assignmentsOf) : null,
    rawMetadata: memberMetadata,
    rawAssignments: memberAssignment,
  }
}

function metadataOf(bytes: Uint8Array): DescribeGroupsResponseMemberMetadata {
  const { version, topics, userData, ownedPartitions } = decodeSubscription(bytes)
  return { version, topics, userData, ownedPartitions }
}

function assignmentsOf(bytes: Uint8Array): DescribeGroupsResponseAssignments {
  const { version, assignedPartitions, userData } = decodeAssignment(bytes)
  return { version, topics: assignedPartitions, userData }
}

/** Members send what they like, and one of them must not hide the others. */
function unlessGarbled<T>(bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T | null {
  try {
    return decode(bytes)
  } catch {
    return null
  }
}
