import type { RecordBatch } from '../records/record-batch.ts'
import type { Position } from './position.ts'

/** The memory of one answer, shared by the batches in it. */
export class SharedFrame {
  private holders = 0
  private reusable = true
  private readonly onFree: (reusable: boolean) => void

  constructor(onFree: (reusable: boolean) => void) {
    this.onFree = onFree
  }

  hold(): void {
    this.holders++
  }

  /** Each hold is to be released once. */
  release(): void {
    if (--this.holders === 0) this.onFree(this.reusable)
  }

  /** Releases it while the application may still read from it: nothing may be written over that. */
  abandon(): void {
    this.reusable = false
    this.release()
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
