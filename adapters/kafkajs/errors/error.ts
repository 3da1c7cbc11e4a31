import type { PartitionMetadata } from '../types/common.ts'

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

/** What errors are made of: a text, or another error whose text, help and (where it has them) type and code are taken. */
export type Source = Error | string

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
