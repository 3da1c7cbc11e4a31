import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka'
import { Codecs } from '../../src/compression/codecs.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { decodeBatch } from '../../src/records/decode-batch.ts'
import type { Message } from '../../src/records/message.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { bestOf, type Row, versus } from './measure.ts'

const stamp = { producerId: -1, producerEpoch: -1, baseSequence: -1 }
const time = 1_700_000_000_000
const codecs = new Codecs()

/** A Writer's batch of 100-byte records, just under a million bytes. */
export function records(): Row[] {
  const count = 8800
  const value = Buffer.alloc(100, 'x')
  const builder = new BatchBuilder()
  const encode = (): Uint8Array => {
    builder.reset()
    for (let i = 0; i < count; i++) builder.append(null, value, null, time + (i & 63))
    return builder.finish(stamp)
  }
  const messages = Array.from({ length: count }, (_, i) => ({ topic: 't', key: undefined, value, timestamp: BigInt(time + (i & 63)) }))
  const encodeTheirs = (): unknown => createRecordsBatch(messages, {})

  const bytes = encode().slice()
  const decode = (): Message[] => {
    const into: Message[] = []
    const batch = new RecordBatch(bytes, 0, bytes.length)
    batch.verify()
    decodeBatch(batch, { topic: 't', partition: 0, highWaterMark: count, codecs }, into)
    return into
  }
  const cursor = new RecordCursor()
  let seen = 0
  const walk = (): void => {
    const batch = new RecordBatch(bytes, 0, bytes.length)
    batch.verify()
    cursor.reset(batch, codecs)
    while (cursor.next()) seen += cursor.valueLength
  }
  // It checks no CRC.
  const decodeTheirs = (): { records: unknown[] } =>
    readRecordsBatch(Reader.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))
  if (decode().length !== count || decodeTheirs().records.length !== count) throw new Error('not all records were read')
  const peer = 'platformatic'
  const rows = [
    versus('encode 100 B with CRC, a record', count, encode, peer, encodeTheirs, '>= 15'),
    versus('decode 100 B with CRC to messages, a record', count, decode, peer, decodeTheirs, '>= 2.5'),
    versus('decode 100 B with CRC by cursor, a record', count, walk, peer, decodeTheirs, ''),
  ]
  if (seen === 0) throw new Error('nothing was walked')
  return rows
}

/** The same records in batches of many sizes: a record must cost the same. */
export function flatness(): Row[] {
  const value = new Uint8Array(100).fill(120)
  let first: number | undefined
  return [64, 1024, 8 * 1024, 32 * 1024].map(kibibytes => {
    const builder = new BatchBuilder({ capacity: kibibytes * 1024 + 200 })
    while (builder.size < kibibytes * 1024) builder.append(null, value, null, time)
    const batch = new RecordBatch(builder.finish(stamp), 0, builder.size)
    const cursor = new RecordCursor()
    const [ours] = bestOf(batch.count, [
      () => {
        cursor.reset(batch, codecs)
        while (cursor.next());
      },
    ])
    first ??= ours!
    return { what: `walk a batch of ${kibibytes} KiB, a record`, ours: ours!, ratio: first / ours!, goal: 'flat: about 1' }
  })
}
