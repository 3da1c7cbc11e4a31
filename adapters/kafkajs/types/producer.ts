import type { CompressionTypes } from '../constants.ts'
import type {
  ConnectEvent,
  DisconnectEvent,
  IHeaders,
  InstrumentationEvent,
  Logger,
  Offsets,
  PartitionMetadata,
  RemoveInstrumentationEventListener,
  RequestEvent,
  RequestQueueSizeEvent,
  RequestTimeoutEvent,
  RetryOptions,
  ValueOf,
} from './common.ts'

/** Settings of a producer; all optional. Times are milliseconds. */
export interface ProducerConfig {
  /** Default: DefaultPartitioner. */
  createPartitioner?: ICustomPartitioner
  /** Laid over the Kafka's. */
  retry?: RetryOptions
  /** How old what is known of topics may get. Default 300,000. */
  metadataMaxAge?: number
  /** Creates missing topics, if the brokers allow that. Default true. */
  allowAutoTopicCreation?: boolean
  /** Whether brokers drop what a retry sends twice, and keep the order. Default false. */
  idempotent?: boolean
  transactionalId?: string
  /** Default 60,000. */
  transactionTimeout?: number
  /** Taken and not needed: requests are pipelined, and batches gather while a broker is busy. */
  maxInFlightRequests?: number
  /** Not in kafkajs: the longest that messages gather while a broker is busy, in milliseconds. Default 10. */
  lingerMs?: number
}

export interface Message {
  key?: Buffer | string | null
  /** Null is a tombstone in a compacted topic. */
  value: Buffer | string | null
  /** Default: as the partitioner says. */
  partition?: number
  headers?: IHeaders
  /** Milliseconds since 1970, as text. Default: now. */
  timestamp?: string
}

export interface PartitionerArgs {
  topic: string
  partitionMetadata: PartitionMetadata[]
  message: Message
}

/** Makes a function that chooses each message's partition; called once a producer. */
export type ICustomPartitioner = () => (args: PartitionerArgs) => number
export type DefaultPartitioner = ICustomPartitioner
export type LegacyPartitioner = ICustomPartitioner

export interface ProducerRecord {
  topic: string
  messages: Message[]
  /** -1 all in-sync replicas, 1 the leader, 0 nobody. Default -1. */
  acks?: number
  /** How long brokers may wait for the acks, in milliseconds. Default 30,000. */
  timeout?: number
  /** Default: none. */
  compression?: CompressionTypes
}

/** Where messages of one partition went. 64-bit numbers are texts. */
export type RecordMetadata = {
  topicName: string
  partition: number
  errorCode: number
  offset?: string
  timestamp?: string
  /** Of the first of them. */
  baseOffset?: string
  /** '-1' unless the topic stamps messages itself. */
  logAppendTime?: string
  logStartOffset?: string
}

export interface TopicMessages {
  topic: string
  messages: Message[]
}

export interface ProducerBatch {
  acks?: number
  timeout?: number
  compression?: CompressionTypes
  topicMessages?: TopicMessages[]
}

type Sender = {
  send(record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>
}

export type ProducerEvents = {
  CONNECT: 'producer.connect'
  DISCONNECT: 'producer.disconnect'
  REQUEST: 'producer.network.request'
  REQUEST_TIMEOUT: 'producer.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size'
}

export type Producer = Sender & {
  connect(): Promise<void>
  disconnect(): Promise<void>
  isIdempotent(): boolean
  readonly events: ProducerEvents
  on(
    eventName: ProducerEvents['CONNECT'],
    listener: (event: ConnectEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ProducerEvents['DISCONNECT'],
    listener: (event: DisconnectEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ProducerEvents['REQUEST'],
    listener: (event: RequestEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ProducerEvents['REQUEST_QUEUE_SIZE'],
    listener: (event: RequestQueueSizeEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ProducerEvents['REQUEST_TIMEOUT'],
    listener: (event: RequestTimeoutEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ValueOf<ProducerEvents>,
    // biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type, for listeners of any event.
    listener: (event: InstrumentationEvent<any>) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  transaction(): Promise<Transaction>
  logger(): Logger
}

export type Transaction = Sender & {
  sendOffsets(offsets: Offsets & { consumerGroupId: string }): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  isActive(): boolean
}
