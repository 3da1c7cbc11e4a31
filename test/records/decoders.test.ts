import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from '../../src/bytes/writer.ts'
import { Client } from '../../src/client/client.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { BatchDecoder, decodeBatch } from '../../src/records/decode-batch.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { gzip, lz4, snappy, zstd } from '../support/codecs.ts'
import { repetitions } from '../support/effort.ts'
import { codecs, message, rawBatch, repairCrc } from './raw.ts'
import { type PlainRecord, plainly, readPlainly, writePlainly } from './reference.ts'

const T = 1_700_000_000_000
const day = 86_400_000
const most = Number.MAX_SAFE_INTEGER
const context = { topic: 't', partition: 0, highWaterMark: 0, codecs }

const hex = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 50, maxLength: 9000, size: 'max' }) },
)
const field = fc.option(hex.map(bytes => Buffer.from(bytes).toString('hex')))
const header = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 30 }), field)
const record = fc.record({ key: field, value: field, headers: fc.array(header, { maxLength: 4 }) })
/** None, before 1970, near each other, 40 days and more apart, and the far ends. */
const time = fc.oneof(
  fc.constant(-1),
  fc.integer({ min: T, max: T + 9 }),
  fc.integer({ min: T - 80 * day, max: T + 80 * day }),
  fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
)
/** Where a batch begins: small, beyond 2^31 and 2^32, and as far as a number goes with room for a batch. */
const start = fc.oneof(
  fc.nat(9),
  fc.integer({ min: 2 ** 31 - 3, max: 2 ** 32 + 3 }),
  fc.integer({ min: most - 2 ** 33, max: most - 2 ** 32 }),
)
const compression = fc.constantFrom(undefined, gzip, snappy, lz4, zstd)
const bytesOf = (text: string | null): Uint8Array | null =>
  text === null ? null : Uint8Array.from(Buffer.from(text, 'hex'))

/** Records one after another, with gaps as compaction leaves them. */
function records(gap: fc.Arbitrary<number>): fc.Arbitrary<PlainRecord[]> {
  const items = fc.array(fc.tuple(record, time, gap), { minLength: 1, maxLength: 12, size: 'max' })
  return fc.tuple(start, items).map(([from, found]) => {
    let next = from
    return found.map(([parts, timestamp, skipped]) => {
      const offset = next
      next += 1 + skipped
      return { ...parts, timestamp, offset }
    })
  })
}

/** What each way of reading an answer finds. */
async function readings(answer: Uint8Array): Promise<Record<string, PlainRecord[]>> {
  const batches = scanBatches(answer)
  for (const batch of batches) batch.verify()
  const cursor = new RecordCursor()
  return {
    decodeBatch: batches.flatMap(batch => decodeBatch(batch.detach(), context).map(plainly)),
    BatchDecoder: batches.flatMap(batch => {
      const decoder = new BatchDecoder(batch, context)
      return [...Array(5)].flatMap(() => decoder.take(3).map(plainly))
    }),
    RecordCursor: batches.flatMap(batch => {
      const found: PlainRecord[] = []
      for (cursor.reset(batch, codecs); cursor.next(); ) found.push(plainly(cursor))
      return found
    }),
    RecordReader: await fetched(answer),
  }
}

/** By Client.fetch, from a broker that answers so. */
async function fetched(records: Uint8Array): Promise<PlainRecord[]> {
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: most,
    lastStableOffset: most,
    logStartOffset: 0,
    abortedTransactions: null,
    records,
  }
  const roundTrip = async (): Promise<never> =>
    ({ errorCode: 0, throttleTimeMs: 0, responses: [{ topic: 't', partitions: [partition] }] }) as never
  const answer = await new Client({ addr: 'none', transport: { codecs, roundTrip } }).fetch({
    topic: 't',
    partition: 0,
    offset: 0,
  })
  return [...answer.records].map(plainly)
}

async function allRead(answer: Uint8Array, wanted: readonly PlainRecord[]): Promise<void> {
  for (const [way, found] of Object.entries(await readings(answer))) expect(found, way).toEqual(wanted)
}

test('what a BatchBuilder was given is what every decoder reads, to the byte as the plain encoder has it', async () => {
  const given = fc.tuple(records(fc.constant(0)), compression, fc.boolean())
  await fc.assert(
    fc.asyncProperty(given, async ([wanted, compression, logAppendTime]) => {
      const builder = new BatchBuilder({ capacity: 100 })
      for (const { key, value, headers, timestamp } of wanted) {
        const own = headers.map(header => ({ key: header[0], value: bytesOf(header[1]) }))
        builder.append(bytesOf(key), bytesOf(value), own, timestamp)
      }
      const [{ offset, timestamp }] = wanted as [PlainRecord]
      const stamp = { producerId: -1n, producerEpoch: -1, baseSequence: -1 }
      const plain = builder.finish(stamp).slice()
      expect(Buffer.compare(plain.subarray(61), writePlainly(wanted, offset, timestamp))).toBe(0)
      const answer = compression === undefined ? plain : builder.finish({ ...stamp, compression }).slice()
      // As a broker changes it when it appends it.
      const view = new DataView(answer.buffer)
      view.setBigInt64(0, BigInt(offset))
      if (logAppendTime) {
        view.setInt16(21, view.getInt16(21) | 8)
        view.setBigInt64(35, BigInt(T))
        repairCrc(answer)
      }
      const timed = logAppendTime ? wanted.map(each => ({ ...each, timestamp: T })) : wanted
      if (compression === undefined) expect(readPlainly(answer)).toEqual(timed)
      await allRead(answer, timed)
    }),
    { numRuns: repetitions(15, 150, 1500) },
  )
})

test('batches of a compacted topic: gaps of up to 2^31 offsets in all', async () => {
  const gap = fc.oneof(fc.nat(3), fc.integer({ min: 2 ** 27, max: 2 ** 27 + 2 ** 25 }))
  await fc.assert(
    fc.asyncProperty(records(gap), async wanted => {
      const [{ offset, timestamp }] = wanted as [PlainRecord]
      const fields = { baseOffset: BigInt(offset), baseTimestamp: BigInt(timestamp), count: wanted.length }
      const answer = rawBatch(writePlainly(wanted, offset, timestamp), {
        ...fields,
        lastOffsetDelta: wanted.at(-1)!.offset - offset,
      })
      expect(readPlainly(answer)).toEqual(wanted)
      await allRead(answer, wanted)
    }),
    { numRuns: repetitions(10, 100, 1000) },
  )
})

test.each([0, 1])('message sets v%i, one by one and compressed', async magic => {
  const codec = fc.constantFrom(undefined, gzip, snappy, ...(magic === 0 ? [] : [lz4]))
  await fc.assert(
    fc.asyncProperty(records(fc.nat(5)), codec, async (given, compression) => {
      // These formats have no headers, and v0 no time.
      const wanted = given.map(each => ({ ...each, headers: [], timestamp: magic === 0 ? -1 : each.timestamp }))
      const last = wanted.at(-1)!
      // Within a compressed set v1 counts from its first message.
      const base = magic === 1 && compression !== undefined ? wanted[0]!.offset : 0
      const set = concat(
        wanted.map(({ offset, timestamp, key, value }) =>
          message(BigInt(offset - base), {
            magic,
            timestamp: BigInt(timestamp),
            key: bytesOf(key),
            value: bytesOf(value),
          }),
        ),
      )
      const timestamp = BigInt(last.timestamp)
      const wrapped = (): Uint8Array =>
        message(BigInt(last.offset), {
          magic,
          timestamp,
          attributes: compression!.code,
          value: compression!.compress(set),
        })
      await allRead(compression === undefined ? set : wrapped(), wanted)
    }),
    { numRuns: repetitions(10, 100, 1000) },
  )
})

test('a cursor that begins another batch says nothing of the last one', () => {
  const batchOf = (timestamp: number) => {
    const builder = new BatchBuilder()
    builder.append('k', 'v', [{ key: 'h', value: 'x' }], timestamp)
    return scanBatches(builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))[0]!
  }
  const cursor = new RecordCursor().reset(batchOf(T), codecs)
  while (cursor.next());
  expect(cursor.timestamp).toBe(T)
  cursor.reset(batchOf(T + 1), codecs)
  expect([cursor.offset, cursor.timestamp, cursor.key, cursor.value, cursor.headers, cursor.left]).toEqual([
    -1,
    -1,
    null,
    null,
    [],
    1,
  ])
})
