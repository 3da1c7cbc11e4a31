import type { RequestInput } from '../protocol/api.ts'
import type { Fetch } from '../protocol/fetch.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { FetchSettings } from './config.ts'
import type { Asked, Position } from './position.ts'

/**
 * How many bytes of a partition to ask for. Brokers cut at the byte, and send the batch that is cut off although it
 * can't be used; so ask for whole batches of the size last seen.
 */
export function limitOf({ batchBytes }: Position, { maxBytes }: FetchSettings): number {
  return batchBytes === 0 || batchBytes > maxBytes ? maxBytes : maxBytes - (maxBytes % batchBytes)
}

/**
 * One request for these positions of one broker, those left out that went elsewhere since. `version` is what the broker
 * speaks.
 */
export function fetchRequest(
  asked: readonly Asked[],
  layoutOf: (topic: string) => TopicLayout | undefined,
  {
    maxWaitMs,
    maxBytes,
    version,
    settings,
  }: { maxWaitMs: number; maxBytes: number; version: number; settings: FetchSettings },
): RequestInput<typeof Fetch> {
  const topics = new Map<string, Position[]>()
  for (const { position, era } of asked) {
    if (position.era !== era) continue
    const others = topics.get(position.topic)
    if (others === undefined) topics.set(position.topic, [position])
    else others.push(position)
  }
  return {
    maxWaitMs,
    minBytes: settings.minBytes,
    maxBytes,
    isolationLevel: settings.isolationLevel,
    topics: [...topics].map(([topic, own]) => {
      const layout = layoutOf(topic)
      return {
        topic,
        topicId: layout?.id,
        partitions: own.map(position => ({
          partition: position.partition,
          currentLeaderEpoch: layout?.partitions[position.partition]?.leaderEpoch ?? -1,
          fetchOffset: position.offset,
          // Before version 12 there is no place for it.
          lastFetchedEpoch: version < 12 ? -1 : position.leaderEpoch,
          partitionMaxBytes: limitOf(position, settings),
        })),
      }
    }),
    forgottenTopicsData: [],
  }
}
