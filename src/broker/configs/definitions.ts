/** Kafka's numbers for the types of configs. */
export const ConfigType = { unknown: 0, boolean: 1, string: 2, int: 3, short: 4, long: 5, double: 6, list: 7 } as const

export interface ConfigDefinition {
  readonly name: string
  readonly type: Exclude<keyof typeof ConfigType, 'unknown'>
  readonly defaultValue: string
  /** The broker config a topic's config falls back to. */
  readonly synonym?: string
  readonly allowed?: readonly string[]
  readonly least?: number
  /** Kafka has requests change it while it runs (KIP-226). Of brokers alone: what others have can always be changed. */
  readonly dynamic?: boolean
}

const endless = '9223372036854775807'

export function define(
  type: ConfigDefinition['type'],
  name: string,
  defaultValue: string,
  more: Pick<ConfigDefinition, 'synonym' | 'allowed' | 'least' | 'dynamic'> = {},
): ConfigDefinition {
  return { name, type, defaultValue, ...more }
}

/**
 * The configs a topic can have, with Kafka 4.4's defaults, but for max.decompressed.message.bytes: that is 2 GiB there,
 * and here who decompresses does so in the program of others. Those that mean nothing in memory are kept and described, no
 * more.
 */
export const topicConfigs: readonly ConfigDefinition[] = [
  define('list', 'cleanup.policy', 'delete', { synonym: 'log.cleanup.policy', allowed: ['delete', 'compact'] }),
  define('int', 'compression.gzip.level', '-1', { synonym: 'compression.gzip.level' }),
  define('int', 'compression.lz4.level', '9', { synonym: 'compression.lz4.level' }),
  define('string', 'compression.type', 'producer', {
    synonym: 'compression.type',
    allowed: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  }),
  define('int', 'compression.zstd.level', '3', { synonym: 'compression.zstd.level' }),
  define('long', 'delete.retention.ms', '86400000', { synonym: 'log.cleaner.delete.retention.ms', least: 0 }),
  define('boolean', 'errors.deadletterqueue.group.enable', 'false'),
  define('long', 'file.delete.delay.ms', '60000', { synonym: 'log.segment.delete.delay.ms', least: 0 }),
  define('long', 'flush.messages', endless, { synonym: 'log.flush.interval.messages', least: 1 }),
  define('long', 'flush.ms', endless, { least: 0 }),
  define('list', 'follower.replication.throttled.replicas', ''),
  define('int', 'index.interval.bytes', '4096', { synonym: 'log.index.interval.bytes', least: 0 }),
  define('list', 'leader.replication.throttled.replicas', ''),
  define('long', 'local.retention.bytes', '-2', { synonym: 'log.local.retention.bytes', least: -2 }),
  define('long', 'local.retention.ms', '-2', { synonym: 'log.local.retention.ms', least: -2 }),
  define('long', 'max.compaction.lag.ms', endless, { synonym: 'log.cleaner.max.compaction.lag.ms', least: 1 }),
  define('int', 'max.decompressed.message.bytes', '16777216', { least: 1 }),
  define('int', 'max.message.bytes', '1048588', { synonym: 'message.max.bytes', least: 0 }),
  define('long', 'message.timestamp.after.max.ms', '3600000', {
    synonym: 'log.message.timestamp.after.max.ms',
    least: 0,
  }),
  define('long', 'message.timestamp.before.max.ms', endless, {
    synonym: 'log.message.timestamp.before.max.ms',
    least: 0,
  }),
  define('string', 'message.timestamp.type', 'CreateTime', {
    synonym: 'log.message.timestamp.type',
    allowed: ['CreateTime', 'LogAppendTime'],
  }),
  define('double', 'min.cleanable.dirty.ratio', '0.5', { synonym: 'log.cleaner.min.cleanable.ratio', least: 0 }),
  define('long', 'min.compaction.lag.ms', '0', { synonym: 'log.cleaner.min.compaction.lag.ms', least: 0 }),
  define('int', 'min.insync.replicas', '1', { synonym: 'min.insync.replicas', least: 1 }),
  define('boolean', 'preallocate', 'false', { synonym: 'log.preallocate' }),
  define('long', 'remote.copy.lag.bytes', '-1', { synonym: 'log.remote.copy.lag.bytes' }),
  define('long', 'remote.copy.lag.ms', '0', { synonym: 'log.remote.copy.lag.ms' }),
  define('boolean', 'remote.log.copy.disable', 'false'),
  define('boolean', 'remote.log.delete.on.disable', 'false'),
  define('boolean', 'remote.storage.enable', 'false'),
  define('long', 'retention.bytes', '-1', { synonym: 'log.retention.bytes' }),
  define('long', 'retention.ms', '604800000', { least: -1 }),
  define('int', 'segment.bytes', '1073741824', { synonym: 'log.segment.bytes', least: 1048576 }),
  define('int', 'segment.index.bytes', '10485760', { synonym: 'log.index.size.max.bytes', least: 4 }),
  define('long', 'segment.jitter.ms', '0', { least: 0 }),
  define('long', 'segment.ms', '604800000', { least: 1 }),
  define('boolean', 'unclean.leader.election.enable', 'false', { synonym: 'unclean.leader.election.enable' }),
]

let topicConfigsByName: ReadonlyMap<string, ConfigDefinition> | undefined

export function topicDefinition(name: string): ConfigDefinition | undefined {
  topicConfigsByName ??= new Map(topicConfigs.map(each => [each.name, each]))
  return topicConfigsByName.get(name)
}

/**
 * The broker configs this one heeds; those a topic falls back to come on top. `group.initial.rebalance.delay.ms` is
 * 3000 in Kafka.
 */
const leaderSelector = 'org.apache.kafka.common.replica.LeaderSelector'
/** Sends consumers to a replica in their rack (KIP-392). */
export const rackAwareSelector = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

const brokerOnly: readonly ConfigDefinition[] = [
  define('boolean', 'allow.everyone.if.no.acl.found', 'false'),
  define('boolean', 'auto.create.topics.enable', 'true'),
  define('int', 'connection.failed.authentication.delay.ms', '100', { least: 0 }),
  define('long', 'connections.max.idle.ms', '600000', { least: 1 }),
  define('long', 'connections.max.reauth.ms', '0', { least: 0 }),
  define('int', 'default.replication.factor', '1', { least: 1 }),
  define('long', 'delegation.token.expiry.time.ms', '86400000', { least: 1 }),
  define('long', 'delegation.token.max.lifetime.ms', '604800000', { least: 1 }),
  define('int', 'fetch.max.bytes', '57671680', { least: 1024 }),
  define('int', 'group.consumer.assignment.interval.ms', '1000', { least: 0 }),
  define('list', 'group.consumer.assignors', 'uniform,range', { allowed: ['uniform', 'range'] }),
  define('int', 'group.consumer.heartbeat.interval.ms', '5000', { least: 1 }),
  define('int', 'group.consumer.max.heartbeat.interval.ms', '15000', { least: 1 }),
  define('int', 'group.consumer.max.session.timeout.ms', '60000', { least: 1 }),
  define('int', 'group.consumer.max.size', '2147483647', { least: 1 }),
  define('string', 'group.consumer.migration.policy', 'bidirectional', {
    allowed: ['disabled', 'upgrade', 'downgrade', 'bidirectional'],
  }),
  define('int', 'group.consumer.min.heartbeat.interval.ms', '5000', { least: 1 }),
  define('int', 'group.consumer.min.session.timeout.ms', '45000', { least: 1 }),
  define('int', 'group.consumer.regex.refresh.interval.ms', '600000', { least: 10_000 }),
  define('int', 'group.consumer.session.timeout.ms', '45000', { least: 1 }),
  define('int', 'group.initial.rebalance.delay.ms', '0', { least: 0 }),
  define('int', 'group.max.session.timeout.ms', '1800000'),
  define('int', 'group.max.size', '2147483647', { least: 1 }),
  define('int', 'group.min.session.timeout.ms', '6000'),
  define('long', 'log.cleaner.backoff.ms', '15000', { least: 0, dynamic: true }),
  define('long', 'log.retention.check.interval.ms', '300000', { least: 1 }),
  define('int', 'max.incremental.fetch.session.cache.slots', '1000', { least: 0 }),
  define('int', 'num.partitions', '1', { least: 1 }),
  define('int', 'offset.metadata.max.bytes', '4096'),
  define('long', 'replica.lag.time.max.ms', '30000', { least: 0 }),
  // By default Kafka's is null, and that is the second one.
  define('string', 'replica.selector.class', '', { allowed: ['', leaderSelector, rackAwareSelector] }),
  define('int', 'socket.request.max.bytes', '104857600', { least: 1 }),
  define('int', 'transaction.max.timeout.ms', '900000', { least: 1 }),
  define('boolean', 'transaction.partition.verification.enable', 'true'),
]

let brokerConfigs: readonly ConfigDefinition[] | undefined

export function brokerDefinitions(): readonly ConfigDefinition[] {
  brokerConfigs ??= [
    ...brokerOnly,
    ...topicConfigs.flatMap(({ synonym, ...rest }) =>
      synonym === undefined ? [] : [{ ...rest, name: synonym, dynamic: true }],
    ),
  ]
  return brokerConfigs
}
