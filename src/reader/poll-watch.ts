import type { Clock } from '../base/clock.ts'

/** Looks in an interval: one that is over is noticed a quarter late at most. */
const looks = 4

export interface PollWatchParts {
  /** Within which more is to be asked for, in milliseconds. */
  readonly interval: number
  readonly clock: Clock
  /** Whether a read waits. */
  isAsking(): boolean
  /** Another list whenever something was handed out. */
  mark(): readonly unknown[]
  expired(): void
}

/** Notices that nothing more is asked for. It looks now and then, for a message handed out must cost nothing. */
export class PollWatch {
  readonly #parts: PollWatchParts
  #cancel: () => void = () => {}
  #mark: readonly unknown[] = []
  #since = 0

  constructor(parts: PollWatchParts) {
    this.#parts = parts
  }

  start(): void {
    this.#since = this.#parts.clock.monotonic()
    this.#look()
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const { interval, clock, isAsking, expired } = this.#parts
    const mark = this.#parts.mark()
    const now = clock.monotonic()
    if (isAsking() || mark.length !== this.#mark.length || mark.some((each, i) => each !== this.#mark[i])) {
      this.#mark = mark
      this.#since = now
    } else if (now - this.#since >= interval) {
      this.#since = now
      expired()
    }
    this.#cancel = clock.after(interval / looks, () => this.#look())
  }
}
