import { type ConfigDefinition, define } from './definitions.ts'

/** What a group can be set to, with the broker's config it falls back to: kept and described, and `consumer.…` heeded. */
export const groupConfigs: readonly ConfigDefinition[] = [
  define('int', 'consumer.assignment.interval.ms', '1000', {
    synonym: 'group.consumer.assignment.interval.ms',
    least: 0,
  }),
  define('int', 'consumer.heartbeat.interval.ms', '5000', {
    synonym: 'group.consumer.heartbeat.interval.ms',
    least: 1,
  }),
  define('int', 'consumer.session.timeout.ms', '45000', { synonym: 'group.consumer.session.timeout.ms', least: 1 }),
  define('boolean', 'errors.deadletterqueue.copy.record.enable', 'false'),
  define('string', 'errors.deadletterqueue.topic.name', ''),
  define('int', 'share.assignment.interval.ms', '1000', { synonym: 'group.share.assignment.interval.ms', least: 0 }),
  define('string', 'share.auto.offset.reset', 'latest'),
  define('int', 'share.delivery.count.limit', '5', { synonym: 'group.share.delivery.count.limit', least: 2 }),
  define('int', 'share.heartbeat.interval.ms', '5000', { synonym: 'group.share.heartbeat.interval.ms', least: 1 }),
  define('string', 'share.isolation.level', 'read_uncommitted', { allowed: ['read_committed', 'read_uncommitted'] }),
  define('int', 'share.partition.max.record.locks', '2000', {
    synonym: 'group.share.partition.max.record.locks',
    least: 100,
  }),
  define('int', 'share.record.lock.duration.ms', '30000', {
    synonym: 'group.share.record.lock.duration.ms',
    least: 1000,
  }),
  define('boolean', 'share.renew.acknowledge.enable', 'true'),
  define('int', 'share.session.timeout.ms', '45000', { synonym: 'group.share.session.timeout.ms', least: 1 }),
  define('int', 'streams.assignment.interval.ms', '1000', {
    synonym: 'group.streams.assignment.interval.ms',
    least: 0,
  }),
  define('string', 'streams.assignor.name', 'sticky', { synonym: 'group.streams.assignors' }),
  define('int', 'streams.heartbeat.interval.ms', '5000', { synonym: 'group.streams.heartbeat.interval.ms', least: 1 }),
  define('int', 'streams.initial.rebalance.delay.ms', '3000', {
    synonym: 'group.streams.initial.rebalance.delay.ms',
    least: 0,
  }),
  define('int', 'streams.num.standby.replicas', '0', { synonym: 'group.streams.num.standby.replicas', least: 0 }),
  define('list', 'streams.rack.aware.assignment.tags', '', { synonym: 'group.streams.rack.aware.assignment.tags' }),
  define('int', 'streams.session.timeout.ms', '45000', { synonym: 'group.streams.session.timeout.ms', least: 1 }),
]

// As brokers bound them by default.
const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  'assignment.interval.ms': [0, 15_000],
  'heartbeat.interval.ms': [5_000, 15_000],
  'session.timeout.ms': [45_000, 60_000],
  'delivery.count.limit': [2, 10],
  'partition.max.record.locks': [100, 4_000],
  'record.lock.duration.ms': [15_000, 60_000],
  'num.standby.replicas': [0, 2],
}

/** What a group's config can't be besides; the texts are Kafka's. */
export function outOfRange(name: string, value: string): string | undefined {
  const [least, most] = ranges[name.replace(/^\w+\./, '')] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  if (Number(value) < least || Number(value) > most)
    return `${name} must be in the range ${least} to ${most} inclusive.`
  if (name === 'share.auto.offset.reset' && !/^(earliest|latest|by_duration:P(?=.)[\dDTHMS.]*)$/.test(value))
    return `Invalid value ${value} for configuration ${name}: The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.`
  if (name === 'streams.assignor.name' && value !== 'sticky')
    return `${name} '${value}' is not a registered task assignor. Registered assignors are: [sticky].`
  return undefined
}

/** What a subscription to clients' metrics (KIP-714) is made of: kept and described, no more. */
export const metricsConfigs: readonly ConfigDefinition[] = [
  define('int', 'interval.ms', '300000'),
  define('list', 'match', ''),
  define('list', 'metrics', ''),
]
