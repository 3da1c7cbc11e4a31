import type { Address } from '../base/address.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { BrokerGuess } from '../socket/guess.ts'
import type { Peer } from '../socket/peer.ts'
import type { BrokerInfo, TopicLayout } from './layout.ts'

/** What is remembered of a cluster from before, and is to be remembered of it. Nothing of it need be true. */
export interface ClusterRecall {
  /** Its id and its brokers; undefined where nothing is remembered. */
  readonly cluster: { readonly clusterId: string; readonly brokers: readonly BrokerInfo[] } | undefined
  /** A topic, and how old the news of it is, in milliseconds. */
  topic(name: string): { readonly layout: TopicLayout; readonly age: number } | undefined
  /** The broker id of a coordinator. */
  coordinator(key: string): number | undefined
  /** What the broker at host:port told of itself, for a connection to it; who listens is asked within so long. */
  guess(broker: string, peer: Peer, timeoutMs: number): BrokerGuess | undefined

  keepBrokers(clusterId: string | null, brokers: readonly BrokerInfo[]): void
  keepTopic(layout: TopicLayout): void
  dropTopic(name: string): void
  /** undefined: it is not known any more. */
  keepCoordinator(key: string, broker: number | undefined): void
  /** What a broker has told of itself when a connection was opened, once it has; `strange`: it is of another cluster. */
  note(connection: BrokerConnection, directory: { met(): void }, strange: () => void): void
  /** It was another cluster. */
  forget(): void
}

/** What is remembered of the cluster at this bootstrap list. */
export type Recall = (seeds: readonly Address[]) => ClusterRecall
