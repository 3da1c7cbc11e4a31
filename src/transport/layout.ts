import type { IsoKafkaError } from '../base/errors.ts'
import type { KafkaError } from '../protocol/errors.ts'

/** A broker as the cluster's metadata tells of it. */
export interface BrokerInfo {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** A broker, in the terms of kafka-go. */
export interface Broker {
  /** A name or an address, as it is advertised. */
  host: string
  /** The port. */
  port: number
  /** The broker's id. */
  id: number
  /** Where it is, as `broker.rack` says; '' when it does not. */
  rack: string
}

/**
 * A topic as last heard of. Never changed in place: news makes a new layout, so identity tells whether anything is new.
 */
export interface TopicLayout {
  readonly name: string
  /**
   * KIP-516; `zeroUuid` when the broker gives none. Another id under the same name is another topic: it was deleted and
   * made anew.
   */
  readonly id: string
  /**
   * From a memory, and nobody has confirmed it: what the id was then. `id` is not known, nor are epochs and replicas.
   * Good for going ahead, for no decision that a refresh would not undo.
   */
  readonly recalledId?: string
  readonly internal: boolean
  /** By index, without a gap. */
  readonly partitions: readonly PartitionLayout[]
  /** A KafkaError that the broker told, or a ProtocolError for a list of partitions that can't be. */
  readonly error: IsoKafkaError | null
}

/** Whether it is merely remembered, from before this transport. */
export function isGuess({ recalledId }: TopicLayout): boolean {
  return recalledId !== undefined
}

export interface PartitionLayout {
  readonly index: number
  /** The leader's broker id; −1 when there is none. */
  readonly leader: number
  /** −1 when the broker tells none. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
  readonly error: KafkaError | null
}

/** A partition of a topic. */
export interface TopicPartition {
  /** The topic's name. */
  readonly topic: string
  /** The number of the partition. */
  readonly partition: number
}

/** Who leads a partition now, as an answer to a request for it tells (KIP-951). */
export interface LeaderHint {
  /** −1: not told. */
  readonly leaderId: number
  readonly leaderEpoch: number
  /** Where the brokers named in the answer are, the leader perhaps among them. */
  readonly endpoints: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

/** A partition with its brokers, in the terms of kafka-go: what group balancers are given. */
export interface Partition {
  /** The topic's name. */
  topic: string
  /** Its number. */
  id: number
  /** A broker that is not known any more keeps its id alone; no leader is id −1. */
  leader: Broker
  /** Who has it, the preferred leader first. */
  replicas: Broker[]
  /** Who has all of it. */
  isr: Broker[]
  /** Who has it and is not reachable. */
  offlineReplicas: Broker[]
  /** What the broker says is wrong with it; null for nothing. */
  error: KafkaError | null
}
