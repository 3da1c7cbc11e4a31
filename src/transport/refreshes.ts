import { backoffDelay } from '../base/backoff.ts'
import { randomOf } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Settings } from './settings.ts'

/** No more than that, however much there is: Java's metadata.max.age.ms. */
const oldest = 5 * 60_000

/**
 * When metadata is asked for anew: at once for cause, the next ones spaced by the backoff; for age alone, once per
 * `metadataTtl`.
 */
export class Refreshes {
  readonly #settings: Settings
  readonly #partitions: () => number
  #causes = 0
  #causedAt = Number.NEGATIVE_INFINITY
  #nextTurn: Promise<void> | undefined
  /** When what is known is old. Not all clients of a cluster begin in step. */
  #dueAt = Number.POSITIVE_INFINITY
  /** No refresh behind anyone's back goes out before this moment. */
  #quietUntil = Number.NEGATIVE_INFINITY
  #failures = 0

  /** `partitions`: how many there are of the topics in use. */
  constructor(settings: Settings, partitions: () => number) {
    this.#settings = settings
    this.#partitions = partitions
  }

  /** Runs a refresh for cause when the next may go out: one wait that all share. */
  async forCause(refresh: () => Promise<unknown>, waited: (turn: Promise<void>) => Promise<void>): Promise<void> {
    await waited(this.#turn())
    const { clock } = this.#settings
    const startedAt = clock.monotonic()
    try {
      await refresh()
    } finally {
      // Of those who shared a load, the first counts it.
      if (this.#causedAt <= startedAt) {
        this.#causedAt = clock.monotonic()
        this.#causes++
      }
    }
  }

  /** From the first thing known on, what is known grows old. */
  begin(): void {
    const { clock } = this.#settings
    if (this.#dueAt === Number.POSITIVE_INFINITY)
      this.#dueAt = clock.monotonic() + this.#ttl * (0.75 + 0.25 * randomOf(clock))
  }

  /**
   * Whether to refresh behind the back of who uses a topic; `doubtful`: what the last answer said of it is not
   * believed.
   */
  wanted(doubtful: boolean): boolean {
    return this.#settings.clock.monotonic() >= this.#quietUntil && (doubtful || this.isDue)
  }

  get isDue(): boolean {
    return this.#settings.clock.monotonic() >= this.#dueAt
  }

  /** Runs one; `settled` tells whether nothing is left in doubt by it. */
  inBackground(name: string, refresh: () => Promise<unknown>, settled: () => boolean): void {
    const { clock, backoff, logger, metadataTtl } = this.#settings
    const now = clock.monotonic()
    const due = this.isDue
    // What comes of it may leave the topic as doubtful as it was, and every use of it asks.
    this.#quietUntil = now + Math.min(backoffDelay(++this.#failures, backoff, clock), metadataTtl)
    refresh().then(
      () => {
        // A little later by chance: clients that were in step don't stay so.
        if (due) this.#dueAt = now + this.#ttl * (1.05 + 0.1 * randomOf(clock))
        if (settled()) this.#failures = 0
      },
      error => logger.warn(`${name}: metadata not refreshed: ${messageOf(error)}`),
    )
  }

  get #ttl(): number {
    const { metadataTtl, metadataTtlPerPartition } = this.#settings
    return Math.max(metadataTtl, Math.min(oldest, metadataTtlPerPartition * this.#partitions()))
  }

  /** Resolves when the next refresh for cause may go out. */
  #turn(): Promise<void> {
    const { clock, backoff } = this.#settings
    const since = clock.monotonic() - this.#causedAt
    if (since > 2 * backoff.max) this.#causes = 0
    const wait = this.#causes === 0 ? 0 : backoffDelay(this.#causes, backoff, clock) - since
    if (this.#nextTurn === undefined && wait > 0) {
      this.#nextTurn = this.#pause(wait)
    }
    return this.#nextTurn ?? Promise.resolve()
  }

  // Not promise.finally(): engines differ in when it lets those go on who wait for it.
  async #pause(milliseconds: number): Promise<void> {
    try {
      await this.#settings.lifetime.sleep(milliseconds)
    } finally {
      this.#nextTurn = undefined
    }
  }
}
