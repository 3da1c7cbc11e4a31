/** The end of a producer's transaction, as its coordinator has it written. */
export interface Marker {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly commit: boolean
  readonly coordinatorEpoch: number
  readonly timestamp: number
}

/**
 * The markers of a partition that its coordinator is not rid of yet: those that not all replicas in sync have, and
 * those that wait for a leader.
 */
export class Markers {
  /** By offset. `firstOffset` is that of their transaction. */
  #written: { readonly marker: Marker; readonly offset: number; readonly firstOffset: number }[] = []
  #waiting: Marker[] = []

  /** To be written by the next leader. */
  wait(marker: Marker): void {
    this.#waiting.push(marker)
  }

  /** Those that wait for a leader, which is here. */
  take(): readonly Marker[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }

  written(marker: Marker, offset: number, firstOffset: number): void {
    this.#written.push({ marker, offset, firstOffset })
  }

  /** The first offset of the transactions whose end not all replicas in sync have: readers don't know of it yet. */
  firstOpen(highWatermark: number): number | undefined {
    if (this.#written.length === 0) return undefined
    this.#written = this.#written.filter(({ offset }) => offset >= highWatermark)
    return this.#written.length === 0 ? undefined : Math.min(...this.#written.map(({ firstOffset }) => firstOffset))
  }

  /**
   * To be called when the log is about to be cut at `offset`: the coordinator has those cut off written anew, unless
   * all replicas in sync had them (`highWatermark`): these it has forgotten.
   */
  truncate(offset: number, highWatermark: number): void {
    const lost = this.#written.filter(each => each.offset >= offset && each.offset >= highWatermark)
    this.#waiting.push(...lost.map(({ marker }) => marker))
    this.#written = this.#written.filter(each => each.offset < offset)
  }
}
