import { CooperativeStickyGroupBalancer } from '../../../src/group/balancers/cooperative-sticky.ts'
import type { GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import { RangeGroupBalancer } from '../../../src/group/balancers/range.ts'
import { RoundRobinGroupBalancer } from '../../../src/group/balancers/round-robin.ts'
import { StickyGroupBalancer } from '../../../src/group/balancers/sticky.ts'
import type { IsolationLevelName } from '../../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../../src/reader/config.ts'
import { UsageError } from '../command.ts'
import { whole } from '../options.ts'
import type { JavaProperties } from './java-properties.ts'

/** The flags that say how a member lives in its group. */
export interface MemberFlags {
  readonly 'group-protocol': string
  readonly 'group-remote-assignor'?: string | undefined
  readonly 'group-instance-id'?: string | undefined
  readonly 'session-timeout'?: string | undefined
  readonly 'reset-policy': string
  readonly 'assignment-strategy'?: string | undefined
}

/** Balancers by the names of Java's classes, the package left out. */
const balancers: Readonly<Record<string, () => GroupBalancer>> = {
  RangeAssignor: () => new RangeGroupBalancer(),
  RoundRobinAssignor: () => new RoundRobinGroupBalancer(),
  StickyAssignor: () => new StickyGroupBalancer(),
  CooperativeStickyAssignor: () => new CooperativeStickyGroupBalancer(),
}

const rangeAssignor = 'org.apache.kafka.clients.consumer.RangeAssignor'

/** Settings of the Reader by flags and properties; flags go first. A UsageError for what makes no sense. */
export function readerConfigOf(flags: MemberFlags, properties: JavaProperties): Partial<ReaderConfig> {
  const policy = flags['reset-policy']
  if (policy !== 'earliest' && policy !== 'latest' && policy !== 'none')
    throw new UsageError(`--reset-policy: "${policy}" is not earliest, latest or none`)
  const instance = flags['group-instance-id'] ?? properties.text('group.instance.id')
  return {
    ...fetchingOf(properties),
    ...protocolOf(flags, properties),
    ...(instance !== undefined && { groupInstanceId: instance }),
    startOffset: policy === 'latest' ? 'latest' : 'earliest',
    offsetOutOfRange: policy === 'none' ? 'error' : policy,
  }
}

function protocolOf(flags: MemberFlags, properties: JavaProperties): Partial<ReaderConfig> {
  const protocol = flags['group-protocol'].toLowerCase()
  if (protocol !== 'classic' && protocol !== 'consumer')
    throw new UsageError(`--group-protocol: "${flags['group-protocol']}" is not classic or consumer`)
  const timeout = flags['session-timeout']
  const rebalanceTimeout = properties.number('max.poll.interval.ms', 1)
  const both = { protocol, ...(rebalanceTimeout !== undefined && { rebalanceTimeout }) } as const
  if (protocol === 'consumer') {
    if (timeout !== undefined)
      throw new UsageError('--session-timeout is for the broker to say with --group-protocol consumer')
    const serverAssignor = flags['group-remote-assignor'] ?? properties.text('group.remote.assignor')
    return { ...both, ...(serverAssignor !== undefined && { serverAssignor }) }
  }
  const names = flags['assignment-strategy'] ?? properties.text('partition.assignment.strategy') ?? rangeAssignor
  const sessionTimeout =
    timeout === undefined
      ? (properties.number('session.timeout.ms', 1) ?? 45_000)
      : whole('--session-timeout', timeout, 1, 2 ** 31 - 1)
  const heartbeatInterval = properties.number('heartbeat.interval.ms', 1)
  return {
    ...both,
    groupBalancers: names.split(',').map(balancerOf),
    sessionTimeout,
    ...(heartbeatInterval !== undefined && { heartbeatInterval }),
  }
}

function balancerOf(text: string): GroupBalancer {
  const name = text.trim().replace(/^.*\./, '')
  const make = Object.hasOwn(balancers, name) ? balancers[name] : undefined
  if (make === undefined)
    throw new UsageError(`--assignment-strategy: there is no "${name}", but ${Object.keys(balancers).join(', ')}`)
  return make()
}

function fetchingOf(properties: JavaProperties): Partial<ReaderConfig> {
  const isolationLevel = properties.text('isolation.level')
  const rack = properties.text('client.rack')
  const numbers = Object.entries({
    minBytes: properties.number('fetch.min.bytes'),
    maxWait: properties.number('fetch.max.wait.ms'),
    maxBytes: properties.number('max.partition.fetch.bytes', 1),
  }).filter(([, number]) => number !== undefined)
  return {
    ...Object.fromEntries(numbers),
    ...(isolationLevel !== undefined && { isolationLevel: isolationLevel as IsolationLevelName }),
    ...(rack !== undefined && { rack }),
  }
}
