import type { Clock } from '../base/clock.ts'
import { TimeoutError } from '../base/errors.ts'
import { onAbort } from '../base/signals.ts'

interface Waiter {
  readonly bytes: number
  enter(): void
}

/** How many bytes may be buffered. Who finds no room waits, first come, first served. */
export class BufferMemory {
  /** Bytes taken. */
  taken = 0
  readonly #most: number
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
  }

  /** Whether one message of `bytes` fits in, and nobody waits. An empty room has space for any one message. */
  has(bytes: number): boolean {
    return this.#waiters.size === 0 && this.#fits(bytes)
  }

  /** Whether several messages of `bytes` together fit in, and nobody waits. */
  hasForAll(bytes: number): boolean {
    return this.#waiters.size === 0 && this.taken + bytes <= this.#most
  }

  release(bytes: number): void {
    this.taken -= bytes
    // Each one let in takes room at once, before the next is looked at.
    for (const waiter of this.#waiters) {
      if (!this.#fits(waiter.bytes)) return
      this.#waiters.delete(waiter)
      waiter.enter()
    }
  }

  /** Waits for room and calls `enter`, which takes it at once. A TimeoutError after `milliseconds`. */
  wait(bytes: number, enter: () => void, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        cancel()
        forget?.()
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
        bytes,
        enter() {
          leave()
          try {
            resolve(enter())
          } catch (error) {
            reject(error)
          }
        },
      }
      const cancel = this.#clock.after(milliseconds, () => {
        leave()
        reject(
          new TimeoutError(
            `${this.taken} bytes are buffered (maxBufferedBytes: ${this.#most}); no room for ${bytes} more came free within ${milliseconds} ms`,
          ),
        )
      })
      const forget =
        signal &&
        onAbort(signal, () => {
          leave()
          reject(signal.reason)
        })
      this.#waiters.add(waiter)
    })
  }

  #fits(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.#most
  }
}
