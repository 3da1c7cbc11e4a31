import { ProtocolError } from '../base/errors.ts'
import { crc32 } from '../bytes/crc32.ts'
import { putVarint, putVarlong, varintWidth, varlongWidth } from '../bytes/varint.ts'
import type { Codecs } from '../compression/codecs.ts'
import * as layout from './batch-layout.ts'
import { int32, int64 } from './bytes.ts'
import * as legacy from './message-set-layout.ts'
import type { RecordBatch } from './record-batch.ts'

/** Records as a v2 batch has them, and what they count from. */
export interface ConvertedSet {
  readonly records: Uint8Array
  readonly count: number
  readonly baseOffset: number
  readonly lastOffset: number
}

/** The most a v2 record takes beside its key and value: length, attributes, time, offset, two lengths, no headers. */
const mostFraming = 5 + 1 + 10 + 5 + 5 + 5 + 1

/**
 * Writes what a v0 or v1 "batch" holds, one message or a compressed set of them, as records of format v2, timestamps
 * relative to the batch's. So there is one decoder; these formats are rare enough to pay for a copy. Messages within a
 * set have CRCs of their own, which are checked here.
 */
export function convertMessageSet(batch: RecordBatch, codecs: Codecs, limit: number): ConvertedSet {
  const conversion = new Conversion(batch)
  if (batch.codec !== 0) conversion.addSet(batch.bytes, batch.start, batch.end, batch.lastOffset, codecs, limit)
  else {
    conversion.reserve(batch.end - batch.start + mostFraming)
    conversion.addMessage(batch.bytes, batch.start, batch.end, batch.lastOffset)
  }
  return conversion
}

class Conversion implements ConvertedSet {
  count = 0
  baseOffset = -1
  lastOffset = -1
  private readonly batch: RecordBatch
  private bytes = new Uint8Array(0)
  private at = 0

  constructor(batch: RecordBatch) {
    this.batch = batch
  }

  get records(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(this.at + more, this.bytes.length * 2))
    bytes.set(this.records)
    this.bytes = bytes
  }

  /**
   * Adds what the message bytes[start, end) at `offset` holds compressed. `inner`: that message lies in a set itself,
   * as brokers before 0.10 took them; no deeper. Answers how much of the limit is left.
   */
  addSet(
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    codecs: Codecs,
    limit: number,
    inner = false,
  ): number {
    const { magic } = this.batch
    const { valueAt, valueLength } = this.fieldsOf(bytes, start, end)
    if (valueLength < 0) this.fail('a compressed set that is null')
    const set = codecs.get(codecOf(bytes, start)).decompress(bytes.subarray(valueAt, valueAt + valueLength), limit)
    const bounds = this.boundsOf(set)
    const count = bounds.length - 1
    if (count === 0) this.fail('no messages')
    // The set has its last message's offset. In v0 the messages have their own; in v1 theirs count from the first,
    // which follows from the last.
    const base = magic === 0 ? 0 : offset - int64(set, bounds[count - 1]!)
    this.reserve(set.length + count * mostFraming)
    let left = limit - set.length
    for (let i = 0; i < count; i++) {
      const [from, to] = [bounds[i]!, bounds[i + 1]!]
      const at = base + int64(set, from)
      const [stated, found] = [int32(set, from + legacy.crcAt) >>> 0, crc32(set, from + layout.magicAt, to)]
      if (found !== stated)
        this.fail(`a damaged message at offset ${at}: its CRC is ${found.toString(16)}, not ${stated.toString(16)}`)
      if (codecOf(set, from) === 0) this.addMessage(set, from, to, at)
      else if (inner) this.fail('sets nested more than twice')
      else {
        left = this.addSet(set, from, to, at, codecs, left, true)
        this.reserve(set.length - to + (count - i) * mostFraming)
      }
    }
    return left
  }

  /** Adds the message bytes[start, end); there is room. */
  addMessage(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const { batch } = this
    const { keyAt, keyLength, valueAt, valueLength } = this.fieldsOf(bytes, start, end)
    if (this.count++ === 0) this.baseOffset = this.lastOffset = offset
    const offsetDelta = offset - this.baseOffset
    if (!(offset >= this.lastOffset && offset >= 0 && offset <= batch.lastOffset && offsetDelta <= 0x7fffffff))
      this.fail(`a message at offset ${offset}`)
    this.lastOffset = offset
    const delta = batch.magic === 0 ? 0 : int64(bytes, start + legacy.timestampAt) - batch.baseTimestamp
    if (!Number.isSafeInteger(delta)) this.fail('a timestamp out of range')
    const records = this.bytes
    let p = putVarint(
      records,
      this.at,
      2 + varlongWidth(delta) + varintWidth(offsetDelta) + fieldWidth(keyLength) + fieldWidth(valueLength),
    )
    records[p++] = 0 // attributes
    p = putVarlong(records, p, delta)
    p = putVarint(records, p, offsetDelta)
    p = putField(records, p, bytes, keyAt, keyLength)
    p = putField(records, p, bytes, valueAt, valueLength)
    records[p++] = 0 // headers
    this.at = p
  }

  /** Where each message of a set begins, and the end. */
  private boundsOf(set: Uint8Array): number[] {
    const { magic } = this.batch
    const bounds = [0]
    for (let at = 0; at < set.length; bounds.push(at)) {
      if (set.length - at < legacy.leastBytes(magic)) this.fail('a message that is cut off')
      const end = at + layout.lengthCoversFrom + int32(set, at + layout.lengthAt)
      if (end < at + legacy.leastBytes(magic) || end > set.length) this.fail('a message of impossible length')
      if (set[at + layout.magicAt] !== magic) this.fail('messages of another format')
      at = end
    }
    return bounds
  }

  /** Where key and value of the message bytes[start, end) lie; a length of -1 is null. */
  private fieldsOf(bytes: Uint8Array, start: number, end: number) {
    const keyLengthAt = start + legacy.keyLengthAt(this.batch.magic)
    const keyAt = keyLengthAt + 4
    const keyLength = int32(bytes, keyLengthAt)
    if (keyLength < -1 || keyLength > end - keyAt - 4) this.fail(`a key of ${keyLength} bytes`)
    const valueAt = keyAt + Math.max(keyLength, 0) + 4
    const valueLength = int32(bytes, valueAt - 4)
    if (valueLength < -1 || valueAt + Math.max(valueLength, 0) !== end) this.fail(`a value of ${valueLength} bytes`)
    return { keyAt, keyLength, valueAt, valueLength }
  }

  private fail(what: string): never {
    throw new ProtocolError(`the message set up to offset ${this.batch.lastOffset} holds ${what}`)
  }
}

function codecOf(bytes: Uint8Array, start: number): number {
  return bytes[start + legacy.attributesAt]! & layout.codecMask
}

function fieldWidth(length: number): number {
  return length < 0 ? 1 : varintWidth(length) + length
}

function putField(into: Uint8Array, at: number, from: Uint8Array, start: number, length: number): number {
  if (length < 0) {
    into[at] = 1
    return at + 1
  }
  const p = putVarint(into, at, length)
  into.set(from.subarray(start, start + length), p)
  return p + length
}
