import { sleep } from '../../src/base/signals.ts'

/** Keeps work to so much a second on the average, from now on. */
export class Pace {
  readonly #perSecond: number
  readonly #began = performance.now()

  /** Infinity is no limit; at 0 nothing goes on. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Resolves when so much in all may have been done, or the signal aborts. */
  async reach(done: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const wait = this.#began + (done / this.#perSecond) * 1_000 - performance.now()
      if (!(wait > 1) || signal.aborted) return
      await sleep(Math.min(wait, 60_000), { signal }).catch(() => {})
    }
  }
}
