import { zeroUuid } from '../bytes/reader.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { FetchSettings } from './config.ts'
import type { Asked, Position } from './position.ts'

interface ToldTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: ToldPartition[]
}

/** A partition as its broker was told to fetch it, in the terms of the wire; the era is the position's of then. */
export interface ToldPartition extends Asked {
  readonly topicId: string
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  readonly partitionMaxBytes: number
  /** Which answer it was in last; 0: in none since there was something to hear of it. */
  round: number
}

/**
 * How many bytes of a partition to ask for. Brokers cut at the byte, and send the batch that is cut off although it
 * can't be used; so ask for whole batches of the size last seen.
 */
export function limitOf({ batchBytes }: Position, { maxBytes }: FetchSettings): number {
  return batchBytes === 0 || batchBytes > maxBytes ? maxBytes : maxBytes - (maxBytes % batchBytes)
}

/** What a broker is told of a position, in a request of this version. */
export function toldPartition(
  position: Position,
  layout: TopicLayout | undefined,
  version: number,
  settings: FetchSettings,
): ToldPartition {
  const { era, partition, offset, leaderEpoch } = position
  return {
    position,
    era,
    topicId: layout?.id ?? zeroUuid,
    partition,
    currentLeaderEpoch: layout?.partitions[partition]?.leaderEpoch ?? -1,
    fetchOffset: offset,
    // Before version 12 there is no place for it.
    lastFetchedEpoch: version < 12 ? -1 : leaderEpoch,
    partitionMaxBytes: limitOf(position, settings),
    round: 0,
  }
}

/** Whether both ask for the same. */
export function isSame(a: ToldPartition, b: ToldPartition): boolean {
  return (
    a.fetchOffset === b.fetchOffset &&
    a.era === b.era &&
    a.topicId === b.topicId &&
    a.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.partitionMaxBytes === b.partitionMaxBytes
  )
}

/** By topic, as requests have it. */
export function byTopic(told: Iterable<ToldPartition>): ToldTopic[] {
  const topics = new Map<string, ToldTopic>()
  for (const each of told) {
    const { topicId, position } = each
    const key = topicId === zeroUuid ? position.topic : topicId
    const own = topics.get(key)
    if (own === undefined) topics.set(key, { topic: position.topic, topicId, partitions: [each] })
    else own.partitions.push(each)
  }
  return [...topics.values()]
}
