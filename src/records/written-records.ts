import * as layout from './batch-layout.ts'
import { int64 } from './bytes.ts'

/**
 * Walks the records of an uncompressed batch that a BatchBuilder finished, without looking into them: for writers, who
 * split their own. For what others wrote there is RecordCursor, which trusts nothing.
 */
export class WrittenRecords {
  readonly bytes: Uint8Array
  /** Of the current record, in milliseconds since 1970. */
  timestamp = 0
  /** Its key, value and headers as they lie: bytes[from, to). */
  from = 0
  to = layout.headerBytes
  readonly #baseTimestamp: number

  constructor(batch: Uint8Array) {
    this.bytes = batch
    this.#baseTimestamp = int64(batch, layout.baseTimestampAt)
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.to === this.bytes.length) return false
    this.from = this.to
    const length = this.#varint()
    this.to = this.from + length
    this.from++ // attributes
    this.timestamp = this.#baseTimestamp + this.#varint()
    this.#varint() // the offset
    return true
  }

  /** The zigzag varint at `from`, which moves behind it. */
  #varint(): number {
    let byte = this.bytes[this.from++]!
    const negative = (byte & 1) !== 0
    // As in putVarlong: the sign is in the first byte, and a number holds no more than the rest.
    let magnitude = (byte & 0x7f) >>> 1
    for (let scale = 0x40; byte > 0x7f; scale *= 0x80) {
      byte = this.bytes[this.from++]!
      magnitude += (byte & 0x7f) * scale
    }
    return negative ? -1 - magnitude : magnitude
  }
}
