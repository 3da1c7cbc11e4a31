import type { LogOffset } from './log-offset.ts'

/** Epochs that are remembered. */
const most = 16
const none: readonly LogOffset[] = []

/** The leader epochs of what was read of a partition: by them it is told up to where another log is the same (KIP-320). */
export class ReadEpochs {
  /** Where each began, in order of both. */
  #starts: readonly LogOffset[] = none

  /** What was read from this offset on was written in this epoch. */
  begin(start: LogOffset): void {
    const { leaderEpoch } = this.#starts.at(-1) ?? { leaderEpoch: -1 }
    if (start.leaderEpoch <= leaderEpoch) return
    this.#starts = [...this.#starts, start].slice(-most)
  }

  /** The epoch of what was read right before this offset; −1: unknown. */
  before(offset: number): number {
    return this.#starts.findLast(start => start.offset < offset)?.leaderEpoch ?? -1
  }

  /** What was read from here on counts no more. */
  cut(offset: number): void {
    if (this.#starts.length > 0) this.#starts = this.#starts.filter(start => start.offset < offset)
  }

  /**
   * Up to where a log is the one that was read: the largest of its epochs that is not above ours ends there. What was
   * read of later ones that log does not have, and may have other messages in its place.
   */
  commonWith({ offset, leaderEpoch }: LogOffset): number {
    const later = this.#starts.find(start => start.leaderEpoch > leaderEpoch)
    return later === undefined ? offset : Math.min(offset, later.offset)
  }
}
