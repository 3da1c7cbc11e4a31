import { crc32 } from '../../src/bytes/crc32.ts'
import { crc32c } from '../../src/bytes/crc32c.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { decodeBatch } from '../../src/records/decode-batch.ts'
import type { Message } from '../../src/records/message.ts'
import { type RecordBatch, scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { builtinCodecs } from '../support/codecs.ts'

export const codecs = new Codecs()
codecs.offer(builtinCodecs)

/** A batch of whatever bytes as its records, with a header that says so and a CRC that is right. */
export function rawBatch(
  records: readonly number[] | Uint8Array,
  fields: {
    count?: number
    lastOffsetDelta?: number
    attributes?: number
    baseTimestamp?: bigint
    baseOffset?: bigint
  } = {},
): Uint8Array {
  const {
    count = 1,
    lastOffsetDelta = Math.max(count - 1, 0),
    attributes = 0,
    baseTimestamp = 0n,
    baseOffset = 0n,
  } = fields
  const bytes = new Uint8Array(61 + records.length)
  const view = new DataView(bytes.buffer)
  view.setBigInt64(0, baseOffset)
  view.setInt32(8, bytes.length - 12)
  view.setInt8(16, 2)
  view.setInt16(21, attributes)
  view.setInt32(23, lastOffsetDelta)
  view.setBigInt64(27, baseTimestamp)
  view.setBigInt64(35, baseTimestamp)
  view.setBigInt64(43, -1n)
  view.setInt16(51, -1)
  view.setInt32(53, -1)
  view.setInt32(57, count)
  bytes.set(records, 61)
  repairCrc(bytes)
  return bytes
}

/** Makes the CRC of a batch, or of a message of an older format, right again. */
export function repairCrc(batch: Uint8Array): void {
  const view = new DataView(batch.buffer, batch.byteOffset)
  if (batch[16]! < 2) view.setUint32(12, crc32(batch, 16))
  else view.setUint32(17, crc32c(batch, 21, batch.length))
}

export interface MessageFields {
  magic?: number
  attributes?: number
  timestamp?: bigint
  key?: Uint8Array | null
  value?: Uint8Array | null
}

/** A message of format v0 or v1, with a CRC that is right. */
export function message(
  offset: bigint,
  { magic = 1, attributes = 0, timestamp = 5n, key = null, value = Uint8Array.of(7) }: MessageFields = {},
): Uint8Array {
  const bytes = new Uint8Array((magic === 0 ? 18 : 26) + 8 + (key?.length ?? 0) + (value?.length ?? 0))
  const view = new DataView(bytes.buffer)
  view.setBigInt64(0, offset)
  view.setInt32(8, bytes.length - 12)
  view.setInt8(16, magic)
  view.setInt8(17, attributes)
  if (magic > 0) view.setBigInt64(18, timestamp)
  let at = magic === 0 ? 18 : 26
  for (const part of [key, value]) {
    view.setInt32(at, part === null ? -1 : part.length)
    bytes.set(part ?? [], at + 4)
    at += 4 + (part?.length ?? 0)
  }
  view.setUint32(12, crc32(bytes, 16))
  return bytes
}

export function onlyBatch(bytes: Uint8Array): RecordBatch {
  const batches = scanBatches(bytes)
  if (batches.length !== 1) throw new Error(`${batches.length} batches`)
  return batches[0]!
}

/** Verified and decoded to messages. */
export function messagesOf(batch: RecordBatch, from?: number): Message[] {
  batch.verify()
  return decodeBatch(batch, { topic: 'orders', partition: 3, highWaterMark: 1000, codecs }, from)
}

/** What a cursor sees, in plain objects. */
export function walked(batch: RecordBatch, cursor = new RecordCursor()) {
  const seen = []
  cursor.reset(batch, codecs)
  while (cursor.next()) {
    const { offset, timestamp, key, value, headers, keyLength, valueLength } = cursor
    seen.push({ offset, timestamp, key, value, headers, keyLength, valueLength })
  }
  return seen
}
