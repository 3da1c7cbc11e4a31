import type { Clock } from '../base/clock.ts'
import { ConnectionError, NoConnectionLeftError } from '../base/errors.ts'
import { hasCode } from '../protocol/errors.ts'
import type { Cluster } from '../transport/cluster.ts'
import { coordinatorCodes } from '../transport/destination.ts'

/** In milliseconds: of what is asked once, and of a group that is divided anew. */
interface JoiningTimes {
  readonly timeout: number
  readonly rebalanceTimeout: number
}

/**
 * How long failures to get into a group are kept from its reader: coordinators move, and are away for a while, which is
 * no business of whoever reads. A cluster that says so has an election or a start to wait for, so it is given a
 * rebalance's time; so is any once the member has been in, a coordinator that is away and has answered before, and our
 * other connections where the runtime allows no more. What has never been reached may not be there at all.
 */
export class JoiningPatience {
  readonly #clock: Clock
  readonly #settings: JoiningTimes
  readonly #cluster: Pick<Cluster, 'hasAnswered'>
  #since: number
  #wasIn = false

  constructor(clock: Clock, settings: JoiningTimes, cluster: Pick<Cluster, 'hasAnswered'>) {
    this.#clock = clock
    this.#settings = settings
    this.#cluster = cluster
    this.#since = clock.monotonic()
  }

  /** The member was in the group until now. */
  wasIn(): void {
    this.#since = this.#clock.monotonic()
    this.#wasIn = true
  }

  /** The reader was told. */
  told(): void {
    this.#since = this.#clock.monotonic()
    this.#wasIn = false
  }

  /** When the reader is to be told of this failure, by the monotonic clock. */
  until(error: unknown): number {
    const { timeout, rebalanceTimeout } = this.#settings
    return this.#since + (this.#wasIn || this.#passes(error) ? rebalanceTimeout : timeout)
  }

  #passes(error: unknown): boolean {
    if (error instanceof NoConnectionLeftError || hasCode(error, ...coordinatorCodes)) return true
    if (!(error instanceof ConnectionError)) return false
    // Of several brokers that were tried each has its own error.
    const { cause } = error
    if (cause instanceof AggregateError) return cause.errors.every(each => this.#passes(each))
    return this.#cluster.hasAnswered(error.broker)
  }
}
