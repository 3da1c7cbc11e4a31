import type * as net from 'node:net'
import type * as tls from 'node:tls'
import type { TransportConfig } from '../../../src/transport/config.ts'
import type { logLevel } from '../constants.ts'

/** The addresses to begin with, asked for anew whenever a client connects. */
export type BrokersFunction = () => string[] | Promise<string[]>

export interface ISocketFactoryArgs {
  host: string
  port: number
  ssl: tls.ConnectionOptions
  onConnect: () => void
}

/** Opens sockets in place of the runtime's own; calls `onConnect` once they are open, TLS included. */
export type ISocketFactory = (args: ISocketFactoryArgs) => net.Socket

export interface OauthbearerProviderResponse {
  value: string
}

type SASLMechanismOptionsMap = {
  plain: { username: string; password: string }
  'scram-sha-256': { username: string; password: string }
  'scram-sha-512': { username: string; password: string }
  aws: { authorizationIdentity: string; accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  oauthbearer: { oauthBearerProvider: () => Promise<OauthbearerProviderResponse> }
}

export type SASLMechanism = keyof SASLMechanismOptionsMap
type SASLMechanismOptions<T> = T extends SASLMechanism ? { mechanism: T } & SASLMechanismOptionsMap[T] : never
export type SASLOptions = SASLMechanismOptions<SASLMechanism>

export type Authenticator = { authenticate: () => Promise<void> }

export type SaslAuthenticateArgs<ParseResult> = {
  /** The bytes to send, with their length (four bytes) before them. */
  request: { encode: () => Buffer | Promise<Buffer> }
  /** What becomes of the answer, which has its length before it as well. */
  response?: {
    decode: (rawResponse: Buffer) => Buffer | Promise<Buffer>
    parse: (data: Buffer) => ParseResult
  }
}

export type AuthenticationProviderArgs = {
  host: string
  port: number
  logger: Logger
  saslAuthenticate: <ParseResult>(args: SaslAuthenticateArgs<ParseResult>) => Promise<ParseResult | void>
}

/** A SASL mechanism of your own. */
export type Mechanism = {
  mechanism: string
  authenticationProvider: (args: AuthenticationProviderArgs) => Authenticator
}

/** How often a failed call is tried again, and how long it waits before. Times are milliseconds. */
export interface RetryOptions {
  /** Longest wait. Default 30,000. */
  maxRetryTime?: number
  /** First wait. Default 300. */
  initialRetryTime?: number
  /** Each wait is up to this part shorter or longer. Default 0.2. */
  factor?: number
  /** Each wait is as many times the one before. Default 2. */
  multiplier?: number
  /** Tries after the first. Default 5. */
  retries?: number
  /** Of consumers: whether to start again after a crash. Default: always where trying again may help. */
  restartOnFailure?: (e: Error) => Promise<boolean>
}

/** Settings of a Kafka. Only `brokers` is required. Times are milliseconds. */
export interface KafkaConfig {
  brokers: string[] | BrokersFunction
  /** `true`, or what Node's tls.connect takes. Default: no TLS. */
  ssl?: tls.ConnectionOptions | boolean
  sasl?: SASLOptions | Mechanism
  /** Named in each request. Default 'kafkajs'. */
  clientId?: string
  /** Bounds a connect with TLS. Default 1,000. */
  connectionTimeout?: number
  /** Bounds the authentication of a connection. Default 10,000. */
  authenticationTimeout?: number
  /** Taken and not needed: connections authenticate anew well before their session ends (KIP-368). */
  reauthenticationThreshold?: number
  /** Bounds a request. Default 30,000. */
  requestTimeout?: number
  /** False: requests are bounded by an hour only. Default true. */
  enforceRequestTimeout?: boolean
  retry?: RetryOptions
  /** In Node and what has its sockets. */
  socketFactory?: ISocketFactory
  /** Default INFO; the environment's KAFKAJS_LOG_LEVEL goes before it. */
  logLevel?: logLevel
  /** Default: a line of JSON each, on the console. */
  logCreator?: logCreator
  /** Not in kafkajs: settings of the Transport below, laid over what the others come to (`adapter`, `natives`, …). */
  transport?: TransportConfig
}

export type PartitionMetadata = {
  partitionErrorCode: number
  partitionId: number
  /** -1 while there is none. */
  leader: number
  replicas: number[]
  isr: number[]
  offlineReplicas?: number[]
}

export interface LogEntry {
  namespace: string
  level: logLevel
  label: string
  log: LoggerEntryContent
}

export interface LoggerEntryContent {
  /** ISO 8601. */
  readonly timestamp: string
  readonly message: string
  // biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type; users read fields of their logs without a cast.
  [key: string]: any
}

export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void

export type Logger = {
  info: (message: string, extra?: object) => void
  error: (message: string, extra?: object) => void
  warn: (message: string, extra?: object) => void
  debug: (message: string, extra?: object) => void
  /** A logger that puts this name before its messages; its own level, if one is given. */
  namespace: (namespace: string, logLevel?: logLevel) => Logger
  /** For this logger and all that share its root. */
  setLogLevel: (logLevel: logLevel) => void
}

export interface InstrumentationEvent<T> {
  id: string
  type: string
  /** Milliseconds since 1970. */
  timestamp: number
  payload: T
}

export type RemoveInstrumentationEventListener<_T> = () => void

export type ConnectEvent = InstrumentationEvent<null>
export type DisconnectEvent = InstrumentationEvent<null>
/** A request was answered. Times are milliseconds, `size` the answer's bytes. */
export type RequestEvent = InstrumentationEvent<{
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  duration: number
  pendingDuration: number
  sentAt: number
  size: number
}>
export type RequestTimeoutEvent = InstrumentationEvent<{
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  pendingDuration: number
  sentAt: number
}>
export type RequestQueueSizeEvent = InstrumentationEvent<{
  broker: string
  clientId: string
  queueSize: number
}>

/** Of a message, as given: a text, bytes, or several of them under one name. */
export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined
}

export interface PartitionOffset {
  partition: number
  offset: string
}

export interface TopicOffsets {
  topic: string
  partitions: PartitionOffset[]
}

export interface Offsets {
  topics: TopicOffsets[]
}

export type TopicPartitions = { topic: string; partitions: number[] }

export type TopicPartition = { topic: string; partition: number }

export type TopicPartitionOffset = TopicPartition & { offset: string }

export type TopicPartitionOffsetAndMetadata = TopicPartitionOffset & { metadata?: string | null }

export type ValueOf<T> = T[keyof T]
