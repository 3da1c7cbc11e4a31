import { type Backoff, backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'

interface Trouble {
  failures: number
  retryAt: number
}

/** A connection that held for so long and then broke is a first failure, not one more in a row. */
const steadyAfter = 10_000
/** So many brokers are remembered, those that failed last: where addresses come and go, there is no end of them. */
const most = 1000

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

  /** How often the broker failed in a row; 0 for one that works, and for one never tried. */
  failures(broker: string): number {
    return this.#byBroker.get(broker)?.failures ?? 0
  }

  /** A connection could not be opened. */
  refused(broker: string): void {
    this.#add(broker, this.failures(broker) + 1)
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
    this.#byBroker.delete(broker)
    if (this.#byBroker.size >= most) this.#byBroker.delete(this.#byBroker.keys().next().value!)
    this.#byBroker.set(broker, {
      failures,
      retryAt: this.#clock.monotonic() + backoffDelay(failures, this.#backoff, this.#clock),
    })
  }
}
