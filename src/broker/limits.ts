import type { SettingKinds } from '../base/settings.ts'

/**
 * How much an embedded cluster holds, so that no client brings down the program it is in. Kafka has few of these: a
 * cluster of machines has more room.
 */
export interface BrokerLimits {
  /** 10,000. More are refused with POLICY_VIOLATION, or not made where Metadata would have made them. */
  topics?: number
  /** Of all topics together; 20,000. Refused as topics. */
  partitions?: number
  /** Consumer groups; 10,000. Of those without members and offsets the oldest go first; then POLICY_VIOLATION. */
  groups?: number
  /** Members of all groups, ids given out included; 10,000. More are refused with GROUP_MAX_SIZE_REACHED. */
  members?: number
  /** Bytes that members of all groups say of themselves and are assigned; 16 MiB. Refused as members. */
  memberBytes?: number
  /** Committed offsets of all groups, those of open transactions included; 200,000. More: POLICY_VIOLATION. */
  offsets?: number
  /** 10,000. Of those without an open transaction the one longest unused goes first; then POLICY_VIOLATION. */
  transactionalIds?: number
  /** Producers that partitions remember, all together; 100,000. Those longest silent are forgotten. */
  producers?: number
  /** Partitions in the fetch sessions of one broker; 100,000. The session longest unused goes first. */
  sessionPartitions?: number
  /** Names and other elements of lists in one request; 20,000. More close the connection. */
  requestElements?: number
  /** Elements of one answer where a request can ask for the same again and again; 100,000. More close the connection. */
  answerElements?: number
  /** Bytes of requests that have come in part, of all connections; 256 MiB. Who goes beyond is disconnected. */
  pendingBytes?: number
  /** Connections to all brokers together; 10,000. The newest is refused. */
  connections?: number
  /** Access rules; 10,000. More are refused with POLICY_VIOLATION. */
  acls?: number
  /** Entities that have quotas; 10,000. Refused as access rules. */
  quotas?: number
  /** Groups that have configs, and subscriptions to clients' metrics, of each; 1,000. Refused as access rules. */
  configResources?: number
  /** Delegation tokens; 1,000. Refused as access rules. */
  tokens?: number
  /** SCRAM credentials made by AlterUserScramCredentials; 10,000. More are refused with POLICY_VIOLATION. */
  users?: number
  /** Partitions that waiting Fetches watch, all together; 200,000. A Fetch beyond is answered at once. */
  watchedPartitions?: number
}

export const limitSettings: SettingKinds<BrokerLimits> = {
  topics: 'number',
  partitions: 'number',
  groups: 'number',
  members: 'number',
  memberBytes: 'number',
  offsets: 'number',
  transactionalIds: 'number',
  producers: 'number',
  sessionPartitions: 'number',
  requestElements: 'number',
  answerElements: 'number',
  pendingBytes: 'number',
  connections: 'number',
  acls: 'number',
  quotas: 'number',
  configResources: 'number',
  tokens: 'number',
  users: 'number',
  watchedPartitions: 'number',
}

const mebibyte = 1024 * 1024

export const defaultLimits: Required<BrokerLimits> = {
  topics: 10_000,
  partitions: 20_000,
  groups: 10_000,
  members: 10_000,
  memberBytes: 16 * mebibyte,
  offsets: 200_000,
  transactionalIds: 10_000,
  producers: 100_000,
  sessionPartitions: 100_000,
  requestElements: 20_000,
  answerElements: 100_000,
  pendingBytes: 256 * mebibyte,
  connections: 10_000,
  acls: 10_000,
  quotas: 10_000,
  configResources: 1_000,
  tokens: 1_000,
  users: 10_000,
  watchedPartitions: 200_000,
}
