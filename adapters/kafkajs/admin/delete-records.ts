import { KafkaJSBrokerNotFound, KafkaJSDeleteTopicRecordsError } from '../errors.ts'
import { protocolError } from '../protocol-errors.ts'
import type { Admin, SeekEntry } from '../types/admin.ts'
import type { AdminCluster } from './cluster.ts'
import { longOf } from './long.ts'
import { fetchTopicOffsets } from './offsets.ts'
import { refuse } from './refuse.ts'

type Failed = ConstructorParameters<typeof KafkaJSDeleteTopicRecordsError>[0]['partitions'][number]

export async function deleteTopicRecords(
  cluster: AdminCluster,
  { topic, partitions }: Parameters<Admin['deleteTopicRecords']>[0],
): Promise<void> {
  if (!topic || typeof topic !== 'string') refuse(`Invalid topic "${topic}"`)
  if (!partitions || partitions.length === 0) refuse('Invalid partitions')
  const lows = new Map((await fetchTopicOffsets(cluster, topic)).map(({ partition, low }) => [partition, Number(low)]))
  const nowhere = partitions.filter(({ partition }) => !lows.has(partition))
  for (const { partition, offset } of partitions) {
    const at = Number(offset)
    if (at < (lows.get(partition) ?? 0) && at !== -1)
      cluster.logger.warn(
        'The requested offset is before the earliest offset maintained on the partition - no records will be deleted from this partition',
        { topic, partition, offset },
      )
  }
  if (nowhere.length > 0) {
    const error = new KafkaJSBrokerNotFound('Could not find the leader for the partition', { retriable: false })
    throw new KafkaJSDeleteTopicRecordsError({ topic, partitions: nowhere.map(each => ({ ...each, error })) })
  }

  let left: readonly SeekEntry[] = partitions
  await cluster.retrier(async () => {
    const failed = await deleteBefore(cluster, topic, left)
    // What is done is not asked for again.
    left = failed.map(({ partition, offset }) => ({ partition, offset }))
    if (failed.length > 0) throw new KafkaJSDeleteTopicRecordsError({ topic, partitions: failed })
  })
}

/** Answers those that could not be deleted. */
async function deleteBefore({ ask }: AdminCluster, topic: string, entries: readonly SeekEntry[]): Promise<Failed[]> {
  const asked = entries.map(({ partition, offset }) => {
    const at = longOf(offset)
    if (at === undefined) refuse(`Invalid offset, expected a long received ${offset}`)
    return { partition, beforeOffset: at === -1 ? ('latest' as const) : at }
  })
  const { topics } = await ask(client => client.deleteRecords({ topics: { [topic]: asked }, timeout: 5000 }))
  return (topics[topic] ?? []).flatMap(({ partition, error }) => {
    if (error === null) return []
    const { offset } = entries.find(each => each.partition === partition)!
    return [{ partition, error: protocolError(error.code), offset }]
  })
}
