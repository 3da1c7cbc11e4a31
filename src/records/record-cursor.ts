import { ProtocolError } from '../base/errors.ts'
import { defaultDecompressLimit } from '../compression/codec.ts'
import type { Codecs } from '../compression/codecs.ts'
import * as layout from './batch-layout.ts'
import { HeaderKeys } from './header-keys.ts'
import { type Header, noHeaders } from './message.ts'
import { convertMessageSet } from './message-set.ts'
import type { RecordBatch } from './record-batch.ts'

/** Length, attributes, timestamp, offset, key, value and headers, a byte each. */
const leastRecordBytes = 7
const empty = new Uint8Array(0)

/** The records of a compressed batch (v2), at most `limit` bytes; what the codec throws says what is wrong with it. */
export function decompressed(batch: RecordBatch, codecs: Codecs, limit: number): Uint8Array {
  return codecs.get(batch.codec).decompress(batch.bytes.subarray(batch.start + layout.headerBytes, batch.end), limit)
}

/**
 * Walks a batch's records without making an object of each: what it says is about the current record and changes with
 * `next()`.
 *
 * `key`, `value` and header values are views into the batch's bytes (or what they decompressed to), and die with them: copy what is to stay.
 */
export class RecordCursor {
  /** The current record's offset; −1 before the first. */
  offset = -1
  /** Milliseconds since 1970; -1 for none. */
  timestamp = -1
  /** Bytes of the key; -1 for null. */
  keyLength = -1
  /** Bytes of the value; -1 for null. */
  valueLength = -1
  /** Records behind this one. */
  left = 0

  private bytes: Uint8Array = empty
  /** What `bytes` is a view of, and from where: a view made of that takes two thirds of the time of subarray(). */
  protected buffer: ArrayBufferLike = empty.buffer
  protected origin = 0
  private at = 0
  private end = 0
  private baseOffset = 0
  private lastOffset = 0
  private time = 0
  private appendTime = false
  protected keyAt = 0
  protected valueAt = 0
  private headersAt = 0
  private recordEnd = 0
  private readonly headerKeys = new HeaderKeys()
  /** Behind the varint last read by `varint` or `varlong`. */
  private behind = 0

  /**
   * Goes to the beginning of `batch`, which should be verified. A compressed one is decompressed whole, to at most
   * `limit` bytes (64 MiB); more is a DecompressionLimitError.
   */
  reset(batch: RecordBatch, codecs: Codecs, limit: number = defaultDecompressLimit): this {
    if (batch.magic < 2) {
      const { records, count, baseOffset } = convertMessageSet(batch, codecs, limit)
      return this.resetTo(batch, records, count, baseOffset)
    }
    return this.resetTo(batch, batch.codec === 0 ? batch.bytes : decompressed(batch, codecs, limit))
  }

  /** As `reset`, where the batch's records are already decompressed: `records` holds them alone, or is all its bytes. */
  resetTo(batch: RecordBatch, records: Uint8Array, count = batch.count, baseOffset = batch.baseOffset): this {
    this.left = count
    this.baseOffset = baseOffset
    this.lastOffset = batch.lastOffset
    this.bytes = records
    this.buffer = this.bytes.buffer
    this.origin = this.bytes.byteOffset
    const inPlace = this.bytes === batch.bytes
    this.at = inPlace ? batch.start + layout.headerBytes : 0
    this.end = inPlace ? batch.end : this.bytes.length
    this.appendTime = batch.logAppendTime
    this.time = batch.logAppendTime ? batch.maxTimestamp : batch.baseTimestamp
    this.headersAt = this.recordEnd = this.at
    this.keyLength = this.valueLength = this.offset = this.timestamp = -1
    if (this.left * leastRecordBytes > this.end - this.at)
      this.fail(`${this.left} records in ${this.end - this.at} bytes`)
    return this
  }

  /**
   * Moves to the next record; false at the end. Throws a ProtocolError for records that aren't what their batch says.
   */
  next(): boolean {
    if (this.left === 0) {
      if (this.at !== this.end) this.fail('bytes behind the last record')
      return false
    }
    // Varints of one and two bytes, nearly all, are read in place. Reading past the record's end is noticed below, past
    // the array's by `varint`.
    const bytes = this.bytes
    let p = this.at
    let z = bytes[p]!
    if (z < 0x80) p++
    else if (bytes[p + 1]! < 0x80) {
      z = (z & 0x7f) | (bytes[p + 1]! << 7)
      p += 2
    } else {
      z = this.varint(p, this.end)
      p = this.behind
    }
    const end = p + (z >>> 1)
    if ((z & 1) !== 0 || end > this.end) this.fail('a record of impossible length')

    p++ // attributes: none are defined
    z = bytes[p]!
    let delta: number
    if (z < 0x80) {
      delta = (z >>> 1) ^ -(z & 1)
      p++
    } else {
      delta = this.varlong(p, end)
      p = this.behind
    }
    this.timestamp = this.appendTime ? this.time : this.time + delta

    z = bytes[p]!
    if (z < 0x80) p++
    else if (bytes[p + 1]! < 0x80) {
      z = (z & 0x7f) | (bytes[p + 1]! << 7)
      p += 2
    } else if (bytes[p + 2]! < 0x80) {
      // From the batch's 8,192nd record on.
      z = (z & 0x7f) | ((bytes[p + 1]! & 0x7f) << 7) | (bytes[p + 2]! << 14)
      p += 3
    } else {
      z = this.varint(p, end)
      p = this.behind
    }
    this.offset = this.baseOffset + (z >>> 1)
    if ((z & 1) !== 0 || this.offset > this.lastOffset)
      this.fail(`a record beyond the batch's last offset, ${this.lastOffset}`)

    z = bytes[p]!
    if (z < 0x80) p++
    else {
      z = this.varint(p, end)
      p = this.behind
    }
    let length = (z >>> 1) ^ -(z & 1)
    this.keyAt = p
    this.keyLength = length
    if (length > 0) p += length
    else if (length < -1) this.fail(`a key of ${length} bytes`)

    z = bytes[p]!
    if (z < 0x80) p++
    else if (bytes[p + 1]! < 0x80) {
      z = (z & 0x7f) | (bytes[p + 1]! << 7)
      p += 2
    } else {
      z = this.varint(p, end)
      p = this.behind
    }
    length = (z >>> 1) ^ -(z & 1)
    this.valueAt = p
    this.valueLength = length
    if (length > 0) p += length
    else if (length < -1) this.fail(`a value of ${length} bytes`)

    // One byte at least for the number of headers; if that is 0, nothing else.
    if (p >= end || (bytes[p] === 0 && p + 1 !== end)) this.fail('a record whose parts are not as long as itself')
    this.headersAt = p
    this.recordEnd = this.at = end
    this.left--
    return true
  }

  /** The current record's key: a view; null for none. */
  get key(): Uint8Array | null {
    return this.keyLength < 0 ? null : new Uint8Array(this.buffer, this.origin + this.keyAt, this.keyLength)
  }

  /** The current record's value: a view; null for none. */
  get value(): Uint8Array | null {
    return this.valueLength < 0 ? null : new Uint8Array(this.buffer, this.origin + this.valueAt, this.valueLength)
  }

  /** Read at each call. Throws a ProtocolError when they are not what the record says. */
  get headers(): readonly Header[] {
    const { bytes, headersAt, recordEnd } = this
    if (headersAt === recordEnd || bytes[headersAt] === 0) return noHeaders
    const count = this.length(headersAt, recordEnd)
    if (count < 0 || count * 2 > recordEnd - this.behind)
      this.fail(`${count} headers in ${recordEnd - this.behind} bytes`)
    const headers: Header[] = []
    for (let i = 0; i < count; i++) {
      const keyLength = this.length(this.behind, recordEnd)
      const keyAt = this.behind
      if (keyLength < 0 || keyLength > recordEnd - keyAt) this.fail(`a header key of ${keyLength} bytes`)
      const valueLength = this.length(keyAt + keyLength, recordEnd)
      const valueAt = this.behind
      if (valueLength < -1 || valueLength > recordEnd - valueAt) this.fail(`a header value of ${valueLength} bytes`)
      this.behind = valueAt + Math.max(valueLength, 0)
      headers.push({
        key: this.headerKeys.read(i, bytes, keyAt, keyAt + keyLength),
        value: valueLength < 0 ? null : new Uint8Array(this.buffer, this.origin + valueAt, valueLength),
      })
    }
    if (this.behind !== recordEnd) this.fail('bytes behind the last header')
    return headers
  }

  private length(at: number, end: number): number {
    let z = this.bytes[at]!
    if (z < 0x80 && at < end) this.behind = at + 1
    else z = this.varint(at, end)
    return (z >>> 1) ^ -(z & 1)
  }

  /** An unsigned varint of at most 32 bits at `at`, not beyond `end`; sets `behind`. */
  private varint(at: number, end: number): number {
    let value = 0
    for (let shift = 0; shift < 35 && at < end; shift += 7) {
      const byte = this.bytes[at++]!
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.behind = at
        return value >>> 0
      }
    }
    return this.fail('a varint that is cut off or too long')
  }

  /** A zigzag varint of at most 64 bits; beyond a number's exact range it is an error. */
  private varlong(at: number, end: number): number {
    const first = at < end ? this.bytes[at++]! : 0x80
    // The sign is in the first byte, and 54 bits are more than a number holds: kept apart.
    let magnitude = (first & 0x7f) >>> 1
    let byte = first
    for (let scale = 0x40; byte > 0x7f; scale *= 0x80) {
      if (at >= end || scale > 2 ** 62) this.fail('a timestamp that is cut off or too long')
      byte = this.bytes[at++]!
      magnitude += (byte & 0x7f) * scale
    }
    if (magnitude > Number.MAX_SAFE_INTEGER) this.fail('a timestamp out of range')
    this.behind = at
    return (first & 1) === 0 ? magnitude : -magnitude - 1
  }

  private fail(what: string): never {
    throw new ProtocolError(`the record batch at offset ${this.baseOffset} holds ${what}`)
  }
}
