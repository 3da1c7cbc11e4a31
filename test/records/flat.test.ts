import { expect, test } from 'vitest'
import { Codecs } from '../../src/compression/codecs.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { decodeBatch } from '../../src/records/decode-batch.ts'
import { scanBatches } from '../../src/records/record-batch.ts'

/** An answer of so many batches of 100-byte records, 64 KiB each. */
function answer(batches: number): Uint8Array {
  const builder = new BatchBuilder()
  for (let i = 0; i < 580; i++) builder.append(null, 'x'.repeat(100), null, i)
  const one = builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }).slice()
  const bytes = new Uint8Array(one.length * batches)
  for (let i = 0; i < batches; i++) bytes.set(one, i * one.length)
  return bytes
}

test('peers get slower by the byte: a record of an answer of 16 MiB takes no longer to decode than one of 256 KiB', () => {
  const context = { topic: 't', partition: 0, highWaterMark: 0, codecs: new Codecs() }
  const read = (records: Uint8Array, times: number): number => {
    let count = 0
    const before = process.cpuUsage()
    for (let i = 0; i < times; i++)
      for (const batch of scanBatches(records)) {
        batch.verify()
        count += decodeBatch(batch, context).length
      }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / count
  }
  const [small, large] = [answer(4), answer(256)]
  read(small, 64)
  // The best of a few turns each, side by side: what else the machine does can only make one slower.
  const turns = [1, 2, 3].map(() => ({ small: read(small, 64), large: read(large, 1) }))
  const best = (size: 'small' | 'large'): number => Math.min(...turns.map(turn => turn[size]))
  // A quadratic one would be 64 times as slow.
  expect(best('large') / best('small')).toBeLessThan(4)
})
