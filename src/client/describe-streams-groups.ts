import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { StreamsGroupDescribe } from '../protocol/streams-group-describe.ts'
import { inBatches, longestThrottle } from './batches.ts'
import type { Caller } from './caller.ts'
import { commonOf, type DescribeNewGroupsRequest, type NewGroupDescription } from './describe-consumer-groups.ts'
import { textsOf } from './nested.ts'

export interface DescribeStreamsGroupsRequest extends DescribeNewGroupsRequest {
  /** The topology's nodes, too, if its members told them (Kafka 4.4). */
  includeTopologyDescription?: boolean
}

export const describeStreamsGroupsSettings: SettingKinds<DescribeStreamsGroupsRequest> = {
  addr: 'any',
  groupIds: 'list!',
  includeAuthorizedOperations: 'boolean',
  includeTopologyDescription: 'boolean',
}

/** What `describeStreamsGroups` of a Client answers. */
export interface DescribeStreamsGroupsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** The groups asked for. */
  groups: StreamsGroupDescription[]
}

type WireGroup = ResponseOf<typeof StreamsGroupDescribe>['groups'][number]
type WireMember = WireGroup['members'][number]

export interface StreamsGroupDescription extends NewGroupDescription {
  /** '' when not told. */
  assignorName: string
  /** null before any member came with one. */
  topology: StreamsTopology | null
  /** Its members. */
  members: StreamsGroupMember[]
  /** null unless asked for, and told. */
  topologyDescription: WireGroup['topologyDescription']
}

/** What a Streams application consists of. */
export interface StreamsTopology {
  /** Counts its changes. */
  epoch: number
  /** Its parts. */
  subtopologies: StreamsSubtopology[]
}

/** A part of a topology whose tasks run on their own. */
export interface StreamsSubtopology {
  /** Its name within the topology. */
  id: string
  /** Topics it reads that are there without it. */
  sourceTopics: string[]
  /** Topics it writes, to have records divided anew. */
  repartitionSinkTopics: string[]
  /** Topics that keep its state. */
  stateChangelogTopics: StreamsTopic[]
  /** Topics it reads that other parts write. */
  repartitionSourceTopics: StreamsTopic[]
}

/** A topic that the application has for itself. */
export interface StreamsTopic {
  /** Its name. */
  name: string
  /** How many partitions it is to have. */
  partitions: number
  /** How many replicas it is to have. */
  replicationFactor: number
  /** Settings by name. */
  configs: Record<string, string>
}

/** A member of the group: a thread of the application, mostly. */
export interface StreamsGroupMember {
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** Counts what the member was given, as the coordinator does. */
  memberEpoch: number
  /** Of a static member; '' otherwise. */
  groupInstanceId: string
  /** Where the member is; '' when it does not say. */
  rack: string
  /** What the client calls itself. */
  clientId: string
  /** Where the client connects from. */
  clientHost: string
  /** The topology that it works by. */
  topologyEpoch: number
  /** The process it belongs to, with others perhaps. */
  processId: string
  /** Where its state can be asked for; null for nowhere. */
  userEndpoint: { host: string; port: number } | null
  /** What the member says of itself, for standby tasks to be spread by. */
  clientTags: Record<string, string>
  /** How far its tasks' state is. */
  taskOffsets: StreamsTaskOffset[]
  /** How far their changelogs go. */
  taskEndOffsets: StreamsTaskOffset[]
  /** What it has. */
  assignment: StreamsAssignment
  /** What it is to have. */
  targetAssignment: StreamsAssignment
  /** Takes part by the classic protocol. */
  classic: boolean
}

/** An offset of a task. */
export interface StreamsTaskOffset {
  /** The part of the topology. */
  subtopologyId: string
  /** The number of the partition. */
  partition: number
  /** The offset. */
  offset: number
}

/** Partitions by subtopology. */
export interface StreamsAssignment {
  /** Tasks that it runs. */
  activeTasks: Record<string, number[]>
  /** Tasks whose state it keeps, too, should another fail. */
  standbyTasks: Record<string, number[]>
  /** Tasks whose state it gathers, to run them then. */
  warmupTasks: Record<string, number[]>
}

export async function describeStreamsGroups(
  caller: Caller,
  request: DescribeStreamsGroupsRequest,
  options: CallOptions,
): Promise<DescribeStreamsGroupsResponse> {
  const { includeAuthorizedOperations = false, includeTopologyDescription = false } = request
  const ids = textsOf('a group of describeStreamsGroups()', request.groupIds)
  const answers = await inBatches(ids, groupIds => {
    const wire = { groupIds, includeAuthorizedOperations, includeTopologyDescription }
    return caller.send(request, StreamsGroupDescribe, wire, options)
  })
  return {
    throttle: longestThrottle(answers),
    groups: answers
      .flatMap(({ groups }) => groups)
      .map(group => ({
        ...commonOf(group),
        assignorName: group.assignorName ?? '',
        topology: topologyOf(group.topology),
        members: group.members.map(memberOf),
        topologyDescription: group.topologyDescription,
      })),
  }
}

function topologyOf(topology: WireGroup['topology']): StreamsTopology | null {
  if (topology === null) return null
  return {
    epoch: topology.epoch,
    subtopologies: (topology.subtopologies ?? []).map(({ subtopologyId, ...subtopology }) => ({
      id: subtopologyId,
      sourceTopics: subtopology.sourceTopics,
      repartitionSinkTopics: subtopology.repartitionSinkTopics,
      stateChangelogTopics: subtopology.stateChangelogTopics.map(topicOf),
      repartitionSourceTopics: subtopology.repartitionSourceTopics.map(topicOf),
    })),
  }
}

interface Pair {
  readonly key: string
  readonly value: string
}

interface WireTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly topicConfigs: readonly Pair[]
}

function topicOf({ topicConfigs, name, partitions, replicationFactor }: WireTopic): StreamsTopic {
  return { name, partitions, replicationFactor, configs: pairsOf(topicConfigs) }
}

function memberOf(member: WireMember): StreamsGroupMember {
  const { memberId, memberEpoch, clientId, clientHost, topologyEpoch, processId } = member
  return {
    memberId,
    memberEpoch,
    groupInstanceId: member.instanceId ?? '',
    rack: member.rackId ?? '',
    clientId,
    clientHost,
    topologyEpoch,
    processId,
    userEndpoint: member.userEndpoint,
    clientTags: pairsOf(member.clientTags),
    taskOffsets: member.taskOffsets,
    taskEndOffsets: member.taskEndOffsets,
    assignment: assignmentOf(member.assignment),
    targetAssignment: assignmentOf(member.targetAssignment),
    classic: member.isClassic,
  }
}

function assignmentOf({ activeTasks, standbyTasks, warmupTasks }: WireMember['assignment']): StreamsAssignment {
  const tasksOf = (tasks: WireMember['assignment']['activeTasks']): Record<string, number[]> =>
    Object.fromEntries(tasks.map(({ subtopologyId, partitions }) => [subtopologyId, partitions]))
  return {
    activeTasks: tasksOf(activeTasks),
    standbyTasks: tasksOf(standbyTasks),
    warmupTasks: tasksOf(warmupTasks),
  }
}

function pairsOf(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]))
}
