// Where a batch says how far its last record is from its first.
const lastDeltaAt = 23
// Three numbers in lists that grow by half.
const bytesPerBatch = 32

/**
 * A stretch of a partition's log: batches one after another in one buffer. What was written never changes, so readers
 * may hold views of it, also past the segment's deletion or truncation.
 */
export class Segment {
  /** Bytes used. */
  size = 0
  /** Newest timestamp of its records, or −1. */
  maxTimestamp = -1
  readonly baseOffset: number
  /** Of each batch: its first offset, where it begins, its largest timestamp. */
  readonly #offsets: number[] = []
  readonly #positions: number[] = []
  readonly #timestamps: number[] = []
  #bytes: Uint8Array
  readonly #limit: number

  constructor(baseOffset: number, limit: number, first: number) {
    this.baseOffset = baseOffset
    this.#limit = Math.max(limit, first)
    this.#bytes = new Uint8Array(first)
  }

  /** Bytes of memory taken, what is known of each batch included. */
  get capacity(): number {
    return this.#bytes.length + bytesPerBatch * this.#offsets.length
  }

  get count(): number {
    return this.#offsets.length
  }

  /** Whether a batch of `length` bytes fits, of records `milliseconds` at most later than the first. */
  fits(length: number, timestamp: number, milliseconds: number): boolean {
    return this.size + length <= this.#limit && !(timestamp - (this.#timestamps[0] ?? timestamp) > milliseconds)
  }

  /** Copies a batch in, and answers the copy, to be stamped. */
  append(batch: Uint8Array, baseOffset: number, maxTimestamp: number): Uint8Array {
    const end = this.size + batch.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(end, this.#bytes.length * 2)))
      grown.set(this.#bytes.subarray(0, this.size))
      this.#bytes = grown
    }
    this.#bytes.set(batch, this.size)
    this.#offsets.push(baseOffset)
    this.#positions.push(this.size)
    this.#timestamps.push(maxTimestamp)
    if (maxTimestamp > this.maxTimestamp) this.maxTimestamp = maxTimestamp
    const copy = this.#bytes.subarray(this.size, end)
    this.size = end
    return copy
  }

  /** Takes away the batches from `offset` on, and answers how many bytes they had. */
  truncate(offset: number): number {
    const count = this.find(offset - 1) + 1
    const taken = this.size - this.positionOf(count)
    this.size -= taken
    this.#offsets.length = this.#positions.length = this.#timestamps.length = count
    this.maxTimestamp = this.#timestamps.reduce((newest, each) => Math.max(newest, each), -1)
    // What comes next must not be written over what readers hold views of.
    this.#bytes = this.#bytes.slice(0, this.size)
    return taken
  }

  /** The last batch that begins at or before `offset`; −1 when none does. */
  find(offset: number): number {
    let low = 0
    let high = this.#offsets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#offsets[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** What is left when the other batches are gone; undefined when nothing is. */
  kept(indexes: readonly number[]): Segment | undefined {
    if (indexes.length === 0) return undefined
    const bytes = indexes.reduce((sum, index) => sum + this.positionOf(index + 1) - this.positionOf(index), 0)
    const rest = new Segment(this.baseOffset, bytes, bytes)
    for (const index of indexes) rest.append(this.batch(index), this.offsetOf(index), this.timestampOf(index))
    return rest
  }

  lastOffsetOf(index: number): number {
    const at = this.#positions[index]! + lastDeltaAt
    return this.#offsets[index]! + new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getInt32(at)
  }

  offsetOf(index: number): number {
    return this.#offsets[index]!
  }

  timestampOf(index: number): number {
    return this.#timestamps[index]!
  }

  /** Where batch `index` begins; the segment's size for the one after the last. */
  positionOf(index: number): number {
    return index < this.#positions.length ? this.#positions[index]! : this.size
  }

  batch(index: number): Uint8Array {
    return this.view(this.positionOf(index), this.positionOf(index + 1))
  }

  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to)
  }
}
