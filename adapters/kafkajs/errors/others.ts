import { KafkaJSNonRetriableError, type Source } from './error.ts'

/** How often it was tried. */
export interface KafkaJSNumberOfRetriesExceededMetadata {
  /** How many tries there were after the first. */
  retryCount: number
  /** Milliseconds that it waited before the last try. */
  retryTime: number
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

export class KafkaJSPartialMessageError extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSPartialMessageError'
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
