import type * as net from 'node:net'
import type * as tls from 'node:tls'
import type { TransportConfig } from '../../../src/transport/config.ts'
import type { logLevel } from '../constants.ts'

/** The addresses to begin with, asked for anew whenever a client connects. */
export type BrokersFunction = () => string[] | Promise<string[]>

/** What a socket is opened for. */
export interface ISocketFactoryArgs {
  /** The broker's name or address. */
  host: string
  /** The broker's port. */
  port: number
  /** What Node's tls.connect takes; undefined without TLS. */
  ssl: tls.ConnectionOptions
  /** To be called once the socket is open. */
  onConnect: () => void
}

/** Opens sockets in place of the runtime's own; calls `onConnect` once they are open, TLS included. */
export type ISocketFactory = (args: ISocketFactoryArgs) => net.Socket

/** What proves who one is. */
export interface OauthbearerProviderResponse {
  /** The token. */
  value: string
}

type SASLMechanismOptionsMap = {
  plain: { username: string; password: string }
  'scram-sha-256': { username: string; password: string }
  'scram-sha-512': { username: string; password: string }
  aws: { authorizationIdentity: string; accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  oauthbearer: { oauthBearerProvider: () => Promise<OauthbearerProviderResponse> }
}

/** The mechanisms that are built in. */
export type SASLMechanism = keyof SASLMechanismOptionsMap
type SASLMechanismOptions<T> = T extends SASLMechanism ? { mechanism: T } & SASLMechanismOptionsMap[T] : never
/** How to log in. */
export type SASLOptions = SASLMechanismOptions<SASLMechanism>

/** One login of a mechanism. */
export type Authenticator = { authenticate: () => Promise<void> }

/** One message of a login, and its answer. */
export type SaslAuthenticateArgs<ParseResult> = {
  /** The bytes to send, with their length (four bytes) before them. */
  request: { encode: () => Buffer | Promise<Buffer> }
  /** What becomes of the answer, which has its length before it as well. */
  response?: {
    decode: (rawResponse: Buffer) => Buffer | Promise<Buffer>
    parse: (data: Buffer) => ParseResult
  }
}

/** What a mechanism is given for one login. */
export type AuthenticationProviderArgs = {
  /** The broker's name or address. */
  host: string
  /** The port. */
  port: number
  /** Its logger. */
  logger: Logger
  /** Sends a message and gives the answer. */
  saslAuthenticate: <ParseResult>(args: SaslAuthenticateArgs<ParseResult>) => Promise<ParseResult | void>
}

/** A SASL mechanism of your own. */
export type Mechanism = {
  /** Its name, as 'PLAIN'. */
  mechanism: string
  /** Begins a login. */
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
  /** Where to begin, as host:port; or a function that tells. */
  brokers: string[] | BrokersFunction
  /** `true`, or what Node's tls.connect takes. Default: no TLS. */
  ssl?: tls.ConnectionOptions | boolean
  /** How to log in. Default: not. */
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
  /** How failed calls are tried again. */
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

/** A partition and its brokers. */
export type PartitionMetadata = {
  /** Kafka's number of what is wrong with it; 0 for nothing. */
  partitionErrorCode: number
  /** The number of the partition. */
  partitionId: number
  /** -1 while there is none. */
  leader: number
  /** Who has it, by broker id. */
  replicas: number[]
  /** Who has all of it, by broker id. */
  isr: number[]
  /** Who has it and is not reachable, by broker id. */
  offlineReplicas?: number[]
}

/** A line of the log. */
export interface LogEntry {
  /** Which part of a client says it. */
  namespace: string
  /** How serious it is. */
  level: logLevel
  /** The level's name. */
  label: string
  /** What is said. */
  log: LoggerEntryContent
}

/** What a line of the log says. */
export interface LoggerEntryContent {
  /** ISO 8601. */
  readonly timestamp: string
  /** The text. */
  readonly message: string
  // biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type; users read fields of their logs without a cast.
  [key: string]: any
}

/** Makes what writes the lines of the log, for a level. */
export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void

/** Where a client writes what it notices. */
export type Logger = {
  /** What changes, and is as it should be. */
  info: (message: string, extra?: object) => void
  /** What goes wrong. */
  error: (message: string, extra?: object) => void
  /** What may be wrong. */
  warn: (message: string, extra?: object) => void
  /** What helps to follow what goes on. */
  debug: (message: string, extra?: object) => void
  /** A logger that puts this name before its messages; its own level, if one is given. */
  namespace: (namespace: string, logLevel?: logLevel) => Logger
  /** For this logger and all that share its root. */
  setLogLevel: (logLevel: logLevel) => void
}

/** Something that happened. */
export interface InstrumentationEvent<T> {
  /** Counts the events. */
  id: string
  /** Its name, as `on` takes it. */
  type: string
  /** Milliseconds since 1970. */
  timestamp: number
  /** What there is to say of it. */
  payload: T
}

/** Ends what `on` began. */
export type RemoveInstrumentationEventListener<_T> = () => void

/** A client connected. */
export type ConnectEvent = InstrumentationEvent<null>
/** A client disconnected. */
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
/** A request got no answer in time. Times are milliseconds. */
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
/** How many requests wait for a connection. */
export type RequestQueueSizeEvent = InstrumentationEvent<{
  broker: string
  clientId: string
  queueSize: number
}>

/** Of a message, as given: a text, bytes, or several of them under one name. */
export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined
}

/** An offset of a partition. */
export interface PartitionOffset {
  /** The number of the partition. */
  partition: number
  /** The offset, as text. */
  offset: string
}

/** Offsets of a topic. */
export interface TopicOffsets {
  /** The topic's name. */
  topic: string
  /** The partitions. */
  partitions: PartitionOffset[]
}

/** Offsets by topic. */
export interface Offsets {
  /** Topic by topic. */
  topics: TopicOffsets[]
}

/** Partitions of a topic. */
export type TopicPartitions = { topic: string; partitions: number[] }

/** A partition of a topic. */
export type TopicPartition = { topic: string; partition: number }

/** An offset of a partition of a topic. */
export type TopicPartitionOffset = TopicPartition & { offset: string }

/** A position, and the text kept with it. */
export type TopicPartitionOffsetAndMetadata = TopicPartitionOffset & { metadata?: string | null }

/** What the properties of a type are. */
export type ValueOf<T> = T[keyof T]
