import { deferred } from '../../../src/base/deferred.ts'

/** Waits for something to come true, looking again whenever there are news. */
export class News {
  readonly #patienceMs: number
  readonly #failed = deferred<never>()
  #look = (): void => {}

  /** `signal`: fails all waits when it aborts. */
  constructor(patienceMs: number, signal?: AbortSignal) {
    this.#patienceMs = patienceMs
    this.#failed.promise.catch(() => {})
    if (signal?.aborted) this.fail(signal.reason)
    signal?.addEventListener('abort', () => this.fail(signal.reason), { once: true })
  }

  tell(): void {
    this.#look()
  }

  /** Nothing will come of it: ends this wait and all to come. */
  fail(error: unknown): void {
    this.#failed.reject(error)
  }

  /** Whether it came true; false when there were no news for too long. */
  async until(done: () => boolean): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const come = new Promise<boolean>(resolve => {
      this.#look = () => {
        clearTimeout(timer)
        if (done()) resolve(true)
        else timer = setTimeout(() => resolve(false), this.#patienceMs)
      }
      this.#look()
    })
    try {
      return await Promise.race([come, this.#failed.promise])
    } finally {
      clearTimeout(timer)
      this.#look = () => {}
    }
  }
}
