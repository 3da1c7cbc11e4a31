import { type Clock, randomOf, systemClock } from '../../../src/base/clock.ts'
import { createRetrier, type Retrier } from '../retry.ts'
import type { RetryOptions } from '../types/common.ts'

/** The waits between tries, which are all over at once when what they are for ends. */
export class Waits {
  clock: Clock = systemClock
  readonly #ends = new Set<() => void>()

  /** One whose waits are among these. */
  retrier(retry: RetryOptions): Retrier {
    const { clock } = this
    return createRetrier(retry, {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (milliseconds, task) => this.#wait(clock, milliseconds, task),
      random: () => randomOf(clock),
    })
  }

  end(): void {
    for (const over of [...this.#ends]) over()
  }

  #wait(clock: Clock, milliseconds: number, task: () => void): () => void {
    const over = (): void => {
      if (!this.#ends.delete(over)) return
      cancel()
      task()
    }
    const cancel = clock.after(milliseconds, over)
    this.#ends.add(over)
    return () => {
      this.#ends.delete(over)
      cancel()
    }
  }
}
