import { KafkaJSError, KafkaJSProtocolError, type Source } from './error.ts'

export interface KafkaJSDeleteGroupsErrorGroups {
  groupId: string
  errorCode: number
  error: KafkaJSError
}

export interface KafkaJSDeleteTopicRecordsErrorPartition {
  partition: number
  offset: string
  error: KafkaJSError
}

export interface KafkaJSDeleteTopicRecordsErrorTopic {
  topic?: string
  partitions: KafkaJSDeleteTopicRecordsErrorPartition[]
}

export class KafkaJSDeleteGroupsError extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteGroupsError'
  readonly groups: KafkaJSDeleteGroupsErrorGroups[]

  constructor(e: Source, groups: KafkaJSDeleteGroupsErrorGroups[] = []) {
    super(e)
    this.groups = groups
  }
}

/** Some partitions' records were not deleted. Retriable if each of their errors is. */
export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteTopicRecordsError'
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
  readonly topic: string

  constructor(e: Source, topic?: string) {
    super(e)
    this.topic = topic as string
  }
}

export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSAlterPartitionReassignmentsError'
  readonly topic: string | undefined
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
  readonly errors: (Error | string)[]

  constructor(message: Source, errors: (Error | string)[]) {
    super(String(message))
    this.errors = errors
  }
}
