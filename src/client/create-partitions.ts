import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { CreatePartitions } from '../protocol/create-partitions.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf, numbersOf } from './nested.ts'

/** What `createPartitions` of a Client is asked. */
export interface CreatePartitionsRequest extends Addressed {
  /** The topics to enlarge. */
  topics: readonly TopicPartitionsConfig[]
  /** True: check only, make nothing. */
  validateOnly?: boolean
  /** Milliseconds that the controller may work at it. Default 2,000, or half of the client's timeout. */
  timeout?: number
}

export const createPartitionsSettings: SettingKinds<CreatePartitionsRequest> = {
  addr: 'any',
  topics: 'list!',
  validateOnly: 'boolean',
  timeout: 'number',
}

/** How many partitions a topic is to have. */
export interface TopicPartitionsConfig {
  /** The topic's name. */
  name: string
  /** All of them together, those that are there included. */
  count: number
  /** Where the new ones go, one entry for each; by default the cluster chooses. */
  topicPartitionAssignments?: readonly TopicPartitionAssignment[]
}

const topicFields: SettingKinds<TopicPartitionsConfig> = {
  name: 'string!',
  count: 'number!',
  topicPartitionAssignments: 'list',
}

/** Where the replicas of one new partition are to be. */
export interface TopicPartitionAssignment {
  /** The brokers of a partition's replicas, the preferred leader first. */
  brokerIds: readonly number[]
}

const assignmentFields: SettingKinds<TopicPartitionAssignment> = { brokerIds: 'list!' }

/** What `createPartitions` of a Client answers. */
export interface CreatePartitionsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** By topic; null for those that have their new partitions. */
  errors: Record<string, KafkaError | null>
}

const controllerTimeout = 2000

export async function createPartitions(
  caller: Caller,
  request: CreatePartitionsRequest,
  options: CallOptions,
): Promise<CreatePartitionsResponse> {
  const { timeout = caller.brokerTimeout(controllerTimeout) } = request
  const topics = itemsOf('a topic of createPartitions()', request.topics, topicFields)
  const wire = {
    topics: topics.map(({ name, count, topicPartitionAssignments: assignments }) => ({
      name,
      count,
      assignments: assignments
        ? itemsOf('an assignment of createPartitions()', assignments, assignmentFields).map(({ brokerIds }) => ({
            brokerIds: numbersOf('a broker id', brokerIds),
          }))
        : null,
    })),
    timeoutMs: timeout,
    validateOnly: request.validateOnly ?? false,
  }
  const response = await caller.send(request, CreatePartitions, wire, options)
  const errors = response.results.map(
    ({ name, errorCode, errorMessage }) => [name, errorAbout(`topic ${name}`, errorCode, errorMessage)] as const,
  )
  return { throttle: response.throttleTimeMs, errors: Object.fromEntries(errors) }
}
