import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { type CompressionCodec, DecompressionLimitError } from '../../src/compression/codec.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { readControl } from '../../src/records/control.ts'
import { BatchDecoder, decodeBatch } from '../../src/records/decode-batch.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { codecs, message, rawBatch, repairCrc } from '../records/raw.ts'
import { type PlainRecord, plainly, readPlainly } from '../records/reference.ts'
import { bytesOf } from '../records/vectors.ts'
import { gzip, lz4, snappy, zstd } from '../support/codecs.ts'
import { repetitions } from '../support/effort.ts'
import { random } from '../support/random.ts'
import { farFromSquare, growth } from './growth.ts'
import { mutated } from './mutate.ts'

const limit = 1024 * 1024
const cases = repetitions(200, 2_000, 200_000)

/** Fetch answers of one kind of batches. */
interface Format {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
}

const stamp = { producerId: 1n, producerEpoch: 0, baseSequence: 0 }
const builder = new BatchBuilder()
for (let i = 0; i < 20; i++)
  builder.append(
    `key ${i}`,
    'v'.repeat(i * 14),
    i % 3 === 0 ? [{ key: 'é', value: 'x' }] : null,
    1_700_000_000_000 + i * 1e9,
  )
const own = builder.finish(stamp).slice()
const packed = (compression: CompressionCodec): Uint8Array => builder.finish({ ...stamp, compression }).slice()
const commit = bytesOf('commit')

const formats: Format[] = [
  {
    name: 'v2',
    seeds: [
      bytesOf('plain'),
      own,
      bytesOf('logAppendTime'),
      concat([bytesOf('transactional'), commit, bytesOf('compacted')]),
    ],
  },
  {
    name: 'v2 compressed',
    seeds: [
      bytesOf('gzip'),
      bytesOf('snappy'),
      bytesOf('lz4'),
      bytesOf('zstd'),
      ...[gzip, snappy, lz4, zstd].map(packed),
    ],
  },
  { name: 'v1', seeds: [bytesOf('v1'), concat([message(7n), message(8n, { key: new Uint8Array(90), value: null })])] },
  {
    name: 'v1 compressed',
    seeds: [bytesOf('v1Gzip'), bytesOf('v1Snappy'), bytesOf('v1Lz4'), bytesOf('v1LogAppendTime')],
  },
  {
    name: 'v0',
    seeds: [
      bytesOf('v0'),
      concat([message(7n, { magic: 0 }), message(9n, { magic: 0, key: new Uint8Array(90), value: null })]),
    ],
  },
  { name: 'v0 compressed', seeds: [bytesOf('v0Gzip'), bytesOf('v0Snappy'), bytesOf('v0Lz4')] },
  {
    name: 'all in one answer',
    seeds: [concat([bytesOf('v0'), bytesOf('v1Gzip'), commit, packed(snappy), own.subarray(0, 50)])],
  },
]

const cursor = new RecordCursor()

/**
 * All that is done with a Fetch answer's bytes; all ways of decoding must agree. Answers the records, and how many
 * markers there were.
 */
function readAll(bytes: Uint8Array, repair = false): { records: PlainRecord[]; markers: number } {
  const records: PlainRecord[] = []
  let markers = 0
  for (const batch of scanBatches(bytes)) {
    if (repair) repairCrc(bytes.subarray(batch.start, batch.end))
    batch.verify()
    if (batch.isControl) {
      markers += readControl(batch).length
      continue
    }
    const context = { topic: 'fuzz', partition: 0, highWaterMark: 0, codecs, limit }
    const whole = refusing(() => decodeBatch(batch.detach(), context).map(plainly))
    const plain =
      batch.magic === 2 && batch.codec === 0 ? readPlainly(bytes.subarray(batch.start, batch.end)) : whole.read
    expectSame(whole.read, plain)
    if (whole.read === undefined) throw whole.error
    const some = new BatchDecoder(batch, context)
    cursor.reset(batch, codecs, limit)
    for (let at = 0; at < whole.read.length; at += 3)
      expectSame(some.take(3).map(plainly), whole.read.slice(at, at + 3))
    for (const record of whole.read) expectSame(cursor.next() && plainly(cursor), record)
    if (some.take(3).length > 0 || cursor.next()) throw new Error('there is more')
    records.push(...whole.read)
  }
  return { records, markers }
}

function expectSame(found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted))
    throw new Error(`read differently: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}

function refusing<T>(task: () => T): { read: T; error?: undefined } | { read?: undefined; error: ProtocolError } {
  try {
    return { read: task() }
  } catch (error) {
    if (error instanceof ProtocolError) return { error }
    throw error
  }
}

/**
 * Damages seeds, and reads what became of them: either refused by a typed error or `judge`d. No case may take long, or
 * keep memory.
 */
function fuzz(seed: number, damaged: (next: () => number) => Uint8Array, read: (bytes: Uint8Array) => void): void {
  const next = random(seed)
  const outcomes = { read: 0, refused: 0 }
  const memory = process.memoryUsage().arrayBuffers
  let slowest = 0
  for (let round = 0; round < cases; round++) {
    const bytes = damaged(next)
    const begin = performance.now()
    try {
      if (refusing(() => read(bytes)).error === undefined) outcomes.read++
      else outcomes.refused++
    } catch (error) {
      throw new Error(`round ${round}: ${Buffer.from(bytes).toString('hex')}`, { cause: error })
    }
    slowest = Math.max(slowest, performance.now() - begin)
  }
  expect(slowest).toBeLessThan(1000)
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(128 * limit)
  // Each way out must have been taken often, or the mutations are no test.
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(cases / 200)
}

describe.each(formats)(`${cases} damaged answers each way: $name`, ({ seeds }) => {
  const damaged = (next: () => number): Uint8Array => mutated(seeds[Math.floor(next() * seeds.length)]!, next)
  /** What the CRCs cover of a record; they leave out where the batch lies. */
  const content = ({ timestamp, key, value, headers }: PlainRecord): string =>
    JSON.stringify([timestamp, key, value, headers])

  test('the CRC as it is: a typed error, or nothing that was not written', { timeout: 600_000 }, () => {
    const written = new Set(seeds.flatMap(bytes => readAll(bytes).records.map(content)))
    fuzz(20_261_122, damaged, bytes => {
      for (const record of readAll(bytes).records) if (!written.has(content(record))) throw new Error('never written')
    })
  })

  test('the CRC made right: a typed error, or the same by every decoder, the plain one too', {
    timeout: 600_000,
  }, () => {
    fuzz(20_261_123, damaged, bytes => readAll(bytes, true))
  })
})

describe(`${cases} batches damaged beneath their compression`, () => {
  test('v2: a typed error exactly when the plain decoder refuses the records, else the same records', {
    timeout: 600_000,
  }, () => {
    const wrap = (records: Uint8Array, attributes: number): Uint8Array =>
      rawBatch(attributes === 0 ? records : snappy.compress(records), {
        count: 20,
        attributes,
        baseTimestamp: 1_700_000_000_000n,
      })
    const damaged = (next: () => number): Uint8Array => wrap(mutated(own.subarray(61), next), snappy.code)
    fuzz(20_261_124, damaged, bytes => {
      const plain = readPlainly(wrap(snappy.decompress(bytes.subarray(61), limit), 0))
      const read = refusing(() => readAll(bytes).records)
      expectSame(read.read, plain)
      if (read.error !== undefined) throw read.error
    })
  })

  test.each([0, 1])(
    'v%i: a typed error, or the same by every decoder; the inner CRCs as they are, or right',
    { timeout: 600_000 },
    magic => {
      const inner = [3n, 5n, 6n].map(offset =>
        message(offset, { magic, key: new Uint8Array(Number(offset) * 9), value: new Uint8Array(30) }),
      )
      const nested = message(6n, { magic, attributes: snappy.code, value: snappy.compress(concat(inner)) })
      const damaged = (next: () => number): Uint8Array => {
        const set = mutated(concat(next() < 0.7 ? inner : [inner[0]!, nested]), next)
        if (next() < 0.7)
          for (const { start, end } of refusing(() => scanBatches(set)).read ?? []) repairCrc(set.subarray(start, end))
        return message(106n, { magic, attributes: snappy.code, value: snappy.compress(set) })
      }
      fuzz(20_261_125, damaged, readAll)
    },
  )
})

/** Answers of about `size` bytes that are as much work a byte as can be. */
const laborious: [string, (size: number) => Uint8Array][] = [
  ['records of nothing', size => built(size / 9, () => builder.append(null, null, null, 5))],
  [
    'times and offsets of many bytes',
    size => built(size / 17, i => builder.append(null, null, null, i % 2 === 0 ? 0 : 2 ** 52)),
  ],
  [
    'one record of many headers',
    size => built(1, () => builder.append(null, null, Array(Math.floor(size / 4)).fill({ key: 'k', value: 'v' }), 5)),
  ],
  [
    'batches of one record',
    size => concat(Array(Math.floor(size / bytesOf('compacted').length)).fill(bytesOf('compacted'))),
  ],
  ['messages one by one', size => concat(Array.from({ length: size / 35 }, (_, i) => message(BigInt(i))))],
  ['messages in a set', size => set(Array.from({ length: size / 35 }, (_, i) => message(BigInt(i))))],
  [
    'sets in a set',
    size =>
      set(
        Array.from({ length: size / 90 }, (_, i) =>
          message(BigInt(i), { attributes: 2, value: snappy.compress(message(0n)) }),
        ),
      ),
  ],
]

function built(count: number, append: (i: number) => void): Uint8Array {
  builder.reset()
  for (let i = 0; i < count; i++) append(i)
  return builder.finish(stamp).slice()
}

const set = (messages: readonly Uint8Array[]): Uint8Array =>
  message(BigInt(messages.length), { attributes: snappy.code, value: snappy.compress(concat(messages)) })

test.each(laborious)('%s: time grows with the input, not faster', (_, made) => {
  const [small, large] = [made(64 * 1024), made(512 * 1024)]
  const read = (bytes: Uint8Array): void => {
    for (const batch of scanBatches(bytes)) {
      batch.verify()
      const decoder = new BatchDecoder(batch, { topic: 'fuzz', partition: 0, highWaterMark: 0, codecs })
      while (decoder.take(1000).length > 0);
    }
  }
  // What is alive at once costs the garbage collector.
  expect(growth(small, large, read)).toBeLessThan(farFromSquare)
})

test('a set of sets reserves no more than the limit allows, whatever they decompress to', () => {
  const bomb = (attributes = 2): Uint8Array =>
    message(0n, {
      attributes,
      value: snappy.compress(concat(Array(2000).fill(message(0n, { value: new Uint8Array(200) })))),
    })
  const answer = set(Array(50).fill(bomb()))
  const before = process.memoryUsage().arrayBuffers
  expect(() =>
    decodeBatch(scanBatches(answer)[0]!, { topic: 'fuzz', partition: 0, highWaterMark: 0, codecs, limit }),
  ).toThrow(DecompressionLimitError)
  // Read before anything is collected: what was decompressed, and what is made of it, which doubles as it grows.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(answer.length + 8 * limit)
})

test('the seeds themselves are read whole', () => {
  const found = formats.flatMap(({ seeds }) =>
    seeds.map(bytes => readAll(bytes)).map(({ records, markers }) => records.length + markers),
  )
  expect(found).toEqual([4, 20, 4, 7, 4, 4, 4, 4, 20, 20, 20, 20, 4, 2, 4, 4, 4, 4, 4, 2, 4, 4, 4, 29])
})
