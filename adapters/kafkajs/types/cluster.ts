import type { CompressionTypes } from '../constants.ts'
import type { PartitionReassignment } from './admin.ts'
import type { PartitionMetadata, TopicOffsets, TopicPartitions } from './common.ts'
import type { Message } from './producer.ts'

// What kafkajs's own types name of its inside, of which assigners are given a Cluster, and of that Brokers.

export interface BrokerMetadata {
  brokers: Array<{ nodeId: number; host: string; port: number; rack?: string }>
  topicMetadata: Array<{ topicErrorCode: number; topic: string; partitionMetadata: PartitionMetadata[] }>
}

export interface ApiVersions {
  [apiKey: number]: { minVersion: number; maxVersion: number }
}

export interface CoordinatorMetadata {
  errorCode: number
  coordinator: { nodeId: number; host: string; port: number }
}

/** Its answers are untyped in kafkajs, too. */
// biome-ignore lint/suspicious/noExplicitAny: kafkajs's own type.
type Anything = any

/** Here `offsetCommit`, `fetch`, `produce` and what reassigns partitions reject with a KafkaJSNotImplemented. */
export type Broker = {
  isConnected(): boolean
  connect(): Promise<void>
  disconnect(): Promise<void>
  apiVersions(): Promise<ApiVersions>
  metadata(topics: string[]): Promise<BrokerMetadata>
  describeGroups: (options: { groupIds: string[] }) => Promise<Anything>
  offsetCommit(request: {
    groupId: string
    groupGenerationId: number
    memberId: string
    retentionTime?: number
    topics: TopicOffsets[]
  }): Promise<Anything>
  offsetFetch(request: { groupId: string; topics: TopicOffsets[] }): Promise<{ responses: TopicOffsets[] }>
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
  alterPartitionReassignments(request: { topics: PartitionReassignment[]; timeout?: number }): Promise<Anything>
  listPartitionReassignments(request: { topics?: TopicPartitions[]; timeout?: number }): Promise<Anything>
}

export type ConsumerGroup = {
  groupId: string
  generationId: number
  memberId: string
  coordinator: Broker
}

/** What assigners know of the cluster. */
export type Cluster = {
  getNodeIds(): number[]
  metadata(): Promise<BrokerMetadata>
  removeBroker(options: { host: string; port: number }): void
  addMultipleTargetTopics(topics: string[]): Promise<void>
  isConnected(): boolean
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  /** Rejects with a KafkaJSBrokerNotFound. */
  findBroker(node: { nodeId: string }): Promise<Broker>
  findControllerBroker(): Promise<Broker>
  /** As last heard of; [] for a topic that is not known. */
  findTopicPartitionMetadata(topic: string): PartitionMetadata[]
  /** Partitions by the id of their leader, of those that are known. */
  findLeaderForPartitions(topic: string, partitions: number[]): { [leader: string]: number[] }
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>
  findGroupCoordinatorMetadata(group: { groupId: string }): Promise<CoordinatorMetadata>
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
