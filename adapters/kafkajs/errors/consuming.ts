import type { PartitionMetadata } from '../types/common.ts'
import { KafkaJSError, KafkaJSNonRetriableError, KafkaJSProtocolError, type Source } from './error.ts'

/** Which topic it was. */
export interface KafkaJSTopicMetadataNotLoadedMetadata {
  /** The topic's name. */
  topic: string
}

/** Which partitions they were. */
export interface KafkaJSStaleTopicMetadataAssignmentMetadata {
  /** The topic's name. */
  topic: string
  /** Partitions that are not known. */
  unknownPartitions: PartitionMetadata[]
}

/** Where the offset was out of range. */
export interface KafkaJSOffsetOutOfRangeMetadata {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
}

export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  override readonly name: string = 'KafkaJSMetadataNotLoaded'
}

export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  override readonly name: string = 'KafkaJSTopicMetadataNotLoaded'
  /** The topic's name. */
  readonly topic: string

  constructor(e: Source, { topic }: Partial<KafkaJSTopicMetadataNotLoadedMetadata> = {}) {
    super(e)
    this.topic = topic as string
  }
}

export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  override readonly name: string = 'KafkaJSStaleTopicMetadataAssignment'
  /** The topic's name. */
  readonly topic: string
  /** Partitions that are not known. */
  readonly unknownPartitions: PartitionMetadata[]

  constructor(e: Source, { topic, unknownPartitions }: Partial<KafkaJSStaleTopicMetadataAssignmentMetadata> = {}) {
    super(e)
    this.topic = topic as string
    this.unknownPartitions = unknownPartitions as PartitionMetadata[]
  }
}

export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSOffsetOutOfRange'
  /** The topic's name. */
  readonly topic: string
  /** The number of the partition. */
  readonly partition: number

  constructor(e: Source, { topic, partition }: Partial<KafkaJSOffsetOutOfRangeMetadata> = {}) {
    super(e)
    this.topic = topic as string
    this.partition = partition as number
  }
}

export class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSMemberIdRequired'
  /** The member's id, as the coordinator gave it. */
  readonly memberId: string

  constructor(e: Source, { memberId }: { memberId?: string } = {}) {
    super(e)
    this.memberId = memberId as string
  }
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSGroupCoordinatorNotFound'
}

/** The group is being divided while messages are fetched. */
export class KafkaJSFetcherRebalanceError extends Error {}
