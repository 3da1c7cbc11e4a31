import { Deadline } from '../base/deadline.ts'
import { isTemporary } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import type { AnyBroker } from './any-broker.ts'
import type { Brokers } from './brokers.ts'
import { retry } from './retry.ts'
import type { Settings } from './settings.ts'

export interface WaitOptions extends CallOptions {
  /**
   * Bounds the wait, in milliseconds. Default: the transport's `requestTimeout`, but 10 s for a cluster that never
   * answered yet.
   */
  timeoutMs?: number
}

/** A cluster never reached before is given up sooner, so that a wrong address shows. */
const firstContact = 10_000

/** Tries what may pass by itself again, within the time that a call has. */
export class Patience {
  readonly #settings: Settings
  readonly #anyBroker: AnyBroker
  readonly #directory: Brokers

  constructor(settings: Settings, anyBroker: AnyBroker, directory: Brokers) {
    this.#settings = settings
    this.#anyBroker = anyBroker
    this.#directory = directory
  }

  /** How long calls wait that give no bound of their own, in milliseconds. */
  get usual(): number {
    const { requestTimeout } = this.#settings
    return this.#directory.known.length === 0 || this.#directory.isGuess
      ? Math.min(firstContact, requestTimeout)
      : requestTimeout
  }

  /** Runs the task until it works, fails for good or the time is up. */
  run<T>(
    what: string,
    { signal, timeoutMs = this.usual }: WaitOptions,
    task: () => Promise<T>,
    again = isTemporary,
  ): Promise<T> {
    const { backoff, clock, lifetime, onEvent } = this.#settings
    return retry(task, {
      deadline: new Deadline(timeoutMs, clock),
      backoff,
      clock,
      lifetime,
      again,
      late: last => last ?? this.#anyBroker.late(what),
      onRetry: (attempt, error) => onEvent?.({ type: 'retry', what, attempt, error }),
      ...(signal && { signal }),
    })
  }
}
