import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ConsumerGroupDescribe } from '../protocol/consumer-group-describe.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { inBatches, longestThrottle } from './batches.ts'
import type { Addressed, Caller } from './caller.ts'
import type { ACLOperationType } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { textsOf } from './nested.ts'

/** Groups of a newer protocol to describe. */
export interface DescribeNewGroupsRequest extends Addressed {
  /** The groups to describe. */
  groupIds: readonly string[]
  /** KIP-430. */
  includeAuthorizedOperations?: boolean
}

export const describeNewGroupsSettings: SettingKinds<DescribeNewGroupsRequest> = {
  addr: 'any',
  groupIds: 'list!',
  includeAuthorizedOperations: 'boolean',
}

/** What `describeConsumerGroups` of a Client answers. */
export interface DescribeConsumerGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** The groups asked for. */
  groups: ConsumerGroupDescription[]
}

/** What groups of the newer protocols have in common. */
export interface NewGroupDescription {
  /** The group's id. */
  groupId: string
  /** GroupIdNotFound for one that is not there, and for one of another protocol. */
  error: KafkaError | null
  /** As 'Stable', 'Assigning', 'Reconciling', 'Empty' or 'Dead'. */
  state: string
  /** Counts the changes of members and subscriptions. */
  groupEpoch: number
  /** Of the assignment that members are on their way to. */
  assignmentEpoch: number
  /** What the one who asks may do with the group; null unless asked for. */
  authorizedOperations: ACLOperationType[] | null
}

export interface ConsumerGroupDescription extends NewGroupDescription {
  /** The way partitions are divided, as 'uniform' or 'range'. */
  assignorName: string
  /** Its members. */
  members: ConsumerGroupMember[]
}

/** A member of the group. */
export interface ConsumerGroupMember {
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Of a static member (KIP-345); '' otherwise. */
  groupInstanceId: string
  /** Where the member is, as it says; '' when it does not. */
  rack: string
  /** Counts what the member was given, as the coordinator does. */
  memberEpoch: number
  /** What the client calls itself. */
  clientId: string
  /** Where the client connects from. */
  clientHost: string
  /** The topics that it wants to read, by name. */
  subscribedTopics: string[]
  /** '' for none. */
  subscribedTopicRegex: string
  /** Partitions by topic: what it has. */
  assignment: Record<string, number[]>
  /** What it is to have. */
  targetAssignment: Record<string, number[]>
  /** Takes part by the classic protocol; null when not told (before Kafka 4.0). */
  classic: boolean | null
}

export async function describeConsumerGroups(
  caller: Caller,
  request: DescribeNewGroupsRequest,
  options: CallOptions,
): Promise<DescribeConsumerGroupsResponse> {
  const { includeAuthorizedOperations = false } = request
  const ids = textsOf('a group of describeConsumerGroups()', request.groupIds)
  const answers = await inBatches(ids, groupIds =>
    caller.send(request, ConsumerGroupDescribe, { groupIds, includeAuthorizedOperations }, options),
  )
  return {
    throttle: longestThrottle(answers),
    groups: answers
      .flatMap(({ groups }) => groups)
      .map(group => ({
        ...commonOf(group),
        assignorName: group.assignorName,
        members: group.members.map(memberOf),
      })),
  }
}

interface WireGroup {
  readonly groupId: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly groupState: string
  readonly groupEpoch: number
  readonly assignmentEpoch: number
  readonly authorizedOperations: number
}

export function commonOf(group: WireGroup): NewGroupDescription {
  return {
    groupId: group.groupId,
    error: errorAbout(`group ${group.groupId}`, group.errorCode, group.errorMessage),
    state: group.groupState,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  }
}

interface WireAssignment {
  readonly topicPartitions: readonly { readonly topicName: string; readonly partitions: number[] }[]
}

export function assignmentOf({ topicPartitions }: WireAssignment): Record<string, number[]> {
  return Object.fromEntries(topicPartitions.map(({ topicName, partitions }) => [topicName, partitions]))
}

function memberOf(member: ResponseOf<typeof ConsumerGroupDescribe>['groups'][number]['members'][number]) {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId ?? '',
    rack: member.rackId ?? '',
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopics: member.subscribedTopicNames,
    subscribedTopicRegex: member.subscribedTopicRegex ?? '',
    assignment: assignmentOf(member.assignment),
    targetAssignment: assignmentOf(member.targetAssignment),
    classic: member.memberType < 0 ? null : member.memberType === 0,
  }
}
