import type { PartitionMetadata } from '../types/common.ts'
import { KafkaJSError, KafkaJSNonRetriableError, KafkaJSProtocolError, type Source } from './error.ts'

export interface KafkaJSTopicMetadataNotLoadedMetadata {
  topic: string
}

export interface KafkaJSStaleTopicMetadataAssignmentMetadata {
  topic: string
  unknownPartitions: PartitionMetadata[]
}

export interface KafkaJSOffsetOutOfRangeMetadata {
  topic: string
  partition: number
}

export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  override readonly name: string = 'KafkaJSMetadataNotLoaded'
}

export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  override readonly name: string = 'KafkaJSTopicMetadataNotLoaded'
  readonly topic: string

  constructor(e: Source, { topic }: Partial<KafkaJSTopicMetadataNotLoadedMetadata> = {}) {
    super(e)
    this.topic = topic as string
  }
}

export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  override readonly name: string = 'KafkaJSStaleTopicMetadataAssignment'
  readonly topic: string
  readonly unknownPartitions: PartitionMetadata[]

  constructor(e: Source, { topic, unknownPartitions }: Partial<KafkaJSStaleTopicMetadataAssignmentMetadata> = {}) {
    super(e)
    this.topic = topic as string
    this.unknownPartitions = unknownPartitions as PartitionMetadata[]
  }
}

export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSOffsetOutOfRange'
  readonly topic: string
  readonly partition: number

  constructor(e: Source, { topic, partition }: Partial<KafkaJSOffsetOutOfRangeMetadata> = {}) {
    super(e)
    this.topic = topic as string
    this.partition = partition as number
  }
}

export class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSMemberIdRequired'
  readonly memberId: string

  constructor(e: Source, { memberId }: { memberId?: string } = {}) {
    super(e)
    this.memberId = memberId as string
  }
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSGroupCoordinatorNotFound'
}

export class KafkaJSFetcherRebalanceError extends Error {}
