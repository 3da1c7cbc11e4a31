// What one record costs to encode and decode, and how fast a checksum is taken: `node --conditions isokafka-source
// bench/micro/records.ts` (Node ≥ 22.18 reads TypeScript). One process, no broker; each figure is the best of several
// rounds, as what disturbs a measurement only ever makes it slower.
import { natives } from '../../adapters/node/index.ts'
import { crc32c } from '../../src/bytes/crc32c.ts'
import { crc32cSlice } from '../../src/bytes/crc32c-slice.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { decodeBatch } from '../../src/records/decode-batch.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'

const rounds = 7
const stamp = { producerId: 1n, producerEpoch: 0, baseSequence: 0 }
const codecs = new Codecs()

/** Nanoseconds per unit of `body`, which does `units` of them. */
function measure(units: number, body: () => void): number {
  const repeats = Math.max(1, Math.round(3e6 / units))
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    for (let i = 0; i < repeats; i++) body()
    best = Math.min(best, ((performance.now() - begin) * 1e6) / (repeats * units))
  }
  return best
}

function show(what: string, nanoseconds: number): void {
  console.log(`${what.padEnd(58)}${nanoseconds.toFixed(1).padStart(8)} ns`)
}

for (const size of [100, 1024]) {
  // A batch as the Writer closes it: just under a million bytes.
  const count = Math.floor(990_000 / (size + 12))
  const value = new Uint8Array(size).fill(120)
  const text = 'x'.repeat(size)
  const key = 'customer-17'
  const builder = new BatchBuilder()
  const fill = (recordKey: string | null, recordValue: string | Uint8Array): void => {
    builder.reset()
    for (let i = 0; i < count; i++) builder.append(recordKey, recordValue, null, 1_700_000_000_000 + (i & 63))
  }
  show(
    `encode ${size} B, bytes`,
    measure(count, () => fill(null, value)),
  )
  show(
    `encode ${size} B, bytes, with header and CRC`,
    measure(count, () => {
      fill(null, value)
      builder.finish(stamp)
    }),
  )
  show(
    `encode ${size} B, text and a short key`,
    measure(count, () => fill(key, text)),
  )
  const quick = new BatchBuilder(natives)
  show(
    `encode ${size} B, text and a short key, native UTF-8`,
    measure(count, () => {
      quick.reset()
      for (let i = 0; i < count; i++) quick.append(key, text, null, 1_700_000_000_000 + (i & 63))
    }),
  )

  fill(key, value)
  const batch = new RecordBatch(builder.finish(stamp).slice(), 0, builder.size)
  const cursor = new RecordCursor()
  let sum = 0
  show(
    `walk ${size} B with a cursor`,
    measure(count, () => {
      cursor.reset(batch, codecs)
      while (cursor.next()) sum += cursor.valueLength
    }),
  )
  show(
    `walk ${size} B with a cursor, CRC checked, value viewed`,
    measure(count, () => {
      batch.verify()
      cursor.reset(batch, codecs)
      while (cursor.next()) sum += cursor.value!.length
    }),
  )
  const context = { topic: 'orders', partition: 0, highWaterMark: count, codecs }
  show(
    `decode ${size} B to messages`,
    measure(count, () => {
      sum += decodeBatch(batch, context).length
    }),
  )
  if (sum === 0) throw new Error('nothing was read')
}

for (const size of [64 * 1024, 1024 * 1024, 32 * 1024 * 1024]) {
  const builder = new BatchBuilder({ capacity: size + 200 })
  const value = new Uint8Array(100)
  while (builder.size < size) builder.append(null, value, null, 1_700_000_000_000)
  const batch = new RecordBatch(builder.finish(stamp), 0, builder.size)
  const cursor = new RecordCursor()
  show(
    `walk 100 B in a batch of ${size / 1024} KiB`,
    measure(batch.count, () => {
      cursor.reset(batch, codecs)
      while (cursor.next());
    }),
  )
}

const noise = new Uint8Array(1024 * 1024)
for (let i = 0; i < noise.length; i++) noise[i] = Math.imul(i, 2654435761) >>> 24
for (const size of [100, 1000, 1024, 16 * 1024, 64 * 1024, 1024 * 1024]) {
  const gigabytes = (crc: () => number): string => (1 / measure(size, () => void crc())).toFixed(2).padStart(6)
  console.log(
    `CRC-32C of ${size} B, GB/s: ${gigabytes(() => crc32c(noise, 0, size))}; by tables alone ${gigabytes(() => crc32cSlice(-1, noise, 0, size))}`,
  )
}
