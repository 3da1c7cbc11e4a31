import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { sleep } from '../base/signals.ts'
import type { Cluster } from '../transport/cluster.ts'
import { partitionsOf } from './partitions.ts'
import type { RunningGeneration } from './running-generation.ts'

/** Ends the generation when a topic's number of partitions is no more the one they were divided by. For the group's leader. */
export async function watchPartitions(
  generation: RunningGeneration,
  counts: ReadonlyMap<string, number>,
  { cluster, interval, clock, logger }: { cluster: Cluster; interval: number; clock: Clock; logger: Logger },
): Promise<void> {
  const { signal } = generation
  const topics = [...counts.keys()]
  while (!signal.aborted) {
    try {
      await sleep(interval, { signal, clock })
      await cluster.refresh(topics, { signal })
      const now = (await partitionsOf(cluster, topics, { signal })).counts
      const changed = topics.filter(topic => now.get(topic) !== counts.get(topic))
      if (changed.length > 0) generation.end(new Error(`the partitions of ${changed.join(', ')} changed`))
    } catch (error) {
      if (!signal.aborted) logger.debug(`group ${generation.groupId}: looking for new partitions failed: ${messageOf(error)}`)
    }
  }
}
