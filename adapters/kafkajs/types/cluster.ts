import type { CompressionTypes } from '../constants.ts'
import type { PartitionReassignment } from './admin.ts'
import type { PartitionMetadata, TopicOffsets, TopicPartitions } from './common.ts'
import type { Message } from './producer.ts'

// What kafkajs's own types name of its inside, of which assigners are given a Cluster, and of that Brokers.

/** What brokers tell of a cluster. */
export interface BrokerMetadata {
  /** The brokers. */
  brokers: Array<{ nodeId: number; host: string; port: number; rack?: string }>
  /** The topics. */
  topicMetadata: Array<{ topicErrorCode: number; topic: string; partitionMetadata: PartitionMetadata[] }>
}

/** The versions that a broker speaks, by the number of the API. */
export interface ApiVersions {
  [apiKey: number]: { minVersion: number; maxVersion: number }
}

/** A group's coordinator. */
export interface CoordinatorMetadata {
  /** Kafka's number of what went wrong; 0 for nothing. */
  errorCode: number
  /** The broker. */
  coordinator: { nodeId: number; host: string; port: number }
}

/** Its answers are untyped in kafkajs, too. */
// biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type.
type Anything = any

/** Here `offsetCommit`, `fetch`, `produce` and what reassigns partitions reject with a KafkaJSNotImplemented. */
export type Broker = {
  /** Whether it is connected. */
  isConnected(): boolean
  /** Connects. */
  connect(): Promise<void>
  /** Ends what is under way and disconnects. */
  disconnect(): Promise<void>
  /** The versions that it speaks. */
  apiVersions(): Promise<ApiVersions>
  /** What it tells of topics. */
  metadata(topics: string[]): Promise<BrokerMetadata>
  /** Groups in full. */
  describeGroups: (options: { groupIds: string[] }) => Promise<Anything>
  /** Stores positions of a group. */
  offsetCommit(request: {
    groupId: string
    groupGenerationId: number
    memberId: string
    retentionTime?: number
    topics: TopicOffsets[]
  }): Promise<Anything>
  /** The positions that a group has stored. */
  offsetFetch(request: { groupId: string; topics: TopicOffsets[] }): Promise<{ responses: TopicOffsets[] }>
  /** Reads partitions. */
  fetch(request: {
    replicaId?: number
    isolationLevel?: number
    maxWaitTime?: number
    minBytes?: number
    maxBytes?: number
    topics: Array<{
      topic: string
      partitions: Array<{ partition: number; fetchOffset: string; maxBytes: number }>
    }>
    rackId?: string
  }): Promise<Anything>
  /** Writes to partitions. */
  produce(request: {
    topicData: Array<{
      topic: string
      partitions: Array<{ partition: number; firstSequence?: number; messages: Message[] }>
    }>
    transactionalId?: string
    producerId?: number
    producerEpoch?: number
    acks?: number
    timeout?: number
    compression?: CompressionTypes
  }): Promise<Anything>
  /** Moves replicas. */
  alterPartitionReassignments(request: { topics: PartitionReassignment[]; timeout?: number }): Promise<Anything>
  /** The moves that go on. */
  listPartitionReassignments(request: { topics?: TopicPartitions[]; timeout?: number }): Promise<Anything>
}

/** kafkajs's own view of a group. Nobody is given one here. */
export type ConsumerGroup = {
  /** The group's id. */
  groupId: string
  /** Counts the rounds in which the group was divided. */
  generationId: number
  /** The member's id, as the coordinator gave it. */
  memberId: string
  /** The group's coordinator. */
  coordinator: Broker
}

/** What assigners know of the cluster. */
export type Cluster = {
  /** The ids of the brokers that are known. */
  getNodeIds(): number[]
  /** What is known of the brokers and of its topics. */
  metadata(): Promise<BrokerMetadata>
  /** Changes nothing here: brokers come and go as metadata says. */
  removeBroker(options: { host: string; port: number }): void
  /** Has it know of these topics, too. */
  addMultipleTargetTopics(topics: string[]): Promise<void>
  /** Whether anything is known of the cluster yet. */
  isConnected(): boolean
  /** Connects; more calls change nothing. */
  connect(): Promise<void>
  /** Changes nothing here: the connection is the consumer's. */
  disconnect(): Promise<void>
  /** Asks the brokers anew. */
  refreshMetadata(): Promise<void>
  /** Changes nothing here: metadata is kept young without it. */
  refreshMetadataIfNecessary(): Promise<void>
  /** Has it know of this topic, too. */
  addTargetTopic(topic: string): Promise<void>
  /** Rejects with a KafkaJSBrokerNotFound. */
  findBroker(node: { nodeId: string }): Promise<Broker>
  /** The broker that is the controller. */
  findControllerBroker(): Promise<Broker>
  /** As last heard of; [] for a topic that is not known. */
  findTopicPartitionMetadata(topic: string): PartitionMetadata[]
  /** Partitions by the id of their leader, of those that are known. */
  findLeaderForPartitions(topic: string, partitions: number[]): { [leader: string]: number[] }
  /** The broker that coordinates a group. */
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>
  /** A group's coordinator. */
  findGroupCoordinatorMetadata(group: { groupId: string }): Promise<CoordinatorMetadata>
  /** The number that stands for an end of a partition: -2 for its beginning, -1 for its end. */
  defaultOffset(config: { fromBeginning: boolean }): number
  /** Of the partitions that are known; '-1' where nothing is as young as `fromTimestamp`. */
  fetchTopicsOffset(
    topics: Array<
      { topic: string; partitions: Array<{ partition: number }> } & (
        | { fromBeginning: boolean; fromTimestamp?: never }
        | { fromTimestamp: number; fromBeginning?: never }
      )
    >,
  ): Promise<TopicOffsets[]>
}
