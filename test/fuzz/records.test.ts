import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { gzip } from '../../src/compression/gzip.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { readControl } from '../../src/records/control.ts'
import { decodeBatch } from '../../src/records/decode-batch.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { codecs, repairCrc } from '../records/raw.ts'
import { bytesOf } from '../records/vectors.ts'
import { random } from '../support/random.ts'
import { mutated } from './mutate.ts'

const limit = 1024 * 1024
const cases = 20_000

/** Fetch answers of all kinds of batches. */
function seeds(): Uint8Array[] {
  const builder = new BatchBuilder()
  for (let i = 0; i < 40; i++)
    builder.append(`key ${i}`, 'v'.repeat(i * 7), i % 3 === 0 ? [{ key: 'h', value: 'x' }] : null, 1_700_000_000_000 + i * 1e9)
  const stamp = { producerId: 1, producerEpoch: 0, baseSequence: 0 }
  const own = builder.finish(stamp).slice()
  const packed = builder.finish({ ...stamp, compression: gzip }).slice()
  const [plain, compacted, commit] = [bytesOf('plain'), bytesOf('compacted'), bytesOf('commit')]
  const older = [concat([bytesOf('v0'), bytesOf('v1Gzip')]), bytesOf('v0Lz4'), bytesOf('v1Snappy')]
  return [
    plain,
    own,
    packed,
    bytesOf('logAppendTime'),
    concat([plain, commit, compacted]),
    concat([commit, packed, plain.subarray(0, 50)]),
    ...older,
  ]
}

/** All that is done with a Fetch answer's bytes; both decoders must agree. Answers the records seen. */
function readAll(bytes: Uint8Array, repair: boolean): number {
  const cursor = new RecordCursor()
  let seen = 0
  for (const batch of scanBatches(bytes)) {
    if (repair) repairCrc(bytes.subarray(batch.start, batch.end))
    batch.verify()
    if (batch.isControl) {
      seen += readControl(batch).length
      continue
    }
    const messages = decodeBatch(batch.detach(), { topic: 'fuzz', partition: 0, highWaterMark: 0, codecs, limit })
    cursor.reset(batch, codecs, limit)
    for (const { offset, timestamp, key, value } of messages) {
      const agreed = cursor.next() && cursor.offset === offset && cursor.timestamp === timestamp
      if (!agreed || cursor.keyLength !== (key?.length ?? -1) || cursor.valueLength !== (value?.length ?? -1))
        throw new Error(`the decoders differ at ${offset}`)
    }
    if (cursor.next()) throw new Error('the cursor sees more')
    seen += messages.length
  }
  return seen
}

describe(`${cases} mutated Fetch answers`, () => {
  test.each([
    ['the CRC as it is', false],
    ['the CRC made right after the damage', true],
  ])('%s: typed errors only, bounded time and memory', (_, repair) => {
    const next = random(20_261_122)
    const all = seeds()
    const outcomes = { read: 0, refused: 0 }
    const memory = process.memoryUsage().arrayBuffers
    const begin = performance.now()
    for (let round = 0; round < cases; round++) {
      const bytes = mutated(all[Math.floor(next() * all.length)]!, next)
      try {
        readAll(bytes, repair)
        outcomes.read++
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`round ${round}`, { cause: error })
        outcomes.refused++
      }
    }
    expect(performance.now() - begin).toBeLessThan(15_000)
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(128 * limit)
    // Each way out must have been taken often, or the mutations are no test.
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(cases / 100)
  })

  test('the seeds themselves are read whole', () => {
    expect(seeds().map(bytes => readAll(bytes, false))).toEqual([4, 40, 40, 4, 7, 41, 8, 4, 4])
  })
})
