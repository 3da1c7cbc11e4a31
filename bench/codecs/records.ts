import { createRecordsBatch, type Writer } from '@platformatic/kafka'
import { Codecs } from '../../src/compression/codecs.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { BatchDecoder } from '../../src/records/decode-batch.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { bestOf, type Row, versus } from './measure.ts'
import { filledBuilder, shapes, stamp, time, value } from './shapes.ts'

const codecs = new Codecs()
const context = { topic: 't', partition: 0, highWaterMark: 0, codecs }

/** Encodes a Writer's batches, just under a million bytes, of records of a few shapes. */
export function encoding(): Row[] {
  return shapes.map(shape => {
    const { name, key, value, headers, step } = shape
    const builder = filledBuilder(shape)
    const { count } = builder
    const encode = (): Uint8Array => {
      builder.reset()
      for (let i = 0; i < count; i++) builder.append(key, value, headers, time + i * step)
      return builder.finish(stamp)
    }
    const map =
      headers.length === 0 ? undefined : new Map(headers.map(header => [Buffer.from(header.key), header.value]))
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
    return versus(
      `encode with CRC: ${name}`,
      count,
      encode,
      'platformatic',
      encodeTheirs,
      headers.length === 0 ? '>= 15' : '',
    )
  })
}

/**
 * The same records in batches of many sizes: a record must cost the same. Each size is as many batches as fill the same
 * memory, more than the caches hold, so that what differs is the size of the batch alone. (64 KiB again and again would
 * stay in the cache.)
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
