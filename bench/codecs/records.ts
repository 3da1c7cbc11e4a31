import { createRecordsBatch, Reader, readRecordsBatch, type Writer } from '@platformatic/kafka'
import { Codecs } from '../../src/compression/codecs.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { BatchDecoder, decodeBatch } from '../../src/records/decode-batch.ts'
import type { HeaderInput, Message } from '../../src/records/message.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { bestOf, type Row, versus } from './measure.ts'

const stamp = { producerId: -1, producerEpoch: -1, baseSequence: -1 }
const time = 1_700_000_000_000
const codecs = new Codecs()
const peer = 'platformatic'
const context = { topic: 't', partition: 0, highWaterMark: 0, codecs }
let seen = 0

interface Shape {
  readonly name: string
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: readonly (HeaderInput & { value: Buffer })[]
  /** Milliseconds from one record to the next. */
  readonly step: number
}

const value = Buffer.alloc(100, 'x')
const shapes: readonly Shape[] = [
  { name: '100 B', key: null, value, headers: [], step: 0 },
  { name: '100 B and a key', key: Buffer.from('customer-17'), value, headers: [], step: 0 },
  { name: '100 B, key, 2 headers, 5 ms', key: Buffer.from('customer-17'), value, headers: twoHeaders(), step: 5 },
]

function twoHeaders(): Shape['headers'] {
  return [
    { key: 'trace', value: Buffer.from('0af7651916cd43dd8448eb211c80319c') },
    { key: 'type', value: Buffer.from('order') },
  ]
}

/** A Writer's batches, just under a million bytes, of records of a few shapes. */
export function records(): Row[] {
  return shapes.flatMap(rowsOf)
}

function rowsOf({ name, key, value, headers, step }: Shape): Row[] {
  const builder = new BatchBuilder()
  const append = (i: number): void => builder.append(key, value, headers, time + i * step)
  while (builder.size < 980_000) append(builder.count)
  const count = builder.count
  const bytes = new Uint8Array(builder.finish(stamp))
  const encode = (): Uint8Array => {
    builder.reset()
    for (let i = 0; i < count; i++) append(i)
    return builder.finish(stamp)
  }
  const map = headers.length === 0 ? undefined : new Map(headers.map(header => [Buffer.from(header.key), header.value]))
  const messages = Array.from({ length: count }, (_, i) => ({
    topic: 't',
    key: key ?? undefined,
    value,
    headers: map,
    timestamp: BigInt(time + i * step),
  }))
  // It stamps a partition leader epoch of its own, and base sequence 0.
  const encodeTheirs = (): Writer => createRecordsBatch(messages as never, {})
  if (encodeTheirs().length !== encode().length) throw new Error('the batches differ')

  const decode = (): Message[] => {
    const batch = new RecordBatch(bytes, 0, bytes.length)
    batch.verify()
    return decodeBatch(batch, context)
  }
  // As a Reader does message by message.
  const decodeSome = (): void => {
    const batch = new RecordBatch(bytes, 0, bytes.length)
    batch.verify()
    const decoder = new BatchDecoder(batch, context)
    while (decoder.take(1000).length > 0);
  }
  const cursor = new RecordCursor()
  const walk = (): void => {
    const batch = new RecordBatch(bytes, 0, bytes.length)
    batch.verify()
    cursor.reset(batch, codecs)
    while (cursor.next()) seen += cursor.valueLength
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  // It checks no CRC.
  const decodeTheirs = (): { records: unknown[] } => readRecordsBatch(Reader.from(buffer))
  if (decode().length !== count || decodeTheirs().records.length !== count) throw new Error('not all records were read')
  const rows = [
    versus(`encode with CRC: ${name}`, count, encode, peer, encodeTheirs, headers.length === 0 ? '>= 15' : ''),
    versus(`CRC and decode: ${name}`, count, decode, peer, decodeTheirs, '>= 2.5'),
    versus(`CRC and decode by the 1,000: ${name}`, count, decodeSome, peer, decodeTheirs, '>= 2.5'),
    versus(`CRC and cursor: ${name}`, count, walk, peer, decodeTheirs, ''),
  ]
  if (seen === 0) throw new Error('nothing was walked')
  return rows
}

/**
 * The same records in batches of many sizes: a record must cost the same. Each size is as many batches as fill the same memory, more than
 * the caches hold, so that what differs is the size of the batch alone. (64 KiB again and again would stay in the cache.)
 */
export function flatness(): Row[] {
  const sizes = [64, 1024, 8 * 1024, 32 * 1024].map(kibibytes => ({ kibibytes, ...filled(kibibytes * 1024) }))
  const cursor = new RecordCursor()
  const walk = (batch: RecordBatch): void => {
    cursor.reset(batch, codecs)
    while (cursor.next());
  }
  const ways: [string, (batch: RecordBatch) => void][] = [
    ['walk', walk],
    [
      'CRC and walk',
      batch => {
        batch.verify()
        walk(batch)
      },
    ],
    [
      'CRC and decode by the 1,000',
      batch => {
        batch.verify()
        const decoder = new BatchDecoder(batch, context)
        while (decoder.take(1000).length > 0);
      },
    ],
  ]
  return ways.flatMap(([way, body]) => {
    const count = sizes[0]!.count
    const times = bestOf(
      count,
      sizes.map(
        ({ batches }) =>
          () =>
            batches.forEach(body),
      ),
    )
    return sizes.map(({ kibibytes, count: own }, i) => {
      const ours = (times[i]! * count) / own
      return { what: `${way}: batches of ${kibibytes} KiB`, ours, ratio: times[0]! / ours, goal: 'flat: about 1' }
    })
  })
}

/** Batches of this size side by side in 64 MiB. */
function filled(size: number): { batches: RecordBatch[]; count: number } {
  const builder = new BatchBuilder({ capacity: size + 200 })
  while (builder.size < size) builder.append(null, value, null, time)
  const one = builder.finish(stamp)
  const number = (64 * 1024 * 1024) / size
  const memory = new Uint8Array(number * one.length)
  const batches = Array.from({ length: number }, (_, i) => {
    memory.set(one, i * one.length)
    return new RecordBatch(memory, i * one.length, (i + 1) * one.length)
  })
  return { batches, count: builder.count * number }
}
