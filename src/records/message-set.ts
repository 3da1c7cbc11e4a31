import { ProtocolError } from '../base/errors.ts'
import type { Codecs } from '../compression/codecs.ts'
import * as layout from './batch-layout.ts'
import { int32, int64 } from './bytes.ts'
import * as legacy from './message-set-layout.ts'
import type { RecordBatch } from './record-batch.ts'
import { putVarint, putVarlong, varintWidth, varlongWidth } from './varint.ts'

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
 * Writes what a v0 or v1 "batch" holds, one message or a compressed set of them, as records of format v2, timestamps relative to the batch's. So
 * there is one decoder; these formats are rare enough to pay for a copy.
 */
export function convertMessageSet(batch: RecordBatch, codecs: Codecs, limit: number): ConvertedSet {
  if (batch.codec === 0) return converted(batch, batch.bytes, [batch.start, batch.end], batch.baseOffset)
  const { valueAt, valueLength } = fieldsOf(batch, batch.bytes, batch.start, batch.end)
  if (valueLength < 0) fail(batch, 'a compressed set that is null')
  const set = codecs.get(batch.codec).decompress(batch.bytes.subarray(valueAt, valueAt + valueLength), limit)
  // Where each message begins, and the end.
  const bounds = [0]
  for (let at = 0; at < set.length; bounds.push(at)) {
    if (set.length - at < legacy.leastBytes(batch.magic)) fail(batch, 'a message that is cut off')
    const end = at + layout.lengthCoversFrom + int32(set, at + layout.lengthAt)
    if (end < at + legacy.leastBytes(batch.magic) || end > set.length) fail(batch, 'a message of impossible length')
    if (set[at + layout.magicAt] !== batch.magic) fail(batch, 'messages of another format')
    if ((set[at + legacy.attributesAt]! & layout.codecMask) !== 0) fail(batch, 'a compressed set in a compressed set')
    at = end
  }
  if (bounds.length === 1) fail(batch, 'no messages')
  // The set has its last message's offset. In v0 the messages have their own; in v1 theirs count from the first, which follows from the last.
  const last = int64(set, bounds[bounds.length - 2]!)
  return converted(batch, set, bounds, batch.magic === 0 ? 0 : batch.lastOffset - last)
}

/** The messages that lie between `bounds`, as records. An uncompressed message has its offset from the batch. */
function converted(batch: RecordBatch, bytes: Uint8Array, bounds: readonly number[], offsetBase: number): ConvertedSet {
  const count = bounds.length - 1
  const offsetOf = (i: number): number => (batch.codec === 0 ? batch.baseOffset : offsetBase + int64(bytes, bounds[i]!))
  const baseOffset = offsetOf(0)
  const records = new Uint8Array(bounds[count]! - bounds[0]! + count * mostFraming)
  let lastOffset = baseOffset
  let p = 0
  for (let i = 0; i < count; i++) {
    const start = bounds[i]!
    const { keyAt, keyLength, valueAt, valueLength } = fieldsOf(batch, bytes, start, bounds[i + 1]!)
    const offset = offsetOf(i)
    if (!(offset >= lastOffset && offset >= 0 && offset <= batch.lastOffset && offset - baseOffset <= 0x7fffffff))
      fail(batch, `a message at offset ${offset}`)
    lastOffset = offset
    const delta = batch.magic === 0 ? 0 : int64(bytes, start + legacy.timestampAt) - batch.baseTimestamp
    if (!Number.isSafeInteger(delta)) fail(batch, 'a timestamp out of range')
    p = putVarint(records, p, 2 + varlongWidth(delta) + varintWidth(offset - baseOffset) + fieldWidth(keyLength) + fieldWidth(valueLength))
    records[p++] = 0 // attributes
    p = putVarlong(records, p, delta)
    p = putVarint(records, p, offset - baseOffset)
    p = putField(records, p, bytes, keyAt, keyLength)
    p = putField(records, p, bytes, valueAt, valueLength)
    records[p++] = 0 // headers
  }
  return { records: records.subarray(0, p), count, baseOffset, lastOffset }
}

interface Fields {
  readonly keyAt: number
  /** -1 for null, here and below. */
  readonly keyLength: number
  readonly valueAt: number
  readonly valueLength: number
}

/** Where key and value of the message bytes[start, end) lie. */
function fieldsOf(batch: RecordBatch, bytes: Uint8Array, start: number, end: number): Fields {
  const keyLengthAt = start + legacy.keyLengthAt(batch.magic)
  const keyAt = keyLengthAt + 4
  const keyLength = int32(bytes, keyLengthAt)
  if (keyLength < -1 || keyLength > end - keyAt - 4) fail(batch, `a key of ${keyLength} bytes`)
  const valueAt = keyAt + Math.max(keyLength, 0) + 4
  const valueLength = int32(bytes, valueAt - 4)
  if (valueLength < -1 || valueAt + Math.max(valueLength, 0) !== end) fail(batch, `a value of ${valueLength} bytes`)
  return { keyAt, keyLength, valueAt, valueLength }
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

function fail(batch: RecordBatch, what: string): never {
  throw new ProtocolError(`the message set up to offset ${batch.lastOffset} holds ${what}`)
}
