import { given, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import {
  type AssignmentInput,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../protocol/consumer-protocol.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { Heartbeat } from '../protocol/heartbeat.ts'
import { JoinGroup } from '../protocol/join-group.ts'
import { LeaveGroup } from '../protocol/leave-group.ts'
import { SyncGroup } from '../protocol/sync-group.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** Being a member of a classic group, step by step. */
export interface GroupMemberCalls {
  /** Enters a classic group; waits for the other members. */
  joinGroup(request: JoinGroupRequest, ...options: Options): Promise<JoinGroupResponse>
  /** Gives, as the leader, and takes assignments; waits for the leader. */
  syncGroup(request: SyncGroupRequest, ...options: Options): Promise<SyncGroupResponse>
  /** Keeps a member in its group; the answer says when that rebalances. */
  heartbeat(request: HeartbeatRequest, ...options: Options): Promise<HeartbeatResponse>
  /** Takes members out of a group. */
  leaveGroup(request: LeaveGroupRequest, ...options: Options): Promise<LeaveGroupResponse>
}

/** Partitions by topic. */
export type TopicPartitions = Record<string, number[]>

/** A way to divide partitions that a member knows, and what it tells the group's leader under it. */
export interface GroupProtocol {
  /** As 'range'. */
  name: string
  /** What it tells the leader. */
  metadata: GroupProtocolSubscription
}

/** What a member wants, in the format of Java's clients. */
export interface GroupProtocolSubscription {
  /** The topics that it wants to read. */
  topics: string[]
  /** What its balancer adds. Default: nothing. */
  userData?: Uint8Array | null
  /** What the member still holds (KIP-429). */
  ownedPartitions?: TopicPartitions
}

/** What a member is given. */
export interface GroupProtocolAssignment {
  /** Its partitions. */
  assignedPartitions: TopicPartitions
  /** What the balancer adds. Default: nothing. */
  userData?: Uint8Array | null
}

/** What `joinGroup` of a Client is asked. */
export interface JoinGroupRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** Milliseconds without a heartbeat after which the member is given up. Default 30,000. */
  sessionTimeout?: number
  /** Milliseconds that the group waits for each member to rejoin. Default 30,000. */
  rebalanceTimeout?: number
  /** '' the first time: the answer is MemberIDRequired and the id to use. */
  memberId?: string
  /** Of a static member (KIP-345). */
  groupInstanceId?: string
  /** Default 'consumer'. */
  protocolType?: string
  /** Those that the member knows, the one liked best first. */
  protocols: readonly GroupProtocol[]
}

const joinGroupSettings: SettingKinds<JoinGroupRequest> = {
  addr: 'any',
  groupId: 'string!',
  sessionTimeout: 'number',
  rebalanceTimeout: 'number',
  memberId: 'string',
  groupInstanceId: 'string',
  protocolType: 'string',
  protocols: 'list!',
}

/** What `joinGroup` of a Client answers. */
export interface JoinGroupResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** Counts the rounds in which the group was divided. */
  generationId: number
  /** The protocol chosen, one that all members know. */
  protocolName: string
  /** As asked for; '' where the broker does not tell. */
  protocolType: string
  /** The member that divides the partitions. */
  leaderId: string
  /** This member's id. */
  memberId: string
  /** For the leader alone. */
  members: JoinGroupResponseMember[]
}

/** A member, as the leader is told. */
export interface JoinGroupResponseMember {
  /** The member's id. */
  id: string
  /** Of a static member (KIP-345); '' otherwise. */
  groupInstanceId: string
  /** What it wants. */
  metadata: GroupProtocolSubscription
}

/** What `syncGroup` of a Client is asked. */
export interface SyncGroupRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** The one that `joinGroup` answered. */
  generationId: number
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Of a static member (KIP-345). */
  groupInstanceId?: string
  /** Default 'consumer'. */
  protocolType?: string
  /** The one that `joinGroup` answered. */
  protocolName: string
  /** From the leader alone. */
  assignments?: readonly SyncGroupRequestAssignment[]
}

const syncGroupSettings: SettingKinds<SyncGroupRequest> = {
  addr: 'any',
  groupId: 'string!',
  generationId: 'number!',
  memberId: 'string!',
  groupInstanceId: 'string',
  protocolType: 'string',
  protocolName: 'string!',
  assignments: 'list',
}

/** What one member is to have. */
export interface SyncGroupRequestAssignment {
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Its partitions. */
  assignment: GroupProtocolAssignment
}

/** What `syncGroup` of a Client answers. */
export interface SyncGroupResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** As asked for. */
  protocolType: string
  /** The protocol chosen. */
  protocolName: string
  /** What this member is given. */
  assignment: GroupProtocolAssignment
}

/** What `heartbeat` of a Client is asked. */
export interface HeartbeatRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** The one that `joinGroup` answered. */
  generationId: number
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Of a static member (KIP-345). */
  groupInstanceId?: string
}

const heartbeatSettings: SettingKinds<HeartbeatRequest> = {
  addr: 'any',
  groupId: 'string!',
  generationId: 'number!',
  memberId: 'string!',
  groupInstanceId: 'string',
}

/** What `heartbeat` of a Client answers. */
export interface HeartbeatResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
}

/** What `leaveGroup` of a Client is asked. */
export interface LeaveGroupRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** Who leaves. */
  members: readonly LeaveGroupRequestMember[]
}

const leaveGroupSettings: SettingKinds<LeaveGroupRequest> = { addr: 'any', groupId: 'string!', members: 'list!' }

/** A member that leaves: by its id, or a static one by its instance id. */
export interface LeaveGroupRequestMember {
  /** The member's id; '' where the instance id says who. */
  id: string
  /** Of a static member (KIP-345). */
  groupInstanceId?: string
}

/** What `leaveGroup` of a Client answers. */
export interface LeaveGroupResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each. */
  members: LeaveGroupResponseMember[]
}

/** What came of one member. */
export interface LeaveGroupResponseMember {
  /** The member's id. */
  id: string
  /** Of a static member (KIP-345); '' otherwise. */
  groupInstanceId: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

export const groupMemberCalls: CallsOf<GroupMemberCalls> = {
  joinGroup: { fields: joinGroupSettings, run: joinGroup },
  syncGroup: { fields: syncGroupSettings, run: syncGroup },
  heartbeat: { fields: heartbeatSettings, run: heartbeat },
  leaveGroup: { fields: leaveGroupSettings, run: leaveGroup },
}

const defaultTimeout = 30_000

async function joinGroup(caller: Caller, request: JoinGroupRequest, options: CallOptions): Promise<JoinGroupResponse> {
  const {
    groupId,
    sessionTimeout = defaultTimeout,
    rebalanceTimeout = defaultTimeout,
    memberId = '',
    groupInstanceId,
    protocolType = 'consumer',
  } = request
  const wire = {
    groupId,
    sessionTimeoutMs: sessionTimeout,
    rebalanceTimeoutMs: rebalanceTimeout,
    memberId,
    groupInstanceId: groupInstanceId || null,
    protocolType,
    protocols: itemsOf('a protocol of joinGroup()', request.protocols, protocolSettings).map(({ name, metadata }) => ({
      name,
      metadata: subscriptionOf(metadata),
    })),
  }
  const response = await caller.send(request, JoinGroup, wire, { ...options, waits: rebalanceTimeout })
  return {
    error: errorAbout(`group ${groupId}`, response.errorCode),
    throttle: response.throttleTimeMs,
    generationId: response.generationId,
    protocolName: response.protocolName ?? '',
    protocolType: response.protocolType ?? '',
    leaderId: response.leader,
    memberId: response.memberId,
    members: response.members.map(member => {
      const { topics, userData, ownedPartitions } = decodeSubscription(member.metadata)
      return {
        id: member.memberId,
        groupInstanceId: member.groupInstanceId ?? '',
        metadata: { topics, userData, ownedPartitions: mapOf(ownedPartitions) },
      }
    }),
  }
}

async function syncGroup(caller: Caller, request: SyncGroupRequest, options: CallOptions): Promise<SyncGroupResponse> {
  const {
    groupId,
    generationId,
    memberId,
    groupInstanceId,
    protocolType = 'consumer',
    protocolName,
    assignments = [],
  } = request
  const wire = {
    groupId,
    generationId,
    memberId,
    groupInstanceId: groupInstanceId || null,
    protocolType,
    protocolName,
    assignments: itemsOf('an assignment of syncGroup()', assignments, assignmentSettings).map(
      ({ memberId, assignment }) => ({
        memberId,
        assignment: assignmentOf(assignment),
      }),
    ),
  }
  const response = await caller.send(request, SyncGroup, wire, { ...options, waits: defaultTimeout })
  const { assignedPartitions, userData } = decodeAssignment(response.assignment)
  return {
    error: errorAbout(`group ${groupId}`, response.errorCode),
    throttle: response.throttleTimeMs,
    protocolType: response.protocolType ?? protocolType,
    protocolName: response.protocolName ?? protocolName,
    assignment: { assignedPartitions: mapOf(assignedPartitions), userData },
  }
}

async function heartbeat(caller: Caller, request: HeartbeatRequest, options: CallOptions): Promise<HeartbeatResponse> {
  const { groupId, generationId, memberId, groupInstanceId } = request
  const response = await caller.send(
    request,
    Heartbeat,
    { groupId, generationId, memberId, groupInstanceId: groupInstanceId || null },
    options,
  )
  return { error: errorAbout(`group ${groupId}`, response.errorCode), throttle: response.throttleTimeMs }
}

async function leaveGroup(
  caller: Caller,
  request: LeaveGroupRequest,
  options: CallOptions,
): Promise<LeaveGroupResponse> {
  const { groupId } = request
  const members = itemsOf('a member of leaveGroup()', request.members, memberSettings)
  const wire = {
    groupId,
    memberId: members[0]?.id ?? '',
    members: members.map(({ id, groupInstanceId }) => ({ memberId: id, groupInstanceId: groupInstanceId || null })),
  }
  const response = await caller.send(request, LeaveGroup, wire, options)
  return {
    error: errorAbout(`group ${groupId}`, response.errorCode),
    throttle: response.throttleTimeMs,
    members: response.members.map(({ memberId, groupInstanceId, errorCode }) => ({
      id: memberId,
      groupInstanceId: groupInstanceId ?? '',
      error: errorAbout(`group ${groupId}, member ${memberId}`, errorCode),
    })),
  }
}

const protocolSettings: SettingKinds<GroupProtocol> = { name: 'string!', metadata: 'object!' }
const subscriptionSettings: SettingKinds<GroupProtocolSubscription> = {
  topics: 'list!',
  userData: 'any',
  ownedPartitions: 'object',
}
const assignmentSettings: SettingKinds<SyncGroupRequestAssignment> = { memberId: 'string!', assignment: 'object!' }
const partitionsSettings: SettingKinds<GroupProtocolAssignment> = { assignedPartitions: 'object!', userData: 'any' }
const memberSettings: SettingKinds<LeaveGroupRequestMember> = { id: 'string!', groupInstanceId: 'string' }

function subscriptionOf(metadata: GroupProtocolSubscription): Uint8Array {
  const {
    topics,
    userData = null,
    ownedPartitions = {},
  } = given("a protocol's metadata", metadata, subscriptionSettings)
  return encodeSubscription({ topics, userData, ownedPartitions: listOf(ownedPartitions) })
}

function assignmentOf(assignment: GroupProtocolAssignment): Uint8Array {
  const { assignedPartitions, userData = null } = given("a member's assignment", assignment, partitionsSettings)
  return encodeAssignment({ assignedPartitions: listOf(assignedPartitions), userData })
}

type WirePartitions = AssignmentInput['assignedPartitions']

function listOf(partitions: Readonly<TopicPartitions>): WirePartitions {
  return Object.entries(partitions).map(([topic, partitions]) => ({ topic, partitions }))
}

function mapOf(partitions: WirePartitions): TopicPartitions {
  return Object.fromEntries(partitions.map(({ topic, partitions }) => [topic, [...partitions]]))
}
