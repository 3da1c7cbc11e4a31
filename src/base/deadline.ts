import { type Clock, systemClock } from './clock.ts'
import { type CallOptions, onAbort } from './signals.ts'

/** A moment, by the monotonic clock, by which a call with several waits must be over. */
export class Deadline {
  readonly at: number
  private readonly clock: Clock

  constructor(milliseconds: number, clock: Clock = systemClock) {
    this.clock = clock
    this.at = clock.monotonic() + milliseconds
  }

  /** Milliseconds left; 0 once it has passed. */
  get remaining(): number {
    return Math.max(0, this.at - this.clock.monotonic())
  }

  get passed(): boolean {
    return this.remaining === 0
  }

  /**
   * Settles as `promise` does, unless the signal or this moment comes first: then rejects with the signal's reason or
   * `late()`. The work itself goes on.
   */
  bound<T>(promise: Promise<T>, late: () => unknown, { signal }: CallOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let forget: (() => void) | undefined
      const end = (): void => {
        cancel()
        forget?.()
      }
      const cancel = this.clock.after(this.remaining, () => {
        end()
        reject(late())
      })
      promise.then(
        value => {
          end()
          resolve(value)
        },
        error => {
          end()
          reject(error)
        },
      )
      const stop = (): void => {
        end()
        reject(signal?.reason)
      }
      if (signal?.aborted) stop()
      else if (signal !== undefined) forget = onAbort(signal, stop)
    })
  }
}
