import type { Clock } from '../../../base/clock.ts'
import type { Subscriptions } from './subscriptions.ts'

// Milliseconds from one search to the next, at least.
const leastInterval = 10_000

/** When the topics that a group's patterns match are looked for. */
export class PatternSearch {
  readonly #clock: Clock
  readonly #subscriptions: Subscriptions
  #beganAt = Number.NEGATIVE_INFINITY
  /** How many topics had been made by then. */
  #topicsMade = 0
  #isUnderWay = false

  constructor(clock: Clock, subscriptions: Subscriptions) {
    this.#clock = clock
    this.#subscriptions = subscriptions
  }

  /**
   * Begins one, if it is time: where a pattern is new, topics were made (`topicsMade` counts them), or the last was
   * `refreshInterval` ms ago. The patterns to look at; none when it is not time.
   */
  begin(topicsMade: number, refreshInterval: number): readonly string[] {
    const { patterns, hasUnresolved, hasResolved } = this.#subscriptions
    if (patterns.length === 0 || this.#isUnderWay) return []
    const since = this.#clock.monotonic() - this.#beganAt
    const isDue = hasUnresolved || topicsMade !== this.#topicsMade || since >= refreshInterval
    if (!isDue || (hasResolved && since <= leastInterval)) return []
    this.#isUnderWay = true
    this.#topicsMade = topicsMade
    this.#beganAt = this.#clock.monotonic()
    return patterns
  }

  /** Takes down what was found; whether it is other than before. */
  end(matched: ReadonlyMap<string, ReadonlySet<string>>): boolean {
    this.#isUnderWay = false
    let changed = false
    for (const [pattern, topics] of matched) if (this.#subscriptions.resolve(pattern, topics)) changed = true
    return changed
  }
}
