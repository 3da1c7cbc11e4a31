import type { PartitionOffsets } from '../../../src/client/list-offsets.ts'
import { FirstOffset, LastOffset } from '../../../src/protocol/offsets.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin } from '../types/admin.ts'
import type { AdminCluster } from './cluster.ts'
import { longOf } from './long.ts'
import { refuse } from './refuse.ts'
import { partitionsOf } from './topics.ts'

/** The partitions of a topic, which has to be there. */
export async function partitionIds({ ask }: AdminCluster, topic: string): Promise<number[]> {
  const { topics } = await ask(client => client.metadata({ topics: [topic] }))
  return topics.flatMap(partitionsOf).map(({ partitionId }) => partitionId)
}

export async function fetchTopicOffsets(cluster: AdminCluster, topic: string): ReturnType<Admin['fetchTopicOffsets']> {
  const rows = await offsetsOf(cluster, topic, [FirstOffset, LastOffset])
  return rows.map(({ partition, firstOffset, lastOffset }) => {
    const high = String(lastOffset)
    return { partition, offset: high, high, low: String(firstOffset) }
  })
}

export async function fetchTopicOffsetsByTimestamp(
  cluster: AdminCluster,
  topic: string,
  timestamp?: number,
): ReturnType<Admin['fetchTopicOffsetsByTimestamp']> {
  // A message's own timestamp is a text.
  const time = longOf(timestamp) ?? timestamp ?? LastOffset
  const rows = await offsetsOf(cluster, topic, [...new Set([LastOffset, time])])
  return rows.map(({ partition, firstOffset, lastOffset, offsets }) => {
    const [atTime = -1] = offsets.keys()
    const found = time === FirstOffset ? firstOffset : atTime
    // None is so young: the end.
    return { partition, offset: String(found >= 0 ? found : lastOffset) }
  })
}

/** Offsets at these times, of all partitions; again while the topic is not there. */
function offsetsOf(cluster: AdminCluster, topic: string, times: readonly number[]): Promise<PartitionOffsets[]> {
  if (!topic || typeof topic !== 'string') refuse(`Invalid topic ${topic}`)
  return cluster.retrier(async bail => {
    try {
      const partitions = await partitionIds(cluster, topic)
      const asked = partitions.flatMap(partition => times.map(timestamp => ({ partition, timestamp })))
      // kafkajs's admin sees what consumers see: ends are those of what is committed.
      const { topics } = await cluster.ask(client =>
        client.listOffsets({ topics: { [topic]: asked }, isolationLevel: 'read_committed' }),
      )
      const rows = topics[topic] ?? []
      const failed = rows.find(({ error }) => error !== null)?.error
      if (failed) throw kafkaJSError(failed)
      return rows
    } catch (error) {
      if ((error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      bail(error)
      return undefined as never
    }
  })
}
