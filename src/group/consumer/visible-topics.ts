import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/signals.ts'
import type { Cluster } from '../../transport/cluster.ts'
import { isRefused, layoutOf } from '../partitions.ts'

export interface VisibleTopicsParts {
  readonly topics: readonly string[]
  readonly cluster: Cluster
  readonly clock: Clock
}

/** Until topics that this member may not see are looked for again, in milliseconds. */
const refusedInterval = 30_000

/** The topics a member subscribes to. A coordinator refuses all of them where one may not be seen: that one is left out. */
export class VisibleTopics {
  readonly #parts: VisibleTopicsParts
  #topics: readonly string[]

  constructor(parts: VisibleTopicsParts) {
    this.#parts = parts
    this.#topics = parts.topics
  }

  /** Another list whenever they change. */
  get topics(): readonly string[] {
    return this.#topics
  }

  /**
   * Leaves out those that may not be seen; false where that are none, or all. Who begins with the others tells of them.
   */
  async leaveOutRefused(signal: AbortSignal): Promise<boolean> {
    const { topics } = this.#parts
    const seen = await this.#seen(signal)
    if (seen.length === 0 || seen.length === topics.length) return false
    this.#topics = seen
    return true
  }

  /** Those left out may be seen some day; until the signal aborts. */
  async lookAgain(signal: AbortSignal): Promise<void> {
    const { topics, clock } = this.#parts
    while (this.#topics.length < topics.length && !signal.aborted) {
      await sleep(refusedInterval, { signal, clock }).catch(() => {})
      if (signal.aborted) return
      const seen = await this.#seen(signal)
      if (seen.length > this.#topics.length) this.#topics = seen
    }
  }

  async #seen(signal: AbortSignal): Promise<string[]> {
    const { topics, cluster } = this.#parts
    const before = new Set(this.#topics)
    const seen = await Promise.all(
      topics.map(topic =>
        layoutOf(cluster, topic, { signal }).then(
          () => true,
          // What can't be told for now stays as it is.
          (error: unknown) => !isRefused(error) && before.has(topic),
        ),
      ),
    )
    return topics.filter((_, i) => seen[i])
  }
}
