import type { CallOptions } from '../base/signals.ts'
import { type ConsumerGroupConfig, type Membership, membershipOf } from './config.ts'
import type { Generation } from './generation.ts'

/** Membership of a consumer group: gives the generations, one after another. Joins when first asked for one. */
export class ConsumerGroup {
  private readonly membership: Membership

  /** Throws a ConfigError for settings that can't work; connects to nothing yet. */
  constructor(config: ConsumerGroupConfig) {
    this.membership = membershipOf(config)
  }

  /**
   * The next generation, once the one before is over and all its functions have returned. Rejects with what kept the group from it (each
   * failure once; it goes on trying, and the next call may succeed), with a GroupClosedError after close().
   */
  next(_options: CallOptions = {}): Promise<Generation> {
    return Promise.reject(new Error(`being written ${this.membership.timeout}`))
  }

  /** Ends the generation, waits for its functions and leaves the group; bounded by `rebalanceTimeout`. */
  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
