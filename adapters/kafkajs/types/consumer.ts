import type { BalancerWire, GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import type { GroupDescription } from './admin.ts'
import type { Cluster } from './cluster.ts'
import type {
  ConnectEvent,
  DisconnectEvent,
  IHeaders,
  InstrumentationEvent,
  Logger,
  Offsets,
  RemoveInstrumentationEventListener,
  RequestEvent,
  RequestQueueSizeEvent,
  RequestTimeoutEvent,
  RetryOptions,
  TopicOffsets,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
  ValueOf,
} from './common.ts'

/** Settings of a consumer. Times are milliseconds. */
export interface ConsumerConfig {
  /** The group's id. */
  groupId: string
  /** Ways to divide the partitions, best first. Default `[PartitionAssigners.roundRobin]`. */
  partitionAssigners?: PartitionAssigner[]
  /** How old metadata may get. Default 300,000. */
  metadataMaxAge?: number
  /** How long the coordinator hears nothing of a member before it gives the partitions to others. Default 30,000. */
  sessionTimeout?: number
  /** How long members may take to join again when the group changes. Default 60,000. */
  rebalanceTimeout?: number
  /** Must be below `sessionTimeout`. Default 3,000. */
  heartbeatInterval?: number
  /** Most bytes of a partition in one batch; a record batch larger than that is read nevertheless. Default 1 MiB. */
  maxBytesPerPartition?: number
  /** A broker answers a fetch when it has this many bytes, or after `maxWaitTimeInMs`. Default 1. */
  minBytes?: number
  /** Most bytes of one answer. Default 10 MiB. */
  maxBytes?: number
  /** How long a broker waits for new messages before it answers a fetch with none. Default 5,000. */
  maxWaitTimeInMs?: number
  /** Laid over the Kafka's own. */
  retry?: RetryOptions & { restartOnFailure?: (err: Error) => Promise<boolean> }
  /** Default true. */
  allowAutoTopicCreation?: boolean
  /** Taken and not needed: a consumer has one fetch under way at each broker. */
  maxInFlightRequests?: number
  /** Also what transactions wrote that are not committed. Default false. */
  readUncommitted?: boolean
  /** Where the consumer is: partitions are read from replicas there (KIP-392). Default none. */
  rackId?: string
  /** Not in kafkajs: a name of this process that outlives it (KIP-345). Coming back within the session it keeps its partitions. */
  groupInstanceId?: string
  /** Not in kafkajs: `consumer` has the broker divide the group (KIP-848, Kafka 4.0). Default `classic`. */
  groupProtocol?: 'classic' | 'consumer'
  /**
   * Not in kafkajs: told of partitions that come (`assigned`, before anything of them is handed out) and go (`revoked`,
   * while what was resolved can be committed still; `lost`, when it can't be), and waited for.
   */
  rebalanceCallback?: RebalanceCallback
  /**
   * Not in kafkajs: whose handler takes longer than this gives its partitions back and leaves the group until it is done.
   * Default: off.
   */
  maxPollInterval?: number
}

/** What happens to partitions: see `rebalanceCallback`. */
export type RebalanceEvent = { type: 'assigned' | 'revoked' | 'lost'; partitions: TopicPartition[] }
/** Told of partitions that come and go, and waited for. */
export type RebalanceCallback = (event: RebalanceEvent) => void | Promise<void>

/** Makes an assigner, for one member of one group. */
export type PartitionAssigner = (config: { cluster: Cluster; groupId: string; logger: Logger }) => Assigner

/** Partitions by topic. */
export type Assignment = { [topic: string]: number[] }

/** A member, as the leader is told. */
export type GroupMember = { memberId: string; memberMetadata: Buffer }

/** What one member is given. */
export type GroupMemberAssignment = { memberId: string; memberAssignment: Buffer }

/** What a member sends to the leader. */
export type GroupState = { name: string; metadata: Buffer }

/** Divides the partitions of a group, as its leader; members agree on one by its name. */
export type Assigner = {
  /** Its name, which all members of the group have to know. */
  name: string
  /** The version of the format. */
  version: number
  /** Divides the partitions of these topics. */
  assign(group: { members: GroupMember[]; topics: string[] }): Promise<GroupMemberAssignment[]>
  /** What this member sends to the leader. */
  protocol(subscription: { topics: string[] }): GroupState
  /** Not in kafkajs: one of isokafka's balancers, which divides in place of the two above. */
  balancer?: Omit<GroupBalancer, 'wire'> & { wire?: BalancerWire }
}

/** What a member tells the leader. */
export type MemberMetadata = { version: number; topics: string[]; userData: Buffer }

/** What a member is given. */
export type MemberAssignment = { version: number; assignment: Assignment; userData: Buffer }

/** A format. */
export interface ISerializer<T> {
  /** The bytes of a value. */
  encode(value: T): Buffer
  /** The value of bytes; null where there is none. */
  decode(buffer: Buffer): T | null
}

/** A message of before Kafka 0.11. */
export interface MessageSetEntry {
  /** What the partition is chosen by; null for none. */
  key: Buffer | null
  /** The content; null deletes the key in a compacted topic. */
  value: Buffer | null
  /** Milliseconds since 1970, as text. */
  timestamp: string
  /** As the record has them; 0 in all records so far. */
  attributes: number
  /** The offset, as text. */
  offset: string
  /** The record's bytes. */
  size: number
  /** There are none in old formats. */
  headers?: never
}

/** A message. */
export interface RecordBatchEntry {
  /** What the partition is chosen by; null for none. */
  key: Buffer | null
  /** The content; null deletes the key in a compacted topic. */
  value: Buffer | null
  /** Milliseconds since 1970, as text. */
  timestamp: string
  /** As the record has them; 0 in all records so far. */
  attributes: number
  /** The offset, as text. */
  offset: string
  /** Headers by name; several of one name are a list. */
  headers: IHeaders
  /** Of old formats alone. */
  size?: never
}

/** A message that was read. */
export type KafkaMessage = MessageSetEntry | RecordBatchEntry

/** What was fetched of one partition at once. */
export type Batch = {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** One past the partition's last offset, when this was fetched. */
  highWatermark: string
  /** What is handed out, in the order of offsets. */
  messages: KafkaMessage[]
  /** Whether nothing of it is handed out. */
  isEmpty(): boolean
  /** The offset of the first message, as text; where the fetch began if there is none. */
  firstOffset(): string | null
  /** Of the last record, be that one that is not handed out. */
  lastOffset(): string
  /** From the last offset to the partition's end … */
  offsetLag(): string
  /** … and from the first. */
  offsetLagLow(): string
}

/** What a consumer tells of, by the names that `on` takes. */
export type ConsumerEvents = {
  /** The coordinator heard of the member. */
  HEARTBEAT: 'consumer.heartbeat'
  /** Positions were committed. */
  COMMIT_OFFSETS: 'consumer.commit_offsets'
  /** The member joined, and was given partitions. */
  GROUP_JOIN: 'consumer.group_join'
  /** A broker is asked for messages. */
  FETCH_START: 'consumer.fetch_start'
  /** A broker answered. */
  FETCH: 'consumer.fetch'
  /** A batch is given to the handler. */
  START_BATCH_PROCESS: 'consumer.start_batch_process'
  /** The handler is done with a batch. */
  END_BATCH_PROCESS: 'consumer.end_batch_process'
  /** It connected. */
  CONNECT: 'consumer.connect'
  /** It disconnected. */
  DISCONNECT: 'consumer.disconnect'
  /** The consumer stopped. */
  STOP: 'consumer.stop'
  /** The consumer ended by an error. */
  CRASH: 'consumer.crash'
  /** The group is being divided anew. */
  REBALANCING: 'consumer.rebalancing'
  /** The member was given topics that it did not subscribe to. */
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics'
  /** A request was answered. */
  REQUEST: 'consumer.network.request'
  /** A request got no answer in time. */
  REQUEST_TIMEOUT: 'consumer.network.request_timeout'
  /** How many requests wait. */
  REQUEST_QUEUE_SIZE: 'consumer.network.request_queue_size'
}

/** The coordinator heard of the member. */
export type ConsumerHeartbeatEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
}>
/** Positions were committed. */
export type ConsumerCommitOffsetsEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
  topics: TopicOffsets[]
}>
/** Partitions by topic. */
export interface IMemberAssignment {
  [key: string]: number[]
}
/** The member joined, and was given partitions. `duration` in milliseconds. */
export type ConsumerGroupJoinEvent = InstrumentationEvent<{
  duration: number
  groupId: string
  isLeader: boolean
  leaderId: string
  groupProtocol: string
  memberId: string
  memberAssignment: IMemberAssignment
}>
/** A broker is asked for messages. */
export type ConsumerFetchStartEvent = InstrumentationEvent<{ nodeId: number }>
/** A broker answered. `duration` in milliseconds. */
export type ConsumerFetchEvent = InstrumentationEvent<{
  /** Always 0, as in kafkajs. */
  numberOfBatches: number
  duration: number
  nodeId: number
}>
/** A batch that a handler is given. */
export interface IBatchProcessEvent {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** One past the partition's last offset, as text. */
  highWatermark: string
  /** From the last offset to the partition's end, as text. */
  offsetLag: string
  /** From the first offset to the partition's end, as text. */
  offsetLagLow: string
  /** Messages in the batch. */
  batchSize: number
  /** The offset of the first message, as text; null for none. */
  firstOffset: string
  /** The offset of the last message, as text. */
  lastOffset: string
}
/** A batch is given to the handler. */
export type ConsumerStartBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent>
/** The handler is done with a batch. `duration` in milliseconds. */
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent & { duration: number }>
/** The consumer ended by an error; `restart`: it begins anew by itself. */
export type ConsumerCrashEvent = InstrumentationEvent<{ error: Error; groupId: string; restart: boolean }>
/** The group is being divided anew. */
export type ConsumerRebalancingEvent = InstrumentationEvent<{ groupId: string; memberId: string }>
/** The member was given topics that it did not subscribe to. */
export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<{
  groupId: string
  generationId: number
  memberId: string
  assignedTopics: string[]
  topicsSubscribed: string[]
  topicsNotSubscribed: string[]
}>

/** Positions by topic. */
export interface OffsetsByTopicPartition {
  /** Topic by topic. */
  topics: TopicOffsets[]
}

/** A message, and what its handler may do. */
export interface EachMessagePayload {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** The message. */
  message: KafkaMessage
  /** Rejects while the group is being divided: what is done from then on may be another's. */
  heartbeat(): Promise<void>
  /** Pauses the partition; the answer resumes it. */
  pause(): () => void
}

/** A batch, and what its handler may do. */
export interface EachBatchPayload {
  /** The batch. */
  batch: Batch
  /** This message and all before it are done with. */
  resolveOffset(offset: string): void
  /** Rejects while the group is being divided; else nothing is needed. */
  heartbeat(): Promise<void>
  /** Pauses the partition; the answer resumes it. */
  pause(): () => void
  /** Commits these; without them what is resolved, if the interval or the threshold is reached. */
  commitOffsetsIfNecessary(offsets?: Offsets): Promise<void>
  /** What is resolved and not committed. */
  uncommittedOffsets(): OffsetsByTopicPartition
  /** Whether the consumer goes on. */
  isRunning(): boolean
  /** The partition was sought elsewhere, or is another member's: what is left of the batch is not to be handled. */
  isStale(): boolean
}

/** The same as EachMessagePayload. */
export type ConsumerEachMessagePayload = EachMessagePayload
/** The same as EachBatchPayload. */
export type ConsumerEachBatchPayload = EachBatchPayload
/** Handles a batch. Where it rejects the batch is handed out again. */
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>
/** Handles a message. Where it rejects the message is handed out again. */
export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void>

/** How to consume. */
export type ConsumerRunConfig = {
  /** Commits what is resolved: after each batch, and by the two below. Default true. */
  autoCommit?: boolean
  /** Milliseconds. Default none. */
  autoCommitInterval?: number | null
  /** Messages. Default none. */
  autoCommitThreshold?: number | null
  /** A batch whose handler returned is resolved. Default true. */
  eachBatchAutoResolve?: boolean
  /** Default 1. */
  partitionsConsumedConcurrently?: number
  /** Handles batches. */
  eachBatch?: EachBatchHandler
  /** Handles messages, where there is no `eachBatch`. */
  eachMessage?: EachMessageHandler
}

/** @deprecated Use `topics`. */
export type ConsumerSubscribeTopic = {
  /** A name, or a pattern of names. */
  topic: string | RegExp
  /** Where a group begins that has committed nothing. Default false: at the end. */
  fromBeginning?: boolean
}
/**
 * Topics by name or pattern. `fromBeginning`: where a group begins that has committed nothing; default false, the end.
 */
export type ConsumerSubscribeTopics = {
  /** Names, or patterns of names. */
  topics: (string | RegExp)[]
  /** Where a group begins that has committed nothing. Default false: at the end. */
  fromBeginning?: boolean
}

/** Reads as a member of a group. */
export type Consumer = {
  /** Connects; more calls change nothing. */
  connect(): Promise<void>
  /** Stops, leaves the group and disconnects. */
  disconnect(): Promise<void>
  /** Adds topics, before `run`. */
  subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void>
  /** Lets the handlers under way end, commits and leaves the group. */
  stop(): Promise<void>
  /** Joins the group and has the handler called, from then on. */
  run(config?: ConsumerRunConfig): Promise<void>
  /** Commits positions: of the next message to read. */
  commitOffsets(topicPartitions: Array<TopicPartitionOffsetAndMetadata>): Promise<void>
  /** Goes on at another offset of a partition. */
  seek(topicPartitionOffset: TopicPartitionOffset): void
  /** The group, in full. */
  describeGroup(): Promise<GroupDescription>
  /** Reads no more of these, until they are resumed. Default: all partitions of the topic. */
  pause(topics: Array<{ topic: string; partitions?: number[] }>): void
  /** What is paused. */
  paused(): TopicPartitions[]
  /** Reads these again. Default: all partitions of the topic. */
  resume(topics: Array<{ topic: string; partitions?: number[] }>): void
  /** Has the listener told of events of one name; the answer ends that. */
  on(
    eventName: ConsumerEvents['HEARTBEAT'],
    listener: (event: ConsumerHeartbeatEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['COMMIT_OFFSETS'],
    listener: (event: ConsumerCommitOffsetsEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['GROUP_JOIN'],
    listener: (event: ConsumerGroupJoinEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['FETCH_START'],
    listener: (event: ConsumerFetchStartEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['FETCH'],
    listener: (event: ConsumerFetchEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['START_BATCH_PROCESS'],
    listener: (event: ConsumerStartBatchProcessEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['END_BATCH_PROCESS'],
    listener: (event: ConsumerEndBatchProcessEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['CONNECT'],
    listener: (event: ConnectEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['DISCONNECT'],
    listener: (event: DisconnectEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['STOP'],
    listener: (event: InstrumentationEvent<null>) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['CRASH'],
    listener: (event: ConsumerCrashEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['REBALANCING'],
    listener: (event: ConsumerRebalancingEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['RECEIVED_UNSUBSCRIBED_TOPICS'],
    listener: (event: ConsumerReceivedUnsubcribedTopicsEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['REQUEST'],
    listener: (event: RequestEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['REQUEST_TIMEOUT'],
    listener: (event: RequestTimeoutEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ConsumerEvents['REQUEST_QUEUE_SIZE'],
    listener: (event: RequestQueueSizeEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ValueOf<ConsumerEvents>,
    // biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type: a listener of any event takes any payload.
    listener: (event: InstrumentationEvent<any>) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  /** Its logger. */
  logger(): Logger
  /** The names of what `on` tells of. */
  readonly events: ConsumerEvents
}
