import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { sleep } from '../base/signals.ts'
import type { Cluster } from '../transport/cluster.ts'
import { isUnknownTopic, unknownTopic } from './unknown-topic.ts'

export interface MissingTopicsParts {
  readonly cluster: Cluster
  readonly topics: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  /** Reads that wait are to look again. */
  wake(): void
}

/** A topic may be made a moment after its readers start. */
const patience = 3_000
const lookupTimeout = 1_500
const interval = 5_000

/**
 * Tells of a group's topics that don't exist. A member joins nevertheless, is given nothing and waits for them to be
 * made; so the log names those that are missing, and where all are, a read is told once.
 */
export class MissingTopics {
  readonly #parts: MissingTopicsParts
  readonly #ending = new AbortController()
  #failure: { readonly error: unknown } | undefined

  constructor(parts: MissingTopicsParts) {
    this.#parts = parts
  }

  start(): void {
    void this.#watch().catch(() => {})
  }

  close(reason: unknown): void {
    this.#ending.abort(reason)
  }

  throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
  }

  async #watch(): Promise<void> {
    const { topics, clock, logger, wake } = this.#parts
    const options = { signal: this.#ending.signal, clock }
    const began = clock.monotonic()
    let missing = await this.#missingOf(topics)
    await sleep(Math.max(0, patience - (clock.monotonic() - began)), options)
    missing = await this.#missingOf(missing)
    for (const topic of missing) logger.warn(unknownTopic(topic).message)
    if (missing.length === topics.length) {
      this.#failure = { error: unknownTopic(topics[0]!) }
      wake()
    }
    while (missing.length > 0) {
      await sleep(interval, options)
      missing = await this.#missingOf(missing)
      if (missing.length < topics.length) this.#failure = undefined
    }
  }

  async #missingOf(topics: readonly string[]): Promise<string[]> {
    const { cluster } = this.#parts
    const options = { signal: this.#ending.signal, timeoutMs: lookupTimeout }
    const answers = await Promise.allSettled(topics.map(topic => cluster.topic(topic, options)))
    return topics.filter(
      (_, i) => answers[i]!.status === 'rejected' && isUnknownTopic((answers[i] as PromiseRejectedResult).reason),
    )
  }
}
