import type {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  ConfigSource,
  ResourcePatternTypes,
} from '../constants.ts'
import type { KafkaJSProtocolError } from '../errors.ts'
import type {
  ConnectEvent,
  DisconnectEvent,
  InstrumentationEvent,
  Logger,
  PartitionMetadata,
  PartitionOffset,
  RemoveInstrumentationEventListener,
  RequestEvent,
  RequestQueueSizeEvent,
  RequestTimeoutEvent,
  RetryOptions,
  TopicPartitions,
  ValueOf,
} from './common.ts'

/** Settings of an admin; all optional. */
export interface AdminConfig {
  /** Laid over the Kafka's own. */
  retry?: RetryOptions
}

/** A topic to make. */
export interface ITopicConfig {
  /** The topic's name. */
  topic: string
  /** Default -1: as the broker is set. */
  numPartitions?: number
  /** Default -1: as the broker is set. */
  replicationFactor?: number
  /** Brokers by partition, in place of the two numbers above. */
  replicaAssignment?: ReplicaAssignment[]
  /** Settings. Default: none. */
  configEntries?: IResourceConfigEntry[]
}

/** How many partitions a topic is to have, those that are there included. */
export interface ITopicPartitionConfig {
  /** The topic's name. */
  topic: string
  /** How many there are to be. */
  count: number
  /** The brokers of each new partition, the preferred leader first; by default the cluster chooses. */
  assignments?: Array<Array<number>>
}

/** A topic and its partitions. */
export interface ITopicMetadata {
  /** Its name. */
  name: string
  /** The partitions. */
  partitions: PartitionMetadata[]
}

/** Where a partition is to be. */
export interface ReplicaAssignment {
  /** The number of the partition. */
  partition: number
  /** Broker ids, the preferred leader first. */
  replicas: Array<number>
}

/** Where partitions of a topic are to be. */
export interface PartitionReassignment {
  /** The topic's name. */
  topic: string
  /** Partition by partition. */
  partitionAssignment: Array<ReplicaAssignment>
}

/** A resource whose settings are wanted. */
export interface ResourceConfigQuery {
  /** What kind of thing it is. */
  type: ConfigResourceTypes
  /** A topic's name, a broker's id. */
  name: string
  /** Default: all. */
  configNames?: string[]
}

/** A setting of a resource. */
export interface ConfigEntries {
  /** The setting's name, as 'retention.ms'. */
  configName: string
  /** The value, as text. */
  configValue: string
  /** Whether it is set nowhere. */
  isDefault: boolean
  /** Where it is set. */
  configSource: ConfigSource
  /** Whether it is a secret, whose value is not told. */
  isSensitive: boolean
  /** Whether it can't be changed while the broker runs. */
  readOnly: boolean
  /** The values that it has in other places, the present one first. */
  configSynonyms: ConfigSynonyms[]
}

/** A value that a setting has somewhere, and where. */
export interface ConfigSynonyms {
  /** The setting's name, as 'retention.ms'. */
  configName: string
  /** The value, as text. */
  configValue: string
  /** Where it is set. */
  configSource: ConfigSource
}

/** Settings of resources. */
export interface DescribeConfigResponse {
  /** The resources asked for. */
  resources: {
    configEntries: ConfigEntries[]
    errorCode: number
    errorMessage: string
    resourceName: string
    resourceType: ConfigResourceTypes
  }[]
  /** Milliseconds the broker held the request back for. */
  throttleTime: number
}

/** A setting and its value. */
export interface IResourceConfigEntry {
  /** The setting's name, as 'retention.ms'. */
  name: string
  /** The value, as text. */
  value: string
}

/** All settings of one resource. */
export interface IResourceConfig {
  /** What kind of thing it is. */
  type: ConfigResourceTypes
  /** Its name. */
  name: string
  /** The settings. */
  configEntries: IResourceConfigEntry[]
}

/** What an admin tells of, by the names that `on` takes. */
export type AdminEvents = {
  /** It connected. */
  CONNECT: 'admin.connect'
  /** It disconnected. */
  DISCONNECT: 'admin.disconnect'
  /** A request was answered. */
  REQUEST: 'admin.network.request'
  /** A request got no answer in time. */
  REQUEST_TIMEOUT: 'admin.network.request_timeout'
  /** How many requests wait. */
  REQUEST_QUEUE_SIZE: 'admin.network.request_queue_size'
}

/** An offset of a partition. */
export type SeekEntry = PartitionOffset

/** Where a group is in a partition. */
export type FetchOffsetsPartition = PartitionOffset & { metadata: string | null }

/** A rule: who may do what, or may not. */
export interface Acl {
  /** As 'User:alice'. */
  principal: string
  /** The address it is about; '*' for all. */
  host: string
  /** What it allows or denies. */
  operation: AclOperationTypes
  /** Whether it allows or denies. */
  permissionType: AclPermissionTypes
}

/** What a rule is about. */
export interface AclResource {
  /** What kind of thing it is. */
  resourceType: AclResourceTypes
  /** Its name. */
  resourceName: string
  /** How the name is meant. */
  resourcePatternType: ResourcePatternTypes
}

/** A rule, and what it is about. */
export type AclEntry = Acl & AclResource

/** A resource and the rules about it. */
export type DescribeAclResource = AclResource & {
  /** The rules. */
  acls: Acl[]
}

/** Rules that match. */
export interface DescribeAclResponse {
  /** Milliseconds the broker held the request back for. */
  throttleTime: number
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode: number
  /** The broker's words for it, if there are any. */
  errorMessage?: string
  /** What they are about, and the rules. */
  resources: DescribeAclResource[]
}

/** Names that are left out match all. */
export interface AclFilter {
  /** What kind of thing it is. */
  resourceType: AclResourceTypes
  /** Default: any. */
  resourceName?: string
  /** How the name is meant. */
  resourcePatternType: ResourcePatternTypes
  /** Default: anyone. */
  principal?: string
  /** Default: any. */
  host?: string
  /** What it allows or denies. */
  operation: AclOperationTypes
  /** Whether it allows or denies. */
  permissionType: AclPermissionTypes
}

/** A rule that was deleted, or could not be. */
export interface MatchingAcl {
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode: number
  /** The broker's words for it, if there are any. */
  errorMessage?: string
  /** What kind of thing it is. */
  resourceType: AclResourceTypes
  /** Its name. */
  resourceName: string
  /** How the name is meant. */
  resourcePatternType: ResourcePatternTypes
  /** Whom it is about, as 'User:alice'. */
  principal: string
  /** The address it is about; '*' for all. */
  host: string
  /** What it allows or denies. */
  operation: AclOperationTypes
  /** Whether it allows or denies. */
  permissionType: AclPermissionTypes
}

/** What came of one filter. */
export interface DeleteAclFilterResponses {
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode: number
  /** The broker's words for it, if there are any. */
  errorMessage?: string
  /** The rules that it matched. */
  matchingAcls: MatchingAcl[]
}

/** What came of each filter. */
export interface DeleteAclResponse {
  /** Milliseconds the broker held the request back for. */
  throttleTime: number
  /** In the order of the filters. */
  filterResponses: DeleteAclFilterResponses[]
}

/** Moves that go on. */
export interface ListPartitionReassignmentsResponse {
  /** Topic by topic. */
  topics: OngoingTopicReassignment[]
}

/** Moves of a topic. */
export interface OngoingTopicReassignment {
  /** The topic's name. */
  topic: string
  /** The partitions. */
  partitions: OngoingPartitionReassignment[]
}

/** A move of a partition. */
export interface OngoingPartitionReassignment {
  /** The number of the partition. */
  partitionIndex: number
  /** Who has it, by broker id. */
  replicas: number[]
  /** Those that come, by broker id. */
  addingReplicas?: number[]
  /** Those that go, by broker id. */
  removingReplicas?: number[]
}

/** A member of a group. */
export type MemberDescription = {
  /** Where the client connects from. */
  clientHost: string
  /** What the client calls itself. */
  clientId: string
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** What it was given, as encoded by its assigner. */
  memberAssignment: Buffer
  /** What it told the leader, as encoded by its assigner. */
  memberMetadata: Buffer
}

/** How a group stands. */
export type ConsumerGroupState = 'Unknown' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'Empty'

/** A group, in full. */
export type GroupDescription = {
  /** The group's id. */
  groupId: string
  /** Its members. */
  members: MemberDescription[]
  /** The way partitions are divided, as its members call it. */
  protocol: string
  /** 'consumer' for groups of consumers. */
  protocolType: string
  /** How it stands. */
  state: ConsumerGroupState
}

/** Groups, in full. */
export type GroupDescriptions = {
  /** The groups. */
  groups: GroupDescription[]
}

/** A group that is there. */
export type GroupOverview = {
  /** The group's id. */
  groupId: string
  /** 'consumer' for groups of consumers. */
  protocolType: string
}

/** What came of one group. */
export type DeleteGroupsResult = {
  /** The group's id. */
  groupId: string
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode?: number
  /** Why it is still there. */
  error?: KafkaJSProtocolError
}

/** Times are milliseconds. Arguments that can't be meant are KafkaJSNonRetriableErrors. */
export type Admin = {
  /** Connects; more calls change nothing. */
  connect(): Promise<void>
  /** Ends what is under way and disconnects. */
  disconnect(): Promise<void>
  /** The names of all topics. */
  listTopics(): Promise<string[]>
  /** True for topics made, false if all of them were there already; a KafkaJSAggregateError for others. */
  createTopics(options: {
    /** True: check only, make nothing. */
    validateOnly?: boolean
    /** Whether to wait until each partition has a leader. Default true. */
    waitForLeaders?: boolean
    /** Default 5,000. */
    timeout?: number
    topics: ITopicConfig[]
  }): Promise<boolean>
  /** Deletes topics; rejects when any could not be. `timeout` in milliseconds, default 5,000. */
  deleteTopics(options: { topics: string[]; timeout?: number }): Promise<void>
  /** Makes topics have more partitions; rejects when any could not. `timeout` in milliseconds, default 5,000. */
  createPartitions(options: {
    validateOnly?: boolean
    timeout?: number
    topicPartitions: ITopicPartitionConfig[]
  }): Promise<boolean>
  /** Default: all topics. */
  fetchTopicMetadata(options?: { topics: string[] }): Promise<{ topics: Array<ITopicMetadata> }>
  /** The positions that a group has stored, -1 for none. Default: those of all topics. */
  fetchOffsets(options: {
    groupId: string
    topics?: string[]
    /** True: what stands for an end of a partition becomes that offset, and is stored. */
    resolveOffsets?: boolean
  }): Promise<Array<{ topic: string; partitions: FetchOffsetsPartition[] }>>
  /** The ends of each partition of a topic: `offset` and `high` the last one, `low` the first. */
  fetchTopicOffsets(topic: string): Promise<Array<SeekEntry & { high: string; low: string }>>
  /** Of the first messages that are not older, or the ends. Default: the ends. */
  fetchTopicOffsetsByTimestamp(topic: string, timestamp?: number): Promise<Array<SeekEntry>>
  /** The brokers, the controller and the id of the cluster. */
  describeCluster(): Promise<{
    brokers: Array<{ nodeId: number; host: string; port: number }>
    controller: number | null
    clusterId: string
  }>
  /** Stores positions for a group, which must have no members. */
  setOffsets(options: { groupId: string; topic: string; partitions: SeekEntry[] }): Promise<void>
  /** Stores an end of each partition for a group, which must have no members. Default: the last. */
  resetOffsets(options: { groupId: string; topic: string; earliest: boolean }): Promise<void>
  /** The settings of resources. */
  describeConfigs(configs: {
    resources: ResourceConfigQuery[]
    includeSynonyms: boolean
  }): Promise<DescribeConfigResponse>
  /** Replaces all settings of the resources: those not named go back to their defaults. */
  // biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type.
  alterConfigs(configs: { validateOnly: boolean; resources: IResourceConfig[] }): Promise<any>
  /** The groups that there are. */
  listGroups(): Promise<{ groups: GroupOverview[] }>
  /** Rejects with a KafkaJSDeleteGroupsError that names those which could not be deleted. */
  deleteGroups(groupIds: string[]): Promise<DeleteGroupsResult[]>
  /** Groups in full. */
  describeGroups(groupIds: string[]): Promise<GroupDescriptions>
  /** The rules that a filter matches. */
  describeAcls(options: AclFilter): Promise<DescribeAclResponse>
  /** Deletes the rules that filters match. */
  deleteAcls(options: { filters: AclFilter[] }): Promise<DeleteAclResponse>
  /** Adds rules. True, or it rejects. */
  createAcls(options: { acl: AclEntry[] }): Promise<boolean>
  /** Deletes what is before the offsets; all for '-1'. */
  deleteTopicRecords(options: { topic: string; partitions: SeekEntry[] }): Promise<void>
  /** Moves replicas; rejects when any move was refused. */
  alterPartitionReassignments(request: { topics: PartitionReassignment[]; timeout?: number }): Promise<void>
  /** The moves that go on. Default: all. */
  listPartitionReassignments(request: {
    topics?: TopicPartitions[]
    timeout?: number
  }): Promise<ListPartitionReassignmentsResponse>
  /** Its logger. */
  logger(): Logger
  /** Has the listener told of events of one name; the answer ends that. */
  on(
    eventName: AdminEvents['CONNECT'],
    listener: (event: ConnectEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: AdminEvents['DISCONNECT'],
    listener: (event: DisconnectEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: AdminEvents['REQUEST'],
    listener: (event: RequestEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: AdminEvents['REQUEST_QUEUE_SIZE'],
    listener: (event: RequestQueueSizeEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: AdminEvents['REQUEST_TIMEOUT'],
    listener: (event: RequestTimeoutEvent) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  on(
    eventName: ValueOf<AdminEvents>,
    // biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type.
    listener: (event: InstrumentationEvent<any>) => void,
  ): RemoveInstrumentationEventListener<typeof eventName>
  /** The names of what `on` tells of. */
  readonly events: AdminEvents
}
