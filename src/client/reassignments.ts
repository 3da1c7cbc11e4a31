import { ConfigError } from '../base/errors.ts'
import { given, type SettingKinds, shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AlterPartitionReassignments } from '../protocol/alter-partition-reassignments.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { ListPartitionReassignments } from '../protocol/list-partition-reassignments.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf, numbersOf } from './nested.ts'

/** Moves of partitions to other brokers (KIP-455). */
export interface ReassignmentCalls {
  /** Begins to move partitions to other brokers, or cancels that. */
  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
    ...options: Options
  ): Promise<AlterPartitionReassignmentsResponse>
  /** The moves that are going on. */
  listPartitionReassignments(
    request?: ListPartitionReassignmentsRequest,
    ...options: Options
  ): Promise<ListPartitionReassignmentsResponse>
}

/** What `alterPartitionReassignments` of a Client is asked. */
export interface AlterPartitionReassignmentsRequest extends Addressed {
  /** Of the assignments that name none. */
  topic?: string
  /** The moves. */
  assignments: readonly AlterPartitionReassignmentsRequestAssignment[]
  /** Milliseconds that the controller may work at it. Default 10,000, or half of the client's timeout. */
  timeout?: number
  /** Whether a partition may come out with more or fewer replicas (KIP-860). Default true. */
  allowReplicationFactorChange?: boolean
}

/** Where one partition's replicas are to be. */
export interface AlterPartitionReassignmentsRequestAssignment {
  /** Default: the request's. */
  topic?: string
  /** The number of the partition. */
  partitionId: number
  /** Who is to have replicas, the preferred leader first; null cancels the move that is going on. */
  brokerIds: readonly number[] | null
}

const assignmentFields: SettingKinds<AlterPartitionReassignmentsRequestAssignment> = {
  topic: 'string',
  partitionId: 'number!',
  brokerIds: 'any!',
}

/** What `alterPartitionReassignments` of a Client answers. */
export interface AlterPartitionReassignmentsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** What came of each. */
  partitionResults: AlterPartitionReassignmentsResponsePartitionResult[]
}

/** What came of one partition. */
export interface AlterPartitionReassignmentsResponsePartitionResult {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partitionId: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `listPartitionReassignments` of a Client is asked. */
export interface ListPartitionReassignmentsRequest extends Addressed {
  /** By topic; default: all moves. */
  topics?: Readonly<Record<string, ListPartitionReassignmentsRequestTopic>>
  /** Milliseconds that the controller may work at it. Default 10,000, or half of the client's timeout. */
  timeout?: number
}

/** Partitions of one topic. */
export interface ListPartitionReassignmentsRequestTopic {
  /** Their numbers. */
  partitionIndexes: readonly number[]
}

const topicFields: SettingKinds<ListPartitionReassignmentsRequestTopic> = { partitionIndexes: 'list!' }

/** What `listPartitionReassignments` of a Client answers. */
export interface ListPartitionReassignmentsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** By topic; those that nothing of is moved are not there. */
  topics: Record<string, ListPartitionReassignmentsResponseTopic>
}

/** The moves of one topic. */
export interface ListPartitionReassignmentsResponseTopic {
  /** Its partitions that are moved. */
  partitions: ListPartitionReassignmentsResponsePartition[]
}

/** A partition that is moved. */
export interface ListPartitionReassignmentsResponsePartition {
  /** The number of the partition. */
  partitionIndex: number
  /** Who has replicas now, those that come and those that go included. */
  replicas: number[]
  /** Those that come. */
  addingReplicas: number[]
  /** Those that go. */
  removingReplicas: number[]
}

export const reassignmentCalls: CallsOf<ReassignmentCalls> = {
  alterPartitionReassignments: {
    fields: {
      addr: 'any',
      topic: 'string',
      assignments: 'list!',
      timeout: 'number',
      allowReplicationFactorChange: 'boolean',
    },
    run: alterPartitionReassignments,
  },
  listPartitionReassignments: {
    fields: { addr: 'any', topics: 'object', timeout: 'number' },
    run: listPartitionReassignments,
  },
}

const controllerTimeout = 10_000

async function alterPartitionReassignments(
  caller: Caller,
  request: AlterPartitionReassignmentsRequest,
  options: CallOptions,
): Promise<AlterPartitionReassignmentsResponse> {
  const { timeout = caller.brokerTimeout(controllerTimeout), allowReplicationFactorChange = true } = request
  const byTopic = new Map<string, { partitionIndex: number; replicas: readonly number[] | null }[]>()
  const of = 'an assignment of alterPartitionReassignments()'
  for (const { topic = request.topic, partitionId, brokerIds } of itemsOf(of, request.assignments, assignmentFields)) {
    if (!topic) throw new ConfigError(`${of} needs a topic, its own or the request's`)
    const partition = {
      partitionIndex: partitionId,
      replicas: brokerIds === null ? null : numbersOf('a broker id', brokerIds),
    }
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  }
  const wire = {
    timeoutMs: timeout,
    allowReplicationFactorChange,
    topics: [...byTopic].map(([name, partitions]) => ({ name, partitions })),
  }
  const response = await caller.send(request, AlterPartitionReassignments, wire, { ...options, waits: timeout })
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('reassignments', response.errorCode, response.errorMessage),
    partitionResults: response.responses.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, errorMessage }) => ({
        topic: name,
        partitionId: partitionIndex,
        error: errorAbout(`${name}/${partitionIndex}`, errorCode, errorMessage),
      })),
    ),
  }
}

async function listPartitionReassignments(
  caller: Caller,
  request: ListPartitionReassignmentsRequest,
  options: CallOptions,
): Promise<ListPartitionReassignmentsResponse> {
  const { timeout = caller.brokerTimeout(controllerTimeout) } = request
  const topics = request.topics
    ? Object.entries(request.topics).map(([name, asked]) => ({
        name,
        partitionIndexes: numbersOf('a partition', given(`topic ${shown(name)}`, asked, topicFields).partitionIndexes),
      }))
    : null
  const wire = { timeoutMs: timeout, topics }
  const response = await caller.send(request, ListPartitionReassignments, wire, { ...options, waits: timeout })
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('reassignments', response.errorCode, response.errorMessage),
    topics: Object.fromEntries(response.topics.map(({ name, partitions }) => [name, { partitions }])),
  }
}
