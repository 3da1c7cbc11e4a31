import type { RecordBatch } from '../records/record-batch.ts'
import type { Position } from './position.ts'

/** The memory of one answer, shared by the batches in it. */
export class SharedFrame {
  #holders = 0
  #reusable = true
  readonly #onFree: (reusable: boolean) => void

  constructor(onFree: (reusable: boolean) => void) {
    this.#onFree = onFree
  }

  hold(): void {
    this.#holders++
  }

  /** Each hold is to be released once. */
  release(): void {
    if (--this.#holders === 0) this.#onFree(this.#reusable)
  }

  /** Releases it while the application may still read from it: nothing may be written over that. */
  abandon(): void {
    this.#reusable = false
    this.release()
  }
}

/** A batch that waits to be read. Holds its frame. */
export interface FetchedBatch {
  readonly position: Position
  /** The position's when this was asked for: under another it is of no use. */
  readonly era: number
  readonly batch: RecordBatch
  readonly frame: SharedFrame
  /** Records before this offset are not asked for. */
  readonly from: number
  /** Where to go on once it is read: behind it, and behind what follows and holds nothing to hand out. */
  next: number
  readonly highWaterMark: number
}

/** Whether it is still to be handed out. */
export function isLive({ position, era }: FetchedBatch): boolean {
  return position.era === era
}
