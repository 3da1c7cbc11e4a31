import type { CallOptions } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import type { BrokerInfo, TopicLayout } from './layout.ts'

export type CoordinatorKind = 'group' | 'transaction'

export interface TopicOptions extends CallOptions {
  /** Asks the broker to create the topic if it allows that, and waits until it has leaders. */
  create?: boolean
  /** Bounds the wait, in milliseconds. Default: the transport's `requestTimeout`. */
  timeoutMs?: number
}

/** One Kafka cluster as one Transport knows it: its brokers, the layouts of topics in use, coordinators and connections. */
export declare class Cluster {
  /** The layout of a topic as far as it is known, at once. A stale one is given too, and refreshed behind its back. */
  peek(topic: string): TopicLayout | undefined
  /** The layout of a topic, asking the cluster if need be. Rejects with the topic's KafkaError. */
  topic(name: string, options?: TopicOptions): Promise<TopicLayout>
  /** Asks anew, for these topics or for all in use: what to do upon NotLeaderForPartition and the like. Calls meanwhile share one request; tries are spaced by the backoff. */
  refresh(topics?: readonly string[], options?: CallOptions): Promise<void>
  /** Takes in a leader named by a produce or fetch response (KIP-951), if its epoch is news. */
  learnLeader(topic: string, partition: number, leaderId: number, leaderEpoch: number, endpoint?: BrokerInfo): void
  /** Brokers as last heard of. */
  brokers(): readonly BrokerInfo[]
  /** −1 until known. */
  readonly controllerId: number
  /** null until known. */
  readonly clusterId: string | null
  /** True when the adapter limits connections: lanes may then share one, so long polls must be short. */
  readonly lanesMerge: boolean
  /** An open connection out of the pool. Send on it at once; ask again for the next request, since it may be closed when idle. */
  connection(brokerId: number | 'any' | 'controller', lane: Lane, options?: ConnectionOptions): Promise<BrokerConnection>
  /** The broker id of a group's or transaction's coordinator; cached. */
  coordinator(kind: CoordinatorKind, key: string, options?: ConnectionOptions): Promise<number>
  /** What to do upon NotCoordinator, CoordinatorNotAvailable and lost connections. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void
}
