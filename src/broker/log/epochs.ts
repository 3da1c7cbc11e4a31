/** Where the records of each leader epoch begin: Kafka's LeaderEpochFileCache. */
export class Epochs {
  readonly #starts: { readonly epoch: number; readonly startOffset: number }[] = [{ epoch: 0, startOffset: 0 }]

  /** Where the latest begins. */
  get lastStart(): number {
    return this.#starts.at(-1)?.startOffset ?? 0
  }

  begin(epoch: number, startOffset: number): void {
    this.#starts.push({ epoch, startOffset })
  }

  /** Forgets the epochs that begin at `offset` or later. */
  truncate(offset: number): void {
    while (this.#starts.length > 0 && this.lastStart >= offset) this.#starts.pop()
  }

  /** Where the records of an epoch before the latest end, and which it really is; −1 for one that has not been. */
  endOf(epoch: number): { leaderEpoch: number; endOffset: number } {
    const next = this.#starts.findIndex(each => each.epoch > epoch)
    if (next < 0 || epoch < 0) return { leaderEpoch: -1, endOffset: -1 }
    const { startOffset: endOffset } = this.#starts[next]!
    // Of an epoch whose records were all cut off, as Kafka: it ends where what came after begins.
    return { leaderEpoch: this.#starts[next - 1]?.epoch ?? epoch, endOffset }
  }

  /** The epoch the record at `offset` was written in; undefined before the first. */
  at(offset: number): number | undefined {
    return this.#starts.findLast(({ startOffset }) => startOffset <= offset)?.epoch
  }
}
