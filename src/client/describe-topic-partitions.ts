import { given, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { DescribeTopicPartitions } from '../protocol/describe-topic-partitions.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { authorizedOperations } from './authorized-operations.ts'
import type { Addressed, Caller } from './caller.ts'
import type { ACLOperationType } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { textsOf } from './nested.ts'

/** What `describeTopicPartitions` of a Client is asked. */
export interface DescribeTopicPartitionsRequest extends Addressed {
  /** Default: all. */
  topics?: readonly string[]
  /** How many partitions a page has at most. Default 2,000; a broker may give fewer. */
  partitionLimit?: number
  /** Where to go on: the `nextCursor` of the page before. Default: the beginning. */
  cursor?: TopicPartitionsCursor | null
}

export const describeTopicPartitionsSettings: SettingKinds<DescribeTopicPartitionsRequest> = {
  addr: 'any',
  topics: 'list',
  partitionLimit: 'number',
  cursor: 'any',
}

/** Where an answer broke off, for the next one to go on. */
export interface TopicPartitionsCursor {
  /** The next topic. */
  topicName: string
  /** The next partition of that. */
  partitionIndex: number
}

const cursorFields: SettingKinds<TopicPartitionsCursor> = { topicName: 'string!', partitionIndex: 'number!' }

/** What `describeTopicPartitions` of a Client answers. */
export interface DescribeTopicPartitionsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** By name. A topic may go on in the next page. */
  topics: TopicDescription[]
  /** null: this was the last page. */
  nextCursor: TopicPartitionsCursor | null
}

/** A topic and where its partitions are. */
export interface TopicDescription {
  /** Its name. */
  name: string
  /** Its id, a uuid in Kafka's form. */
  id: string
  /** Whether it is Kafka's own, as '__consumer_offsets'. */
  internal: boolean
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Its partitions. */
  partitions: PartitionDescription[]
  /** What the one who asks may do with the topic. */
  authorizedOperations: ACLOperationType[] | null
}

/** Brokers by id. */
export interface PartitionDescription {
  /** Its number. */
  id: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** −1: none. */
  leader: number
  /** Counts its leaders. */
  leaderEpoch: number
  /** Who has it, the preferred leader first. */
  replicas: number[]
  /** Who has all of it. */
  isr: number[]
  /** Not in sync, and may lead all the same without a loss (KIP-966). */
  eligibleLeaderReplicas: number[]
  /** Who was last known to have all of it. */
  lastKnownElr: number[]
  /** Who has it and is not reachable. */
  offlineReplicas: number[]
}

export async function describeTopicPartitions(
  caller: Caller,
  request: DescribeTopicPartitionsRequest,
  options: CallOptions,
): Promise<DescribeTopicPartitionsResponse> {
  const { partitionLimit = 2000 } = request
  const topics = textsOf('a topic of describeTopicPartitions()', request.topics ?? [])
  const wire = {
    // A broker goes on behind a cursor by name.
    topics: [...topics].sort().map(name => ({ name })),
    responsePartitionLimit: partitionLimit,
    cursor: request.cursor ? given('a cursor', request.cursor, cursorFields) : null,
  }
  const response = await caller.send(request, DescribeTopicPartitions, wire, options)
  return {
    throttle: response.throttleTimeMs,
    topics: response.topics.map(({ name, topicId, isInternal, errorCode, partitions, topicAuthorizedOperations }) => ({
      name: name ?? '',
      id: topicId,
      internal: isInternal,
      error: errorAbout(`topic ${name ?? topicId}`, errorCode),
      partitions: partitions.map(partition => partitionOf(name ?? topicId, partition)),
      authorizedOperations: authorizedOperations(topicAuthorizedOperations),
    })),
    nextCursor: response.nextCursor,
  }
}

type WirePartition = ResponseOf<typeof DescribeTopicPartitions>['topics'][number]['partitions'][number]

function partitionOf(topic: string, partition: WirePartition): PartitionDescription {
  return {
    id: partition.partitionIndex,
    error: errorAbout(`${topic}/${partition.partitionIndex}`, partition.errorCode),
    leader: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas ?? [],
    lastKnownElr: partition.lastKnownElr ?? [],
    offlineReplicas: partition.offlineReplicas,
  }
}
