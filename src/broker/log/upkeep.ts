import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Codecs } from '../../compression/codecs.ts'
import type { Configs } from '../configs/configs.ts'
import type { Topic } from '../topics/topic.ts'
import type { Turns } from '../turns.ts'
import { compact } from './compaction.ts'

/** What upkeep needs of its cluster. */
interface Surroundings {
  readonly clock: Clock
  readonly logger: Logger
  readonly configs: Configs
  readonly codecs: Codecs
  readonly turns: Turns
  readonly topics: ReadonlyMap<string, Topic>
}

/**
 * Lets go of records too old to be kept, and of those that later ones of the same key replace, now and then as Kafka
 * does. No timer sees to it: nobody can tell before a request comes.
 */
export class Upkeep {
  readonly #cluster: Surroundings
  #nextRetention: number
  #nextCleaning: number
  #cleaning = false

  constructor(cluster: Surroundings) {
    this.#cluster = cluster
    const now = cluster.clock.monotonic()
    this.#nextRetention = now + cluster.configs.number('log.retention.check.interval.ms')
    this.#nextCleaning = now + cluster.configs.number('log.cleaner.backoff.ms')
  }

  /** To be called before each request. */
  look(): void {
    const { clock, configs } = this.#cluster
    const now = clock.monotonic()
    if (now >= this.#nextRetention) {
      this.#nextRetention = now + configs.number('log.retention.check.interval.ms')
      this.#expire()
    }
    if (now < this.#nextCleaning || this.#cleaning) return
    this.#nextCleaning = now + configs.number('log.cleaner.backoff.ms')
    const compacted = [...this.#cluster.topics.values()].filter(({ settings }) => settings.compacted)
    if (compacted.length === 0) return
    this.#cleaning = true
    this.#clean(compacted)
      .catch(error => this.#cluster.logger.error('an embedded broker could not compact its topics', error))
      .finally(() => {
        this.#cleaning = false
      })
  }

  #expire(): void {
    const now = this.#cluster.clock.now()
    for (const { settings, partitions } of this.#cluster.topics.values()) {
      if (settings.retentionMs === Number.POSITIVE_INFINITY) continue
      for (const partition of partitions)
        if (partition.log.expire(now - settings.retentionMs, partition.highWatermark)) partition.changed()
    }
  }

  async #clean(topics: readonly Topic[]): Promise<void> {
    const { clock, codecs, turns } = this.#cluster
    for (const { partitions } of topics)
      for (const partition of partitions) await compact(partition, clock.now(), codecs, turns)
  }
}
