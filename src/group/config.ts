import type { AddressLike } from '../base/address.ts'
import { ConfigError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { oneOf, type SettingKinds, shown } from '../base/settings.ts'
import type { Dialer } from '../conn/dialer.ts'
import { FirstOffset, namedOffsets, type OffsetName } from '../protocol/offsets.ts'
import type { Transport } from '../transport/transport.ts'
import type { GroupBalancer } from './balancers/group-balancer.ts'
import { RangeGroupBalancer } from './balancers/range.ts'
import { RoundRobinGroupBalancer } from './balancers/round-robin.ts'
import type { PartitionsHooks } from './hooks.ts'
import type { TopicPattern } from './topic-pattern.ts'

/**
 * How members and coordinator agree: `classic`, by joining rounds in which one member divides; `consumer` (KIP-848, Kafka
 * 4.0), by heartbeats to a coordinator that divides; `auto`, the latter where the cluster has it.
 */
export type GroupProtocolName = 'classic' | 'consumer' | 'auto'

/** Settings of group membership, shared by ConsumerGroup and Reader. Times are milliseconds. */
export interface MembershipConfig extends PartitionsHooks {
  /**
   * How the group is divided. Default `classic`. With `consumer` the broker divides: only what changes is given back, the
   * others go on. Brokers move a group from one to the other while members of both kinds come and go.
   */
  protocol?: GroupProtocolName
  /** Of the broker's ways to divide, with the consumer protocol: `uniform`, `range`. Default: the broker's choice. */
  serverAssignor?: string
  /**
   * Where this member runs, in the terms of the brokers' `broker.rack`: who divides may give it partitions with a replica
   * there, as the range balancer does (KIP-881).
   */
  rack?: string
  /**
   * Ways to divide the partitions, best first; the group uses the first that every member has. Default: range, round
   * robin. With `[new CooperativeStickyGroupBalancer()]` partitions that stay are not interrupted.
   */
  groupBalancers?: readonly GroupBalancer[]
  /** Default 3,000. With the consumer protocol the broker says. */
  heartbeatInterval?: number
  /**
   * How long the coordinator hears nothing of a member before it gives the partitions to others. Default 30,000. With the
   * consumer protocol that is for the broker to say (`group.consumer.session.timeout.ms`); after so long without an answer
   * the member itself takes them for lost.
   */
  sessionTimeout?: number
  /** How long members may take to join again when the group changes. Default 30,000. */
  rebalanceTimeout?: number
  /** The wait before joining again after an error. Default 5,000. */
  joinGroupBackoff?: number
  /**
   * How long the broker keeps the group's offsets; −1 leaves it to the broker, which since 2.1 does not ask. Default
   * −1.
   */
  retentionTime?: number
  /**
   * Where a group begins that has committed nothing: FirstOffset or LastOffset (or 'earliest', 'latest'). Default
   * FirstOffset.
   *
   * LastOffset is the end as it was when the group began, and that is committed at once, for all partitions a member is
   * given: what is written from then on is delivered, whoever has the partition later. A partition that came after the
   * group had begun is read from its first message; so that later members can tell, commits carry the number of
   * partitions there were (as their metadata). What can be lost: if the first member ends before it can commit, the
   * group has not begun. And what retention or an administrator removes, messages or commits, is gone.
   */
  startOffset?: number | OffsetName
  /**
   * Whether the group's leader watches for partitions that come or go, topics made later included, and then divides
   * anew. Default true (kafka-go: false, so that a topic made after the group joined is never read).
   */
  watchPartitionChanges?: boolean
  /**
   * How often it asks brokers for them. Default: every 5,000 it looks at the metadata there is, which is asked for once
   * per `metadataTtl` of the transport, whoever needs it.
   */
  partitionWatchInterval?: number
  /**
   * Static membership (KIP-345): a name of this process that outlives it. Coming back within the session timeout it
   * keeps its partitions.
   */
  groupInstanceId?: string
  /**
   * Bounds each request to the coordinator, on top of what the protocol lets it wait. A cluster that was never reached is
   * told of after so long; one that has no coordinator yet, a broker that is away and has answered before, and a runtime
   * that allows no further connection, after `rebalanceTimeout`. Default 5,000.
   */
  timeout?: number
}

export const hookSettings: SettingKinds<PartitionsHooks> = {
  onAssigned: 'function',
  onRevoked: 'function',
  onLost: 'function',
}

export const membershipSettings: SettingKinds<MembershipConfig> = {
  protocol: 'string',
  serverAssignor: 'string',
  rack: 'string',
  groupBalancers: 'list',
  heartbeatInterval: 'number',
  sessionTimeout: 'number',
  rebalanceTimeout: 'number',
  joinGroupBackoff: 'number',
  retentionTime: 'number',
  startOffset: 'any',
  watchPartitionChanges: 'boolean',
  partitionWatchInterval: 'number',
  groupInstanceId: 'string',
  timeout: 'number',
  ...hookSettings,
}

/** Settings of a ConsumerGroup. */
export interface ConsumerGroupConfig extends MembershipConfig {
  /** The group's id. */
  id: string
  /** Addresses to find the cluster by. */
  brokers: AddressLike
  /** The topics to read. */
  topics: readonly string[]
  /** A given transport stays open; without one the group makes and closes its own. */
  transport?: Transport
  /** In place of a transport: one of its own is made with these settings. */
  dialer?: Dialer
  /** Default: the transport's; null is silence. */
  logger?: Logger | null
  /** For errors; default: `logger`. */
  errorLogger?: Logger | null
}

export const consumerGroupSettings: SettingKinds<ConsumerGroupConfig> = {
  id: 'string!',
  brokers: 'any!',
  topics: 'list!',
  transport: 'object',
  dialer: 'object',
  logger: 'any',
  errorLogger: 'any',
  ...membershipSettings,
}

export type MembershipSettings = Required<
  Omit<MembershipConfig, 'groupInstanceId' | 'startOffset' | 'serverAssignor' | 'rack' | keyof PartitionsHooks>
> & {
  readonly serverAssignor: string | null
  readonly rack: string | null
  /** New partitions are asked for, rather than looked for in the metadata there is. */
  readonly asksForPartitions: boolean
  readonly groupInstanceId: string | null
  readonly startOffset: number
  /** Of LastOffset: what was written within so many milliseconds before is read, too. */
  readonly startWithin: number
}

const protocolNames = { classic: 'classic', consumer: 'consumer', auto: 'auto' } as const

/** What has no meaning with a protocol, and would be dropped in silence. */
const meaningless = {
  classic: ['serverAssignor'],
  consumer: ['groupBalancers', 'heartbeatInterval', 'watchPartitionChanges', 'partitionWatchInterval'],
  auto: [],
} as const

/** The settings with their defaults; a ConfigError for what can't work. */
export function membershipOf(config: MembershipConfig & Pick<InnerSettings, 'startWithin'>): MembershipSettings {
  const membership: MembershipSettings = {
    protocol: oneOf('protocol', config.protocol ?? 'classic', protocolNames),
    serverAssignor: config.serverAssignor ?? null,
    rack: config.rack ?? null,
    groupBalancers: config.groupBalancers ?? [new RangeGroupBalancer(), new RoundRobinGroupBalancer()],
    heartbeatInterval: config.heartbeatInterval ?? 3_000,
    sessionTimeout: config.sessionTimeout ?? 30_000,
    rebalanceTimeout: config.rebalanceTimeout ?? 30_000,
    joinGroupBackoff: config.joinGroupBackoff ?? 5_000,
    retentionTime: config.retentionTime ?? -1,
    startOffset: oneOf('startOffset', config.startOffset ?? FirstOffset, namedOffsets),
    startWithin: config.startWithin ?? 0,
    watchPartitionChanges: config.watchPartitionChanges ?? true,
    partitionWatchInterval: config.partitionWatchInterval ?? 5_000,
    asksForPartitions: config.partitionWatchInterval !== undefined,
    groupInstanceId: config.groupInstanceId ?? null,
    timeout: config.timeout ?? 5_000,
  }
  const { protocol } = membership
  for (const name of meaningless[protocol])
    if (config[name] !== undefined)
      throw new ConfigError(
        `${name} says nothing with protocol '${protocol}'${protocol === 'consumer' ? ': the broker decides' : ''}`,
      )
  if (!Array.isArray(membership.groupBalancers) || membership.groupBalancers.length === 0)
    throw new ConfigError('groupBalancers is empty: a group needs at least one way to divide partitions')
  for (const balancer of membership.groupBalancers)
    if (
      !['protocolName', 'userData', 'assignGroups'].every(method => typeof (balancer as never)?.[method] === 'function')
    )
      throw new ConfigError(`groupBalancers are objects, as new RangeGroupBalancer() is one, not ${shown(balancer)}`)
  for (const name of [
    'heartbeatInterval',
    'sessionTimeout',
    'rebalanceTimeout',
    'partitionWatchInterval',
    'timeout',
  ] as const) {
    // The protocol has 32 bits for two of them, and no use for the others to be larger.
    if (!(membership[name] > 0 && membership[name] <= 0x7fffffff))
      throw new ConfigError(`${name} must be above 0 ms and below 2^31, is ${membership[name]}`)
  }
  if (!(membership.joinGroupBackoff >= 0))
    throw new ConfigError(`joinGroupBackoff must not be negative, is ${membership.joinGroupBackoff}`)
  if (protocol !== 'consumer' && membership.heartbeatInterval >= membership.sessionTimeout) {
    throw new ConfigError(
      `heartbeatInterval (${membership.heartbeatInterval} ms) must be below sessionTimeout (${membership.sessionTimeout} ms)`,
    )
  }
  if (!Number.isInteger(membership.retentionTime))
    throw new ConfigError(`retentionTime must be whole milliseconds, is ${membership.retentionTime}`)
  if (membership.groupInstanceId === '') throw new ConfigError('groupInstanceId is empty')
  return membership
}

/** What readers ask of their membership, beside what a ConsumerGroup may. */
export interface InnerSettings {
  /** In place of topics. */
  readonly pattern?: TopicPattern
  /** A member may have no topics: it is one of the group and reads nothing. */
  readonly mayBeIdle?: boolean
  /** Of a group that begins at the end: so many milliseconds before it. Default 0. */
  readonly startWithin?: number
}

/** What a member of a group is given; a ConfigError for what can't work. */
export function groupSettingsOf(config: ConsumerGroupConfig & InnerSettings): {
  id: string
  topics: readonly string[]
  membership: MembershipSettings
} {
  const { id, topics } = config
  if (typeof id !== 'string' || id === '') throw new ConfigError('a consumer group needs an id')
  if (config.pattern !== undefined) return { id, topics: [], membership: membershipOf(config) }
  const isIdle = config.mayBeIdle === true && topics.length === 0
  if (
    !Array.isArray(topics) ||
    (topics.length === 0 && !isIdle) ||
    topics.some(topic => typeof topic !== 'string' || topic === '')
  )
    throw new ConfigError('a consumer group needs topics, a list of names')
  return { id, topics: [...new Set(topics)], membership: membershipOf(config) }
}
