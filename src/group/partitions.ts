import { ProtocolError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, hasCode, KafkaError } from '../protocol/errors.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Broker, Partition, TopicLayout } from '../transport/layout.ts'

/** What a topic was when its partitions were divided. */
export interface TopicShape {
  /** KIP-516; the zero uuid where it is not known. */
  readonly id: string
  /** How many partitions; 0 for a topic that does not exist. */
  readonly count: number
}

export type TopicShapes = ReadonlyMap<string, TopicShape>

/** The partitions of these topics as balancers take them, and what each topic is; one that does not exist has none. */
export async function partitionsOf(
  cluster: Cluster,
  topics: readonly string[],
  options: CallOptions,
): Promise<{ partitions: Partition[]; shapes: TopicShapes }> {
  const layouts = await Promise.all(
    topics.map(topic =>
      layoutOf(cluster, topic, options).catch((error: unknown) => {
        // Another member's nonsense, what the leader may not see, or what brokers tell oddly: whoever reads the topic
        // hears of it when its offsets are asked for.
        if (isOfTopic(error)) return null
        throw error
      }),
    ),
  )
  const shapes = new Map(
    topics.map(
      (topic, i) => [topic, { id: layouts[i]?.id ?? zeroUuid, count: layouts[i]?.partitions.length ?? 0 }] as const,
    ),
  )
  const brokers = new Map(
    cluster.brokers().map(({ id, host, port, rack }): [number, Broker] => [id, { id, host, port, rack: rack ?? '' }]),
  )
  const brokerOf = (id: number): Broker => brokers.get(id) ?? { id, host: '', port: 0, rack: '' }
  const partitions = layouts.flatMap(layout =>
    (layout?.partitions ?? []).map(
      ({ index, leader, replicas, isr, offline, error }): Partition => ({
        topic: layout!.name,
        id: index,
        leader: brokerOf(leader),
        replicas: replicas.map(brokerOf),
        isr: isr.map(brokerOf),
        offlineReplicas: offline.map(brokerOf),
        error,
      }),
    ),
  )
  return { partitions, shapes }
}

/**
 * How long a topic's layout may take, in milliseconds: others of the group, and other topics, wait meanwhile. One that
 * is odd for longer is left out for a while.
 */
const lookupTimeout = 4_000

/** Null for a topic that does not exist. */
export async function layoutOf(cluster: Cluster, topic: string, options: CallOptions): Promise<TopicLayout | null> {
  try {
    return await cluster.topic(topic, { timeoutMs: Math.min(lookupTimeout, cluster.patience), ...options })
  } catch (error) {
    if (hasCode(error, ErrorCode.UnknownTopicOrPartition)) return null
    throw error
  }
}

/** What is the matter with one topic, as far as brokers tell of it; the others are none the worse. */
export function isOfTopic(error: unknown): error is KafkaError | ProtocolError {
  return (
    error instanceof ProtocolError ||
    (error instanceof KafkaError && error.code !== ErrorCode.ClusterAuthorizationFailed)
  )
}

/** A topic's offsets can't be had, and that won't pass by itself. */
export function isRefused(error: unknown): boolean {
  return hasCode(error, ErrorCode.TopicAuthorizationFailed, ErrorCode.InvalidTopic)
}
