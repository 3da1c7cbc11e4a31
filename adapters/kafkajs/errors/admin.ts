import { KafkaJSError, KafkaJSProtocolError, type Source } from './error.ts'

/** A group that was not deleted. */
export interface KafkaJSDeleteGroupsErrorGroups {
  /** The group's id. */
  groupId: string
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode: number
  /** What went wrong. */
  error: KafkaJSError
}

/** A partition whose records were not deleted. */
export interface KafkaJSDeleteTopicRecordsErrorPartition {
  /** The number of the partition. */
  partition: number
  /** The offset before which they were to be deleted, as text. */
  offset: string
  /** What went wrong. */
  error: KafkaJSError
}

/** Partitions whose records were not deleted. */
export interface KafkaJSDeleteTopicRecordsErrorTopic {
  /** The topic's name. */
  topic?: string
  /** The partitions. */
  partitions: KafkaJSDeleteTopicRecordsErrorPartition[]
}

export class KafkaJSDeleteGroupsError extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteGroupsError'
  /** The groups. */
  readonly groups: KafkaJSDeleteGroupsErrorGroups[]

  constructor(e: Source, groups: KafkaJSDeleteGroupsErrorGroups[] = []) {
    super(e)
    this.groups = groups
  }
}

/** Some partitions' records were not deleted. Retriable if each of their errors is. */
export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteTopicRecordsError'
  /** The partitions. */
  readonly partitions: KafkaJSDeleteTopicRecordsErrorPartition[]

  constructor({ partitions }: KafkaJSDeleteTopicRecordsErrorTopic) {
    super('Error while deleting records', {
      retriable: partitions.every(({ error }) => (error ?? undefined) === undefined || error.retriable === true),
    })
    this.partitions = partitions
  }
}

export class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSCreateTopicError'
  /** The topic's name. */
  readonly topic: string

  constructor(e: Source, topic?: string) {
    super(e)
    this.topic = topic as string
  }
}

export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSAlterPartitionReassignmentsError'
  /** The topic's name. */
  readonly topic: string | undefined
  /** The number of the partition. */
  readonly partition: number | undefined

  constructor(e: Source, topic?: string, partition?: number) {
    super(e)
    this.topic = topic
    this.partition = partition
  }
}

/** Several errors at once; no KafkaJSError, as in kafkajs. */
export class KafkaJSAggregateError extends Error {
  override readonly name: string = 'KafkaJSAggregateError'
  /** All of them. */
  readonly errors: (Error | string)[]

  constructor(message: Source, errors: (Error | string)[]) {
    super(String(message))
    this.errors = errors
  }
}
