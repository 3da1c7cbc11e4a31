import { given, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { CreateTopics } from '../protocol/create-topics.ts'
import { DeleteTopics } from '../protocol/delete-topics.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { type MetadataRequest, type MetadataResponse, metadata, metadataSettings } from './metadata.ts'

/** Topics. */
export interface TopicCalls {
  /** The cluster's brokers, and topics with their partitions. */
  metadata(request?: MetadataRequest, ...options: Options): Promise<MetadataResponse>
  /** Makes topics and waits a while until every broker knows them and their leaders. */
  createTopics(request: CreateTopicsRequest, ...options: Options): Promise<CreateTopicsResponse>
  /** Deletes topics and waits a while until every broker has forgotten them. */
  deleteTopics(request: DeleteTopicsRequest, ...options: Options): Promise<DeleteTopicsResponse>
}

/** What `createTopics` of a Client is asked. */
export interface CreateTopicsRequest extends Addressed {
  /** The topics to make. */
  topics: readonly TopicConfig[]
  /** True: check only, make nothing. */
  validateOnly?: boolean
  /** Milliseconds that the controller may work at it. Default 2,000, or half of the client's timeout. */
  timeout?: number
}

const createTopicsSettings: SettingKinds<CreateTopicsRequest> = {
  addr: 'any',
  topics: 'list!',
  validateOnly: 'boolean',
  timeout: 'number',
}

/** A topic to make. */
export interface TopicConfig {
  /** The topic's name. */
  topic: string
  /** −1, the default: as the broker is set. */
  numPartitions?: number
  /** −1, the default: as the broker is set. */
  replicationFactor?: number
  /** Brokers by partition, in place of the two numbers above. */
  replicaAssignments?: readonly ReplicaAssignment[]
  /** Settings. Default: none, as the broker is set. */
  configEntries?: readonly ConfigEntry[]
}

/** Where the replicas of one partition are to be. */
export interface ReplicaAssignment {
  /** The number of the partition. */
  partition: number
  /** Broker ids, the preferred leader first. */
  replicas: readonly number[]
}

/** A setting. */
export interface ConfigEntry {
  /** The setting's name, as 'retention.ms'. */
  configName: string
  /** The value, as text; null: the default. */
  configValue: string | null
}

const topicSettings: SettingKinds<TopicConfig> = {
  topic: 'string!',
  numPartitions: 'number',
  replicationFactor: 'number',
  replicaAssignments: 'list',
  configEntries: 'list',
}

/** What `createTopics` of a Client answers. */
export interface CreateTopicsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** By topic; null for those made. */
  errors: Record<string, KafkaError | null>
}

/** What `deleteTopics` of a Client is asked. */
export interface DeleteTopicsRequest extends Addressed {
  /** The topics to delete. */
  topics: readonly string[]
  /** Milliseconds that the controller may work at it. Default 2,000, or half of the client's timeout. */
  timeout?: number
}

const deleteTopicsSettings: SettingKinds<DeleteTopicsRequest> = { addr: 'any', topics: 'list!', timeout: 'number' }

/** What `deleteTopics` of a Client answers. */
export interface DeleteTopicsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** By topic; null for those deleted. */
  errors: Record<string, KafkaError | null>
}

export const topicCalls: CallsOf<TopicCalls> = {
  metadata: { fields: metadataSettings, run: metadata },
  createTopics: { fields: createTopicsSettings, run: createTopics },
  deleteTopics: { fields: deleteTopicsSettings, run: deleteTopics },
}

const controllerTimeout = 2000

export async function createTopics(
  caller: Caller,
  request: CreateTopicsRequest,
  options: CallOptions,
): Promise<CreateTopicsResponse> {
  const { topics, validateOnly = false, timeout = caller.brokerTimeout(controllerTimeout) } = request
  const wire = {
    topics: topics
      .map(each => given('a topic of createTopics()', each, topicSettings))
      .map(({ topic, numPartitions = -1, replicationFactor = -1, replicaAssignments = [], configEntries = [] }) => ({
        name: topic,
        numPartitions,
        replicationFactor,
        assignments: replicaAssignments.map(({ partition, replicas }) => ({
          partitionIndex: partition,
          brokerIds: replicas,
        })),
        configs: configEntries.map(({ configName, configValue }) => ({ name: configName, value: configValue })),
      })),
    timeoutMs: timeout,
    validateOnly,
  }
  const response = await caller.send(request, CreateTopics, wire, options)
  const errors = response.topics.map(
    ({ name, errorCode, errorMessage }) => [name, errorAbout(`topic ${name}`, errorCode, errorMessage)] as const,
  )
  return { throttle: response.throttleTimeMs, errors: Object.fromEntries(errors) }
}

export async function deleteTopics(
  caller: Caller,
  request: DeleteTopicsRequest,
  options: CallOptions,
): Promise<DeleteTopicsResponse> {
  const { topics, timeout = caller.brokerTimeout(controllerTimeout) } = request
  const wire = {
    topics: topics.map(name => ({ name, topicId: zeroUuid })),
    topicNames: topics,
    timeoutMs: timeout,
  }
  const response = await caller.send(request, DeleteTopics, wire, options)
  const errors = response.responses.map(
    ({ name, errorCode, errorMessage }) => [name ?? '', errorAbout(`topic ${name}`, errorCode, errorMessage)] as const,
  )
  return { throttle: response.throttleTimeMs, errors: Object.fromEntries(errors) }
}
