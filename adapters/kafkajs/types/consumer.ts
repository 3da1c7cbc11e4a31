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
export type RebalanceCallback = (event: RebalanceEvent) => void | Promise<void>

export type PartitionAssigner = (config: { cluster: Cluster; groupId: string; logger: Logger }) => Assigner

export type Assignment = { [topic: string]: number[] }

export type GroupMember = { memberId: string; memberMetadata: Buffer }

export type GroupMemberAssignment = { memberId: string; memberAssignment: Buffer }

export type GroupState = { name: string; metadata: Buffer }

/** Divides the partitions of a group, as its leader; members agree on one by its name. */
export type Assigner = {
  name: string
  version: number
  assign(group: { members: GroupMember[]; topics: string[] }): Promise<GroupMemberAssignment[]>
  /** What this member sends to the leader. */
  protocol(subscription: { topics: string[] }): GroupState
  /** Not in kafkajs: one of isokafka's balancers, which divides in place of the two above. */
  balancer?: Omit<GroupBalancer, 'wire'> & { wire?: BalancerWire }
}

export type MemberMetadata = { version: number; topics: string[]; userData: Buffer }

export type MemberAssignment = { version: number; assignment: Assignment; userData: Buffer }

export interface ISerializer<T> {
  encode(value: T): Buffer
  decode(buffer: Buffer): T | null
}

/** A message of before Kafka 0.11. */
export interface MessageSetEntry {
  key: Buffer | null
  value: Buffer | null
  timestamp: string
  attributes: number
  offset: string
  size: number
  headers?: never
}

export interface RecordBatchEntry {
  key: Buffer | null
  value: Buffer | null
  timestamp: string
  attributes: number
  offset: string
  headers: IHeaders
  size?: never
}

export type KafkaMessage = MessageSetEntry | RecordBatchEntry

/** What was fetched of one partition at once. */
export type Batch = {
  topic: string
  partition: number
  /** One past the partition's last offset, when this was fetched. */
  highWatermark: string
  messages: KafkaMessage[]
  isEmpty(): boolean
  firstOffset(): string | null
  /** Of the last record, be that one that is not handed out. */
  lastOffset(): string
  /** From the last offset to the partition's end … */
  offsetLag(): string
  /** … and from the first. */
  offsetLagLow(): string
}

export type ConsumerEvents = {
  HEARTBEAT: 'consumer.heartbeat'
  COMMIT_OFFSETS: 'consumer.commit_offsets'
  GROUP_JOIN: 'consumer.group_join'
  FETCH_START: 'consumer.fetch_start'
  FETCH: 'consumer.fetch'
  START_BATCH_PROCESS: 'consumer.start_batch_process'
  END_BATCH_PROCESS: 'consumer.end_batch_process'
  CONNECT: 'consumer.connect'
  DISCONNECT: 'consumer.disconnect'
  STOP: 'consumer.stop'
  CRASH: 'consumer.crash'
  REBALANCING: 'consumer.rebalancing'
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics'
  REQUEST: 'consumer.network.request'
  REQUEST_TIMEOUT: 'consumer.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'consumer.network.request_queue_size'
}

export type ConsumerHeartbeatEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
}>
export type ConsumerCommitOffsetsEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
  topics: TopicOffsets[]
}>
export interface IMemberAssignment {
  [key: string]: number[]
}
export type ConsumerGroupJoinEvent = InstrumentationEvent<{
  duration: number
  groupId: string
  isLeader: boolean
  leaderId: string
  groupProtocol: string
  memberId: string
  memberAssignment: IMemberAssignment
}>
export type ConsumerFetchStartEvent = InstrumentationEvent<{ nodeId: number }>
export type ConsumerFetchEvent = InstrumentationEvent<{
  /** Always 0, as in kafkajs. */
  numberOfBatches: number
  duration: number
  nodeId: number
}>
export interface IBatchProcessEvent {
  topic: string
  partition: number
  highWatermark: string
  offsetLag: string
  offsetLagLow: string
  batchSize: number
  firstOffset: string
  lastOffset: string
}
export type ConsumerStartBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent>
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent & { duration: number }>
export type ConsumerCrashEvent = InstrumentationEvent<{ error: Error; groupId: string; restart: boolean }>
export type ConsumerRebalancingEvent = InstrumentationEvent<{ groupId: string; memberId: string }>
export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<{
  groupId: string
  generationId: number
  memberId: string
  assignedTopics: string[]
  topicsSubscribed: string[]
  topicsNotSubscribed: string[]
}>

export interface OffsetsByTopicPartition {
  topics: TopicOffsets[]
}

export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  /** Rejects while the group is being divided: what is done from then on may be another's. */
  heartbeat(): Promise<void>
  /** Pauses the partition; the answer resumes it. */
  pause(): () => void
}

export interface EachBatchPayload {
  batch: Batch
  /** This message and all before it are done with. */
  resolveOffset(offset: string): void
  heartbeat(): Promise<void>
  pause(): () => void
  /** Commits these; without them what is resolved, if the interval or the threshold is reached. */
  commitOffsetsIfNecessary(offsets?: Offsets): Promise<void>
  uncommittedOffsets(): OffsetsByTopicPartition
  isRunning(): boolean
  /** The partition was sought elsewhere, or is another member's: what is left of the batch is not to be handled. */
  isStale(): boolean
}

export type ConsumerEachMessagePayload = EachMessagePayload
export type ConsumerEachBatchPayload = EachBatchPayload
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>
export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void>

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
  eachBatch?: EachBatchHandler
  eachMessage?: EachMessageHandler
}

/** @deprecated Use `topics`. */
export type ConsumerSubscribeTopic = { topic: string | RegExp; fromBeginning?: boolean }
export type ConsumerSubscribeTopics = { topics: (string | RegExp)[]; fromBeginning?: boolean }

export type Consumer = {
  connect(): Promise<void>
  disconnect(): Promise<void>
  subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void>
  stop(): Promise<void>
  run(config?: ConsumerRunConfig): Promise<void>
  commitOffsets(topicPartitions: Array<TopicPartitionOffsetAndMetadata>): Promise<void>
  seek(topicPartitionOffset: TopicPartitionOffset): void
  describeGroup(): Promise<GroupDescription>
  pause(topics: Array<{ topic: string; partitions?: number[] }>): void
  paused(): TopicPartitions[]
  resume(topics: Array<{ topic: string; partitions?: number[] }>): void
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
  logger(): Logger
  readonly events: ConsumerEvents
}
