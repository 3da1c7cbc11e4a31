import type { PartitionMetadata } from '../types/common.ts'

export interface KafkaJSErrorMetadata {
  retriable?: boolean
  topic?: string
  partitionId?: number
  metadata?: PartitionMetadata
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
  readonly retriable: boolean
  readonly helpUrl: string | undefined
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
  readonly type: string
  readonly code: number

  constructor(e: Source, { retriable = fieldsOf(e).retriable, cause }: KafkaJSErrorMetadata = {}) {
    super(e, { ...(retriable !== undefined && { retriable }), cause })
    const { type, code } = fieldsOf(e)
    this.type = type as string
    this.code = code as number
  }
}
