import { type Backoff, backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'

interface Trouble {
  failures: number
  retryAt: number
}

/** A connection that held for so long and then broke is a first failure, not one more in a row. */
const steadyAfter = 10_000

/** How long to leave each broker alone that could not be reached or broke off; the others are not concerned. */
export class BrokerBackoff {
  readonly #byBroker = new Map<string, Trouble>()
  readonly #clock: Clock
  readonly #backoff: Backoff

  constructor(clock: Clock, backoff: Backoff) {
    this.#clock = clock
    this.#backoff = backoff
  }

  /** Milliseconds until the broker should be tried again. */
  wait(broker: string): number {
    return Math.max(0, (this.#byBroker.get(broker)?.retryAt ?? 0) - this.#clock.monotonic())
  }

  /** A connection could not be opened. */
  refused(broker: string): void {
    this.#add(broker, (this.#byBroker.get(broker)?.failures ?? 0) + 1)
  }

  /** An open connection broke. */
  lost(broker: string, openedAt: number): void {
    if (this.#clock.monotonic() - openedAt >= steadyAfter) this.#add(broker, 1)
    else this.refused(broker)
  }

  /** A connection ended as it should. */
  forget(broker: string): void {
    this.#byBroker.delete(broker)
  }

  #add(broker: string, failures: number): void {
    this.#byBroker.set(broker, { failures, retryAt: this.#clock.monotonic() + backoffDelay(failures, this.#backoff) })
  }
}
