import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { SettingKinds } from '../base/settings.ts'
import type { Natives } from '../socket/socket.ts'
import type { BrokerSasl } from './access/sasl-config.ts'
import type { BrokerLimits } from './limits.ts'

/** A topic that is there from the start. */
export interface BrokerTopic {
  /** The topic's name. */
  name: string
  /** The broker's `numPartitions` by default. */
  partitions?: number
  /** As many as there are brokers, at most three, by default. */
  replicationFactor?: number
  /** Topic configs under Kafka's names: `retention.bytes`, `max.message.bytes`, `message.timestamp.type` … */
  configs?: Readonly<Record<string, string>>
}

/**
 * The versions of one API a broker tells and takes: a highest, a first and last, or null for an API it does not have.
 */
export type VersionCap = number | readonly [first: number, last: number] | null

/**
 * Everything is optional: `new Broker()` is one empty broker that creates topics as they are asked for. What makes no
 * sense is a ConfigError.
 */
export interface BrokerConfig {
  /** How many brokers the cluster has; 1. Their ids count from 1. */
  brokers?: number
  /**
   * The rack of each broker, in order (KIP-881). With the config `replica.selector.class` set to Kafka's
   * `org.apache.kafka.common.replica.RackAwareReplicaSelector` consumers are sent to a replica in theirs (KIP-392).
   */
  racks?: readonly string[]
  /** Topics that are there from the start. Default: none. */
  topics?: readonly BrokerTopic[]
  /** Whether asking for a topic's metadata creates it; true, as in Kafka. */
  autoCreateTopics?: boolean
  /** Partitions of a topic that does not say how many; 1. */
  numPartitions?: number
  /**
   * Bytes a partition keeps unless its topic says otherwise; 64 MiB. Its oldest segments go first; a segment holds an
   * eighth of it, 1 MiB at most.
   */
  retentionBytes?: number
  /**
   * Bytes all partitions keep together, in memory as it is taken, whatever their topics say; 256 MiB. The largest
   * partition gives first. A batch larger than it is refused with MESSAGE_TOO_LARGE.
   */
  maxBytes?: number
  /**
   * Broker configs under Kafka's names: `message.max.bytes`, `group.initial.rebalance.delay.ms` and
   * `group.consumer.assignment.interval.ms` (0 here), `group.consumer.heartbeat.interval.ms` …
   * `DescribeConfigs` lists those it knows.
   */
  configs?: Readonly<Record<string, string>>
  /** By API name: `{ Produce: 7, EndTxn: [0, 1], DescribeCluster: null }` passes for an older Kafka. */
  versions?: Readonly<Record<string, VersionCap>>
  /** Finalised features; `{ 'group.version': 1, 'transaction.version': 2 }` by default. */
  features?: Readonly<Record<string, number>>
  /** Names and passwords: given, every connection must authenticate by SASL first. Short for `sasl: { users }`. */
  users?: Readonly<Record<string, string>>
  /** How clients say who they are. */
  sasl?: BrokerSasl
  /**
   * Whether what clients may do goes by access rules (ACLs), and nobody but super users may do anything before there
   * are some; false: everyone may do everything. Who has not authenticated is `User:ANONYMOUS`.
   */
  authorizer?: boolean
  /** Who may do everything whatever the rules say: `['User:admin']`. Given, there is an `authorizer`. */
  superUsers?: readonly string[]
  /** How much the cluster holds and one request may ask for. */
  limits?: BrokerLimits
  /** What sessions, waits and record times go by; default: the system's. */
  clock?: Clock
  /** Default: silent. Connections that break the protocol are told of here. */
  logger?: Logger | null
  /** The runtime's codecs, which check compressed batches quicker than ours. */
  natives?: Natives
}

export const topicSettings: SettingKinds<BrokerTopic> = {
  name: 'string!',
  partitions: 'number',
  replicationFactor: 'number',
  configs: 'object',
}

export const brokerSettings: SettingKinds<BrokerConfig> = {
  brokers: 'number',
  racks: 'list',
  topics: 'list',
  autoCreateTopics: 'boolean',
  numPartitions: 'number',
  retentionBytes: 'number',
  maxBytes: 'number',
  configs: 'object',
  versions: 'object',
  features: 'object',
  users: 'object',
  sasl: 'object',
  authorizer: 'boolean',
  superUsers: 'list',
  limits: 'object',
  clock: 'object',
  logger: 'any',
  natives: 'object',
}
