import type { CallOptions } from '../base/signals.ts'
import { ErrorCode, hasCode } from '../protocol/errors.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Broker, Partition, TopicLayout } from '../transport/layout.ts'

/** The partitions of these topics as balancers take them, and how many each topic has; a topic that does not exist has none. */
export async function partitionsOf(
  cluster: Cluster,
  topics: readonly string[],
  options: CallOptions,
): Promise<{ partitions: Partition[]; counts: ReadonlyMap<string, number> }> {
  const layouts = await Promise.all(
    topics.map(topic =>
      layoutOf(cluster, topic, options).catch((error: unknown) => {
        // Some other member's nonsense: whoever reads a topic hears of it when its offsets are asked for.
        if (hasCode(error, ErrorCode.InvalidTopic)) return null
        throw error
      }),
    ),
  )
  const counts = new Map(topics.map((topic, i) => [topic, layouts[i]?.partitions.length ?? 0]))
  const brokers = new Map(cluster.brokers().map(({ id, host, port, rack }): [number, Broker] => [id, { id, host, port, rack: rack ?? '' }]))
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
  return { partitions, counts }
}

/** Null for a topic that does not exist. */
export async function layoutOf(cluster: Cluster, topic: string, options: CallOptions): Promise<TopicLayout | null> {
  try {
    return await cluster.topic(topic, options)
  } catch (error) {
    if (hasCode(error, ErrorCode.UnknownTopicOrPartition)) return null
    throw error
  }
}
