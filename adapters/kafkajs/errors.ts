import type { PartitionMetadata } from './types/common.ts'

/** What an error may know beside its text. */
export interface KafkaJSErrorMetadata {
  /** Whether doing the same again may succeed. */
  retriable?: boolean
  /** The topic's name. */
  topic?: string
  /** The number of the partition. */
  partitionId?: number
  /** The partition, as brokers told of it. */
  metadata?: PartitionMetadata
  /** The error behind it. */
  cause?: unknown
}

/** Where the offset was out of range. */
export interface KafkaJSOffsetOutOfRangeMetadata {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
}

/** How often it was tried. */
export interface KafkaJSNumberOfRetriesExceededMetadata {
  /** How many tries there were after the first. */
  retryCount: number
  /** Milliseconds that it waited before the last try. */
  retryTime: number
}

/** Which connection it was. */
export interface KafkaJSConnectionErrorMetadata {
  /** The broker, as host:port. */
  broker?: string
  /** The system's name of the error, as 'ECONNREFUSED'. */
  code?: string
}

/** Which request it was. */
export interface KafkaJSRequestTimeoutErrorMetadata {
  /** The broker, as host:port. */
  broker: string
  /** What the client calls itself. */
  clientId: string
  /** The number of the request. */
  correlationId: number
  /** When it was made, in milliseconds since 1970. */
  createdAt: number
  /** When it was sent, in milliseconds since 1970. */
  sentAt: number
  /** Milliseconds that it waited before it was sent. */
  pendingDuration: number
}

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

/** Which API it was. */
export interface KafkaJSServerDoesNotSupportApiKeyMetadata {
  /** The API's number. */
  apiKey: number
  /** The API's name. */
  apiName: string
}

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

/** What errors are made of: a text, or another error whose text, help and (where it has them) type and code are taken. */
type Source = Error | string

interface Fields {
  readonly retriable?: boolean
  readonly helpUrl?: string
  readonly type?: string
  readonly code?: number
}

function fieldsOf(e: Source): Fields {
  return typeof e === 'string' ? {} : (e as Fields)
}

/** The root of all errors here. `retriable`: whether doing the same again may succeed. */
export class KafkaJSError extends Error {
  override readonly name: string = 'KafkaJSError'
  /** Whether doing the same again may succeed. */
  readonly retriable: boolean
  /** Where more is said about it, if anywhere. */
  readonly helpUrl: string | undefined
  /** The error behind it. */
  declare readonly cause?: Error

  constructor(e: Source, { retriable = true, cause }: KafkaJSErrorMetadata = {}) {
    // Which is how kafkajs's is not enumerable either.
    super(typeof e === 'string' ? e : e.message, { cause })
    this.retriable = retriable
    this.helpUrl = fieldsOf(e).helpUrl
  }
}

/** Trying again does not help: the call or the settings must be others. */
export class KafkaJSNonRetriableError extends KafkaJSError {
  override readonly name: string = 'KafkaJSNonRetriableError'

  constructor(e: Source, { cause }: { cause?: unknown } = {}) {
    super(e, { retriable: false, cause })
  }
}

/** A broker answered with an error: `type` is Kafka's name of it, `code` its number. */
export class KafkaJSProtocolError extends KafkaJSError {
  override readonly name: string = 'KafkaJSProtocolError'
  /** Kafka's name of the error, as 'NOT_LEADER_FOR_PARTITION'. */
  readonly type: string
  /** Kafka's number of the error. */
  readonly code: number

  constructor(e: Source, { retriable = fieldsOf(e).retriable, cause }: KafkaJSErrorMetadata = {}) {
    super(e, { ...(retriable !== undefined && { retriable }), cause })
    const { type, code } = fieldsOf(e)
    this.type = type as string
    this.code = code as number
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

/** The last of several tries failed: `cause` says how. */
export class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSNumberOfRetriesExceeded'
  /** Begins with its name, and goes on with the stack of its cause. */
  override readonly stack: string
  /** How many tries there were after the first. */
  readonly retryCount: number
  /** Milliseconds that it waited before the last try. */
  readonly retryTime: number

  constructor(e: Source, { retryCount, retryTime }: Partial<KafkaJSNumberOfRetriesExceededMetadata> = {}) {
    super(e, { cause: e })
    this.stack = `${this.name}\n  Caused by: ${(e as Error).stack}`
    this.retryCount = retryCount as number
    this.retryTime = retryTime as number
  }
}

/** A connection could not be made, or ended. `code` is the system's (`ECONNREFUSED`), where it says one. */
export class KafkaJSConnectionError extends KafkaJSError {
  override readonly name: string = 'KafkaJSConnectionError'
  /** The broker, as host:port. */
  readonly broker: string
  /** Kafka's number of the error. */
  readonly code: string | undefined

  constructor(e: Source, { broker, code }: KafkaJSConnectionErrorMetadata = {}) {
    super(e)
    this.broker = broker as string
    this.code = code
  }
}

export class KafkaJSConnectionClosedError extends KafkaJSConnectionError {
  override readonly name: string = 'KafkaJSConnectionClosedError'
  /** A name or an address. */
  readonly host: string
  /** The port. */
  readonly port: number

  constructor(e: Source, { host, port }: { host?: string; port?: number } = {}) {
    super(e, { broker: `${host}:${port}` })
    this.host = host as string
    this.port = port as number
  }
}

export class KafkaJSRequestTimeoutError extends KafkaJSError {
  override readonly name: string = 'KafkaJSRequestTimeoutError'
  /** The broker, as host:port. */
  readonly broker: string
  /** The number of the request. */
  readonly correlationId: number
  /** When it was made, in milliseconds since 1970. */
  readonly createdAt: number
  /** When it was sent, in milliseconds since 1970. */
  readonly sentAt: number
  /** Milliseconds that it waited before it was sent. */
  readonly pendingDuration: number

  constructor(e: Source, given: Partial<KafkaJSRequestTimeoutErrorMetadata> = {}) {
    super(e)
    this.broker = given.broker as string
    this.correlationId = given.correlationId as number
    this.createdAt = given.createdAt as number
    this.sentAt = given.sentAt as number
    this.pendingDuration = given.pendingDuration as number
  }
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

export class KafkaJSDeleteGroupsError extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteGroupsError'
  /** The groups. */
  readonly groups: KafkaJSDeleteGroupsErrorGroups[]

  constructor(e: Source, groups: KafkaJSDeleteGroupsErrorGroups[] = []) {
    super(e)
    this.groups = groups
  }
}

export class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSServerDoesNotSupportApiKey'
  /** The API's number. */
  readonly apiKey: number
  /** The API's name. */
  readonly apiName: string

  constructor(e: Source, { apiKey, apiName }: Partial<KafkaJSServerDoesNotSupportApiKeyMetadata> = {}) {
    super(e)
    this.apiKey = apiKey as number
    this.apiName = apiName as string
  }
}

export class KafkaJSBrokerNotFound extends KafkaJSError {
  override readonly name: string = 'KafkaJSBrokerNotFound'
}

export class KafkaJSPartialMessageError extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSPartialMessageError'
}

export class KafkaJSSASLAuthenticationError extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSSASLAuthenticationError'
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSGroupCoordinatorNotFound'
}

export class KafkaJSNotImplemented extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSNotImplemented'
}

export class KafkaJSTimeout extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSTimeout'
}

export class KafkaJSLockTimeout extends KafkaJSTimeout {
  override readonly name: string = 'KafkaJSLockTimeout'
}

export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSUnsupportedMagicByteInMessageSet'
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

export class KafkaJSInvariantViolation extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSInvariantViolation'

  constructor(e: Source) {
    const message = typeof e === 'string' ? e : e.message
    super(`Invariant violated: ${message}. This is likely a bug and should be reported.`)
  }
}

// The next two call themselves by their parent's name in kafkajs, too.
export class KafkaJSInvalidVarIntError extends KafkaJSNonRetriableError {}

export class KafkaJSInvalidLongError extends KafkaJSNonRetriableError {}

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

/** The group is being divided while messages are fetched. */
export class KafkaJSFetcherRebalanceError extends Error {}

export class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  override readonly name: string = 'KafkaJSNoBrokerAvailableError'

  constructor() {
    super('No broker available')
  }
}
