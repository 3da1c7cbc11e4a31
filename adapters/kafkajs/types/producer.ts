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
  /** By which brokers know this writer again. Default: no transactions. */
  transactionalId?: string
  /** Default 60,000. */
  transactionTimeout?: number
  /** Taken and not needed: requests are pipelined, and batches gather while a broker is busy. */
  maxInFlightRequests?: number
  /** Not in kafkajs: the longest that messages gather while a broker is busy, in milliseconds. Default 10. */
  lingerMs?: number
}

/** A message to write. */
export interface Message {
  /** What the partition is chosen by; null for none. */
  key?: Buffer | string | null
  /** Null is a tombstone in a compacted topic. */
  value: Buffer | string | null
  /** Default: as the partitioner says. */
  partition?: number
  /** Default: none. */
  headers?: IHeaders
  /** Milliseconds since 1970, as text. Default: now. */
  timestamp?: string
}

/** A message whose partition is to be chosen. */
export interface PartitionerArgs {
  /** The topic's name. */
  topic: string
  /** The topic's partitions. */
  partitionMetadata: PartitionMetadata[]
  /** The message. */
  message: Message
}

/** Makes a function that chooses each message's partition; called once a producer. */
export type ICustomPartitioner = () => (args: PartitionerArgs) => number
/** Java's: murmur2 of the key. */
export type DefaultPartitioner = ICustomPartitioner
/** kafkajs 1's: murmur2 of the key, as that computed it. */
export type LegacyPartitioner = ICustomPartitioner

/** Messages for one topic. */
export interface ProducerRecord {
  /** The topic's name. */
  topic: string
  /** The messages. */
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
  /** The topic's name. */
  topicName: string
  /** The number of the partition. */
  partition: number
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode: number
  /** The offset, as text. */
  offset?: string
  /** Of the messages, as text. */
  timestamp?: string
  /** Of the first of them. */
  baseOffset?: string
  /** '-1' unless the topic stamps messages itself. */
  logAppendTime?: string
  /** The first offset that the partition still has, as text. */
  logStartOffset?: string
}

/** Messages for one topic. */
export interface TopicMessages {
  /** The topic's name. */
  topic: string
  /** The messages. */
  messages: Message[]
}

/** Messages for several topics. */
export interface ProducerBatch {
  /** -1 all in-sync replicas, 1 the leader, 0 nobody. Default -1. */
  acks?: number
  /** How long brokers may wait for the acks, in milliseconds. Default 30,000. */
  timeout?: number
  /** How the messages are compressed. Default: not. */
  compression?: CompressionTypes
  /** Topic by topic. */
  topicMessages?: TopicMessages[]
}

type Sender = {
  send(record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>
}

/** What a producer tells of, by the names that `on` takes. */
export type ProducerEvents = {
  /** It connected. */
  CONNECT: 'producer.connect'
  /** It disconnected. */
  DISCONNECT: 'producer.disconnect'
  /** A request was answered. */
  REQUEST: 'producer.network.request'
  /** A request got no answer in time. */
  REQUEST_TIMEOUT: 'producer.network.request_timeout'
  /** How many requests wait. */
  REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size'
}

/** Writes messages. */
export type Producer = Sender & {
  /** Connects; more calls change nothing. */
  connect(): Promise<void>
  /** Ends what is under way and disconnects. */
  disconnect(): Promise<void>
  /** Whether brokers drop what a retry sends twice. */
  isIdempotent(): boolean
  /** The names of what `on` tells of. */
  readonly events: ProducerEvents
  /** Has the listener told of events of one name; the answer ends that. */
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
  /** Begins a transaction; one at a time. */
  transaction(): Promise<Transaction>
  /** Its logger. */
  logger(): Logger
}

/** Messages and positions that are there all at once, or never. */
export type Transaction = Sender & {
  /** Commits positions with the transaction. */
  sendOffsets(offsets: Offsets & { consumerGroupId: string }): Promise<void>
  /** Ends it, as done. */
  commit(): Promise<void>
  /** Ends it, as if it had never been. */
  abort(): Promise<void>
  /** Whether it has not ended. */
  isActive(): boolean
}
