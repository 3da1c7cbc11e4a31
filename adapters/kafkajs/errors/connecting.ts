import { KafkaJSError, KafkaJSNonRetriableError, type Source } from './error.ts'

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

/** Which API it was. */
export interface KafkaJSServerDoesNotSupportApiKeyMetadata {
  /** The API's number. */
  apiKey: number
  /** The API's name. */
  apiName: string
}

/** A connection could not be made, or ended. `code` is the system's (`ECONNREFUSED`), where it says one. */
export class KafkaJSConnectionError extends KafkaJSError {
  override readonly name: string = 'KafkaJSConnectionError'
  /** The broker, as host:port. */
  readonly broker: string
  /** The system's name of the error, as 'ECONNREFUSED'. */
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

export class KafkaJSSASLAuthenticationError extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSSASLAuthenticationError'
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

export class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  override readonly name: string = 'KafkaJSNoBrokerAvailableError'

  constructor() {
    super('No broker available')
  }
}
