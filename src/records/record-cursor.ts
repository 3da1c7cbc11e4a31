import type { Codecs } from '../compression/codecs.ts'
import type { Header } from './message.ts'
import type { RecordBatch } from './record-batch.ts'

/** Walks a batch's records without making an object of each. The views it answers die when its batch's bytes are used again. */
export class RecordCursor {
  offset = 0
  timestamp = 0
  /** -1 for null. */
  keyLength = -1
  valueLength = -1
  reset(_batch: RecordBatch, _codecs: Codecs, _limit?: number): this {
    throw new Error('being written')
  }
  /** Moves to the next record; false at the end. */
  next(): boolean {
    throw new Error('being written')
  }
  get key(): Uint8Array | null {
    throw new Error('being written')
  }
  get value(): Uint8Array | null {
    throw new Error('being written')
  }
  get headers(): readonly Header[] {
    throw new Error('being written')
  }
}
