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
  name: string
  metadata: GroupProtocolSubscription
}

export interface GroupProtocolSubscription {
  topics: string[]
  userData?: Uint8Array | null
  /** What the member still holds (KIP-429). */
  ownedPartitions?: TopicPartitions
}

export interface GroupProtocolAssignment {
  assignedPartitions: TopicPartitions
  userData?: Uint8Array | null
}

export interface JoinGroupRequest extends Addressed {
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

export interface JoinGroupResponse {
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  generationId: number
  protocolName: string
  protocolType: string
  /** The member that divides the partitions. */
  leaderId: string
  memberId: string
  /** For the leader alone. */
  members: JoinGroupResponseMember[]
}

export interface JoinGroupResponseMember {
  id: string
  groupInstanceId: string
  metadata: GroupProtocolSubscription
}

export interface SyncGroupRequest extends Addressed {
  groupId: string
  generationId: number
  memberId: string
  groupInstanceId?: string
  /** Default 'consumer'. */
  protocolType?: string
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

export interface SyncGroupRequestAssignment {
  memberId: string
  assignment: GroupProtocolAssignment
}

export interface SyncGroupResponse {
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  protocolType: string
  protocolName: string
  assignment: GroupProtocolAssignment
}

export interface HeartbeatRequest extends Addressed {
  groupId: string
  generationId: number
  memberId: string
  groupInstanceId?: string
}

const heartbeatSettings: SettingKinds<HeartbeatRequest> = {
  addr: 'any',
  groupId: 'string!',
  generationId: 'number!',
  memberId: 'string!',
  groupInstanceId: 'string',
}

export interface HeartbeatResponse {
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
}

export interface LeaveGroupRequest extends Addressed {
  groupId: string
  members: readonly LeaveGroupRequestMember[]
}

const leaveGroupSettings: SettingKinds<LeaveGroupRequest> = { addr: 'any', groupId: 'string!', members: 'list!' }

export interface LeaveGroupRequestMember {
  id: string
  groupInstanceId?: string
}

export interface LeaveGroupResponse {
  error: KafkaError | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  members: LeaveGroupResponseMember[]
}

export interface LeaveGroupResponseMember {
  id: string
  groupInstanceId: string
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
