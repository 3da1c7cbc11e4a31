import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AddRaftVoter } from '../protocol/add-raft-voter.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { DescribeQuorum } from '../protocol/describe-quorum.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { RemoveRaftVoter } from '../protocol/remove-raft-voter.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** The controllers of a KRaft cluster, who vote for their leader. */
export interface QuorumCalls {
  /** The leader, the voters, the observers, and how far each is (KIP-595). */
  describeQuorum(request?: DescribeQuorumRequest, ...options: Options): Promise<DescribeQuorumResponse>
  /** Makes a controller a voter (KIP-853). */
  addRaftVoter(request: AddRaftVoterRequest, ...options: Options): Promise<RaftVoterResponse>
  /** Takes the vote from a controller (KIP-853). */
  removeRaftVoter(request: RemoveRaftVoterRequest, ...options: Options): Promise<RaftVoterResponse>
}

/** What `describeQuorum` of a Client is asked. */
export interface DescribeQuorumRequest extends Addressed {}

/** What `describeQuorum` of a Client answers. */
export interface DescribeQuorumResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** The id of the controller that leads; −1: none. */
  leaderId: number
  /** Counts the leaders. */
  leaderEpoch: number
  /** The offset after the last record of the metadata log that most voters have. */
  highWatermark: number
  /** Who votes: the controllers. */
  voters: QuorumReplica[]
  /** Who follows: the brokers, and controllers that don't vote. */
  observers: QuorumReplica[]
  /** Where the voters listen; none before Kafka 3.9. */
  nodes: QuorumNode[]
}

/** One who has the metadata log. */
export interface QuorumReplica {
  /** Its node id. */
  replicaId: number
  /** A uuid of zeros before Kafka 3.9. */
  directoryId: string
  /** The offset after the last record that it has. */
  logEndOffset: number
  /** null when not known. */
  lastFetch: Date | null
  /** null when not known. */
  lastCaughtUp: Date | null
}

/** Where a voter listens. */
export interface QuorumNode {
  /** Its node id. */
  nodeId: number
  /** Its listeners. */
  listeners: RaftListener[]
}

/** Where a controller listens. */
export interface RaftListener {
  /** The listener's name, as 'CONTROLLER'. */
  name: string
  /** A name or an address. */
  host: string
  /** The port. */
  port: number
}

const listenerFields: SettingKinds<RaftListener> = { name: 'string!', host: 'string!', port: 'number!' }

/** What `addRaftVoter` of a Client is asked. */
export interface AddRaftVoterRequest extends Addressed {
  /** The controller's node id. */
  voterId: number
  /** Of the voter's metadata directory, as its meta.properties has it. */
  voterDirectoryId: string
  /** Where it listens for other controllers. */
  listeners: readonly RaftListener[]
  /** Refused by a cluster with another id. Default: not looked at. */
  clusterId?: string
  /** Milliseconds that the controller may work at it. Default 10,000, or half of the client's timeout. */
  timeout?: number
}

/** What `removeRaftVoter` of a Client is asked. */
export interface RemoveRaftVoterRequest extends Addressed {
  /** The controller's node id. */
  voterId: number
  /** Of its metadata directory, as its meta.properties has it. */
  voterDirectoryId: string
  /** Refused by a cluster with another id. Default: not looked at. */
  clusterId?: string
}

/** What `addRaftVoter` and `removeRaftVoter` of a Client answer. */
export interface RaftVoterResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

const addRaftVoterFields: SettingKinds<AddRaftVoterRequest> = {
  addr: 'any',
  voterId: 'number!',
  voterDirectoryId: 'string!',
  listeners: 'list!',
  clusterId: 'string',
  timeout: 'number',
}

const removeRaftVoterFields: SettingKinds<RemoveRaftVoterRequest> = {
  addr: 'any',
  voterId: 'number!',
  voterDirectoryId: 'string!',
  clusterId: 'string',
}

export const quorumCalls: CallsOf<QuorumCalls> = {
  describeQuorum: { fields: { addr: 'any' }, run: describeQuorum },
  addRaftVoter: { fields: addRaftVoterFields, run: addRaftVoter },
  removeRaftVoter: { fields: removeRaftVoterFields, run: removeRaftVoter },
}

const controllerTimeout = 10_000

async function describeQuorum(
  caller: Caller,
  request: DescribeQuorumRequest,
  options: CallOptions,
): Promise<DescribeQuorumResponse> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const response = await caller.send(request, DescribeQuorum, { topics }, options)
  const log = response.topics[0]?.partitions[0]
  return {
    error:
      errorAbout('the quorum', response.errorCode, response.errorMessage) ??
      errorAbout('the quorum', log?.errorCode ?? 0, log?.errorMessage),
    leaderId: log?.leaderId ?? -1,
    leaderEpoch: log?.leaderEpoch ?? -1,
    highWatermark: log?.highWatermark ?? -1,
    voters: log?.currentVoters.map(replicaOf) ?? [],
    observers: log?.observers.map(replicaOf) ?? [],
    nodes: response.nodes,
  }
}

async function addRaftVoter(
  caller: Caller,
  request: AddRaftVoterRequest,
  options: CallOptions,
): Promise<RaftVoterResponse> {
  const { voterId, voterDirectoryId, clusterId = null, timeout = caller.brokerTimeout(controllerTimeout) } = request
  const listeners = itemsOf('a listener of addRaftVoter()', request.listeners, listenerFields)
  const wire = { clusterId, timeoutMs: timeout, voterId, voterDirectoryId, listeners }
  const response = await caller.send(request, AddRaftVoter, wire, { ...options, waits: timeout })
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout(`voter ${voterId}`, response.errorCode, response.errorMessage),
  }
}

async function removeRaftVoter(
  caller: Caller,
  request: RemoveRaftVoterRequest,
  options: CallOptions,
): Promise<RaftVoterResponse> {
  const { voterId, voterDirectoryId, clusterId = null } = request
  const response = await caller.send(request, RemoveRaftVoter, { clusterId, voterId, voterDirectoryId }, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout(`voter ${voterId}`, response.errorCode, response.errorMessage),
  }
}

type WireReplica = ResponseOf<typeof DescribeQuorum>['topics'][number]['partitions'][number]['observers'][number]

function replicaOf(replica: WireReplica): QuorumReplica {
  const { replicaId, replicaDirectoryId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp } = replica
  return {
    replicaId,
    directoryId: replicaDirectoryId,
    logEndOffset,
    lastFetch: dateOrNull(lastFetchTimestamp),
    lastCaughtUp: dateOrNull(lastCaughtUpTimestamp),
  }
}

function dateOrNull(timestamp: number): Date | null {
  return timestamp < 0 ? null : new Date(timestamp)
}
