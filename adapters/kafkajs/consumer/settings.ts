import type { GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import type { PartitionsHook, PartitionsHooks } from '../../../src/group/hooks.ts'
import { IsolationLevel } from '../../../src/protocol/offsets.ts'
import type { FetchSettings } from '../../../src/reader/config.ts'
import { KafkaJSNonRetriableError } from '../errors.ts'
import type { ConsumerConfig, RebalanceEvent } from '../types/consumer.ts'

/** Where the topics that a consumer reads begin. */
export type Topics = ReadonlyMap<string, { readonly fromBeginning: boolean }>

/** A ConsumerConfig with its defaults. */
export type ConsumerSettings = Required<
  Omit<
    ConsumerConfig,
    'partitionAssigners' | 'retry' | 'groupInstanceId' | 'rebalanceCallback' | 'maxPollInterval' | 'maxInFlightRequests'
  >
> &
  Pick<ConsumerConfig, 'groupInstanceId' | 'rebalanceCallback' | 'maxPollInterval'>

/** Throws a KafkaJSNonRetriableError for settings that can't work. */
export function settingsOf(config: ConsumerConfig): ConsumerSettings {
  const { groupId, sessionTimeout = 30_000, heartbeatInterval = 3_000 } = config
  if (!groupId) throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.')
  if (heartbeatInterval >= sessionTimeout)
    throw new KafkaJSNonRetriableError(
      `Consumer heartbeatInterval (${heartbeatInterval}) must be lower than sessionTimeout (${sessionTimeout}). It is recommended to set heartbeatInterval to approximately a third of the sessionTimeout.`,
    )
  return {
    groupId,
    sessionTimeout,
    heartbeatInterval,
    metadataMaxAge: config.metadataMaxAge ?? 300_000,
    rebalanceTimeout: config.rebalanceTimeout ?? 60_000,
    maxBytesPerPartition: config.maxBytesPerPartition ?? 1_048_576,
    minBytes: config.minBytes ?? 1,
    maxBytes: config.maxBytes ?? 10_485_760,
    maxWaitTimeInMs: config.maxWaitTimeInMs ?? 5_000,
    allowAutoTopicCreation: config.allowAutoTopicCreation ?? true,
    readUncommitted: config.readUncommitted ?? false,
    rackId: config.rackId ?? '',
    groupProtocol: config.groupProtocol ?? 'classic',
    ...(config.groupInstanceId !== undefined && { groupInstanceId: config.groupInstanceId }),
    ...(config.rebalanceCallback !== undefined && { rebalanceCallback: config.rebalanceCallback }),
    ...(config.maxPollInterval !== undefined && { maxPollInterval: config.maxPollInterval }),
  }
}

export function isolationOf({ readUncommitted }: ConsumerSettings): IsolationLevel {
  return readUncommitted ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted
}

/** How a consumer fetches. */
export function fetchSettings(settings: ConsumerSettings): FetchSettings {
  const { maxBytes, maxBytesPerPartition, minBytes, maxWaitTimeInMs, rackId } = settings
  return {
    // One answer is worked on while the next is on its way.
    queueBytes: 2 * Math.max(maxBytes, maxBytesPerPartition),
    queueCapacity: 0,
    minBytes,
    maxBytes: maxBytesPerPartition,
    maxWait: maxWaitTimeInMs,
    readBatchTimeout: 10_000,
    backoff: { min: 100, max: 1_000 },
    isolationLevel: isolationOf(settings),
    maxAttempts: 3,
    offsetOutOfRangeError: false,
    offsetOutOfRange: undefined,
    rack: rackId,
  }
}

/** Heartbeats that follow one another at once tell a coordinator nothing new. */
const leastHeartbeat = 50

/** How a consumer is a member of its group. */
export function membershipSettings(settings: ConsumerSettings, groupBalancers: readonly GroupBalancer[]) {
  const { groupProtocol, groupInstanceId, rackId, sessionTimeout, rebalanceTimeout, heartbeatInterval } = settings
  return {
    protocol: groupProtocol,
    sessionTimeout,
    rebalanceTimeout,
    // With the consumer protocol the broker says.
    ...(groupProtocol === 'classic' && {
      groupBalancers,
      heartbeatInterval: Math.min(Math.max(heartbeatInterval, leastHeartbeat), sessionTimeout / 2),
    }),
    ...(groupInstanceId !== undefined && { groupInstanceId }),
    ...(rackId !== '' && { rack: rackId }),
  }
}

/** `rebalanceCallback` as a membership has it called. */
export function rebalanceHooks({ rebalanceCallback: call }: ConsumerSettings): PartitionsHooks {
  if (call === undefined) return {}
  const tell =
    (type: RebalanceEvent['type']): PartitionsHook =>
    partitions =>
      call({ type, partitions: [...partitions] })
  return { onAssigned: tell('assigned'), onRevoked: tell('revoked'), onLost: tell('lost') }
}
