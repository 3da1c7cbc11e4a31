import type { RecordBatch } from '../records/record-batch.ts'
import type { Position } from './position.ts'

/** The memory of one answer, shared by the batches in it. */
export class SharedFrame {
  private holders = 0
  private readonly onFree: () => void

  constructor(onFree: () => void) {
    this.onFree = onFree
  }

  hold(): void {
    this.holders++
  }

  /** Each hold is to be released once. */
  release(): void {
    if (--this.holders === 0) this.onFree()
  }
}

/** A batch that waits to be read. Holds its frame. */
export interface FetchedBatch {
  readonly position: Position
  readonly batch: RecordBatch
  readonly frame: SharedFrame
  /** Records before this offset are not asked for. */
  readonly from: number
  readonly highWaterMark: number
}
