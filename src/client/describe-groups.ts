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

export interface DescribeGroupsRequest extends Addressed {
  groupIds: readonly string[]
  /** KIP-430. */
  includeAuthorizedOperations?: boolean
}

export const describeGroupsSettings: SettingKinds<DescribeGroupsRequest> = {
  addr: 'any',
  groupIds: 'list!',
  includeAuthorizedOperations: 'boolean',
}

export interface DescribeGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  groups: DescribeGroupsResponseGroup[]
}

export interface DescribeGroupsResponseGroup {
  /** GroupIdNotFound for one that is not there, and for one of a newer protocol; older brokers call both 'Dead'. */
  error: KafkaError | null
  groupId: string
  groupState: string
  /** 'consumer' for those of consumers. */
  protocolType: string
  /** The way partitions are divided, as 'range'; '' while that is not agreed on. */
  protocolName: string
  members: DescribeGroupsResponseMember[]
  /** What the one who asks may do with the group; null unless asked for. */
  authorizedOperations: ACLOperationType[] | null
}

export interface DescribeGroupsResponseMember {
  memberId: string
  /** Of a static member (KIP-345); '' otherwise. */
  groupInstanceId: string
  clientId: string
  clientHost: string
  /** null in groups that are not consumers', and while the group rebalances. */
  memberMetadata: DescribeGroupsResponseMemberMetadata | null
  /** null in groups that are not consumers'. */
  memberAssignments: DescribeGroupsResponseAssignments | null
  /** The same as the broker gave them, whatever the group is for. */
  rawMetadata: Uint8Array
  rawAssignments: Uint8Array
}

export interface DescribeGroupsResponseMemberMetadata {
  version: number
  topics: string[]
  userData: Uint8Array | null
  /** What the member held before; cooperative rebalancing alone tells (KIP-429). */
  ownedPartitions: DescribeGroupsResponseMemberMetadataOwnedPartition[]
}

export interface DescribeGroupsResponseMemberMetadataOwnedPartition {
  topic: string
  partitions: number[]
}

export interface DescribeGroupsResponseAssignments {
  version: number
  topics: DescribeGroupsResponseMemberMetadataOwnedPartition[]
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
