import { Segment } from './segment.ts'

const noBytes = new Uint8Array(0)

/**
 * A partition's records: batches in segments, the oldest of which retention lets go. Knows offsets and bytes, not what
 * the batches mean.
 */
export class Log {
  /** First offset that can be read. Raised by retention and DeleteRecords. */
  startOffset = 0
  /** The offset the next record gets. */
  endOffset = 0
  /** Bytes kept. */
  size = 0
  /** Bytes of memory taken for them. */
  capacity = 0
  #segments: Segment[] = []

  /**
   * Copies a batch to the end, and answers the copy, to be stamped. `segmentBytes` is the most a segment holds, unless
   * one batch is larger; `segmentMs` is by how much its records may be later than the first.
   */
  append(
    batch: Uint8Array,
    lastOffset: number,
    maxTimestamp: number,
    segmentBytes: number,
    segmentMs = Number.POSITIVE_INFINITY,
  ): Uint8Array {
    let segment = this.#segments.at(-1)
    if (segment === undefined || !segment.fits(batch.length, maxTimestamp, segmentMs)) {
      segment = new Segment(this.endOffset, segmentBytes, batch.length)
      this.#segments.push(segment)
      this.capacity += segment.capacity
    }
    const before = segment.capacity
    const copy = segment.append(batch, this.endOffset, maxTimestamp)
    this.capacity += segment.capacity - before
    this.endOffset = lastOffset + 1
    this.size += batch.length
    return copy
  }

  /**
   * Bytes from the batch that holds `from`, of one segment, up to the batch that holds `until`. Cut at `maxBytes`, in
   * the middle of a batch if it comes so, as Kafka does; but the first batch comes whole, if `first` says so (KIP-74).
   */
  read(from: number, until: number, maxBytes: number, first: boolean): Uint8Array {
    const at = from >= until ? undefined : this.#at(from)
    if (at === undefined) return noBytes
    const { segment, index } = at
    if (segment.offsetOf(index) >= until) return noBytes
    const start = segment.positionOf(index)
    const whole = segment.positionOf(index + 1) - start
    if (whole > maxBytes && !first) return noBytes
    const limit = segment.positionOf(segment.find(until - 1) + 1)
    return segment.view(start, Math.min(limit, start + Math.max(maxBytes, whole)))
  }

  /** The offset after a stretch that `read` answered for `from`, a batch cut short included. */
  offsetAfter(from: number, bytes: number): number {
    const { segment, place, index } = this.#at(from)!
    const end = segment.positionOf(index) + bytes
    let next = index
    while (next < segment.count && segment.positionOf(next) < end) next++
    return next < segment.count ? segment.offsetOf(next) : (this.#segments[place + 1]?.baseOffset ?? this.endOffset)
  }

  /** How many bytes `from`..`until` has, at most `enough`: what a long poll waits for. */
  available(from: number, until: number, enough: number): number {
    const at = from >= until ? undefined : this.#at(from)
    if (at === undefined) return 0
    let bytes = -at.segment.positionOf(at.index)
    for (let i = at.place; i < this.#segments.length && bytes < enough; i++) {
      const segment = this.#segments[i]!
      bytes += segment.positionOf(segment.find(until - 1) + 1)
    }
    // What follows a hole that compaction made may lie beyond.
    return Math.max(0, bytes)
  }

  /** Batches that have a record of `timestamp` or later, from the oldest on. */
  *since(timestamp: number): Generator<Uint8Array> {
    for (const segment of this.#segments) {
      if (segment.maxTimestamp < timestamp) continue
      for (let i = 0; i < segment.count; i++) if (segment.timestampOf(i) >= timestamp) yield segment.batch(i)
    }
  }

  /** The newest timestamp, or −1. */
  maxTimestamp(): number {
    let newest = -1
    for (const segment of this.#segments) newest = Math.max(newest, segment.maxTimestamp)
    return newest
  }

  /** Raises the start; segments wholly below it go. */
  deleteBefore(offset: number): void {
    if (offset <= this.startOffset) return
    this.startOffset = offset
    while (this.#segments.length > 0 && (this.#segments[1]?.baseOffset ?? this.endOffset) <= offset) this.#drop()
  }

  /** Takes away what is at `offset` and after it; a batch begins there. */
  truncate(offset: number): void {
    if (offset >= this.endOffset) return
    while (this.#segments.length > 0 && this.#segments.at(-1)!.baseOffset >= offset) this.#gone(this.#segments.pop()!)
    const last = this.#segments.at(-1)
    if (last !== undefined) {
      this.capacity -= last.capacity
      this.size -= last.truncate(offset)
      this.capacity += last.capacity
    }
    this.endOffset = offset
    this.startOffset = Math.min(this.startOffset, offset)
  }

  /** Lets go of old segments as long as `bytes` remain. The segment being written stays, as in Kafka. */
  retain(bytes: number): void {
    while (this.#segments.length > 1 && this.size - this.#segments[0]!.size >= bytes) this.dropOldest()
  }

  /** Lets go of the oldest segment, which may be the one being written. */
  dropOldest(): void {
    if (this.#segments.length === 0) return
    this.startOffset = Math.max(this.startOffset, this.#segments[1]?.baseOffset ?? this.endOffset)
    this.#drop()
  }

  /** Lets go of segments all of whose records are older than `time` and before `limit`; whether there were any. */
  expire(time: number, limit: number): boolean {
    const before = this.#segments.length
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      const end = this.#segments[1]?.baseOffset ?? this.endOffset
      if (first.maxTimestamp < 0 || first.maxTimestamp >= time || end > limit) break
      this.dropOldest()
    }
    return this.#segments.length < before
  }

  /** The segments that are not written to any more, as far as all their records are before `limit`. */
  closedBefore(limit: number): Segment[] {
    return this.#segments.slice(0, -1).filter((_, at) => this.#segments[at + 1]!.baseOffset <= limit)
  }

  /** Takes away all batches of a segment but these, if it is still there. */
  rewrite(segment: Segment, kept: readonly number[]): void {
    const at = this.#segments.indexOf(segment)
    if (at < 0) return
    const rest = segment.kept(kept)
    this.#gone(segment)
    this.#segments.splice(at, 1, ...(rest === undefined ? [] : [rest]))
    this.size += rest?.size ?? 0
    this.capacity += rest?.capacity ?? 0
  }

  #drop(): void {
    this.#gone(this.#segments.shift()!)
  }

  #gone({ size, capacity }: Segment): void {
    this.size -= size
    this.capacity -= capacity
  }

  #at(offset: number): { segment: Segment; place: number; index: number } | undefined {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    if (offset >= this.endOffset) return undefined
    // Compaction leaves holes: what comes after one begins with the next batch.
    for (let place = Math.max(0, low - 1); place < this.#segments.length; place++) {
      const segment = this.#segments[place]!
      let index = Math.max(0, segment.find(offset))
      if (segment.lastOffsetOf(index) < offset) index++
      if (index < segment.count) return { segment, place, index }
    }
    return undefined
  }
}
