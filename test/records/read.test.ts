import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { readControl } from '../../src/records/control.ts'
import { BatchDecoder } from '../../src/records/decode-batch.ts'
import { Message } from '../../src/records/message.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { gzip } from '../support/codecs.ts'
import { repetitions } from '../support/effort.ts'
import { codecs, messagesOf, onlyBatch, rawBatch, walked } from './raw.ts'
import { bytesOf, type vectors } from './vectors.ts'

const T = 1_700_000_000_000
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const headers = [
  { key: 'trace', value: utf8('é') },
  { key: 'none', value: null },
  { key: 'trace', value: new Uint8Array(0) },
]
/** What the vectors hold, from `base` on. */
const expected = (base: number, time?: number) =>
  [
    { offset: base, timestamp: T, key: utf8('k1'), value: utf8('hello'), headers },
    { offset: base + 1, timestamp: T + 3_456_000_000, key: null, value: new Uint8Array(0), headers: [] },
    { offset: base + 2, timestamp: T - 5, key: new Uint8Array(0), value: null, headers: [] },
    { offset: base + 3, timestamp: T + 1, key: utf8('größe'), value: utf8('x'.repeat(300)), headers: [] },
  ].map(record => ({ ...record, timestamp: time ?? record.timestamp }))

const common = { topic: 'orders', partition: 3, highWaterMark: 1000, leaderEpoch: 5 }

describe('batches written by Java', () => {
  const cases: [keyof typeof vectors, base: number, time?: number][] = [
    ['plain', 0],
    ['gzip', 0],
    ['snappy', 0],
    ['lz4', 0],
    ['zstd', 0],
    ['transactional', 1234567890123],
    ['logAppendTime', 10, T + 99],
  ]
  test.each(cases)('%s', (name, base, time) => {
    const batch = onlyBatch(bytesOf(name))
    expect(batch).toMatchObject({
      baseOffset: base,
      lastOffset: base + 3,
      leaderEpoch: 5,
      count: 4,
      isControl: false,
      logAppendTime: time !== undefined,
    })
    expect(messagesOf(batch).map(message => ({ ...message }))).toEqual(
      expected(base, time).map(record => ({ ...common, ...record, writerData: undefined })),
    )
    expect(walked(batch)).toEqual(
      expected(base, time).map(record => ({
        ...record,
        keyLength: record.key?.length ?? -1,
        valueLength: record.value?.length ?? -1,
      })),
    )
  })

  const legacy: [keyof typeof vectors, base: number, batches: number, time?: number][] = [
    ['v0', 0, 4, -1],
    ['v0Gzip', 0, 1, -1],
    ['v0Snappy', 500, 1, -1],
    ['v0Lz4', 0, 1, -1],
    ['v1', 0, 4],
    ['v1Gzip', 0, 1],
    ['v1Snappy', 500, 1],
    ['v1Lz4', 0, 1],
    ['v1LogAppendTime', 0, 1, T + 99],
  ]
  test.each(legacy)('message set %s', (name, base, count, time) => {
    const batches = scanBatches(concat([bytesOf(name), bytesOf('commit')])).slice(0, -1)
    expect(batches).toHaveLength(count)
    expect(batches.at(-1)).toMatchObject({
      lastOffset: base + 3,
      leaderEpoch: -1,
      isControl: false,
      isTransactional: false,
      producerId: -1n,
    })
    const wanted = expected(base, time).map(record => ({ ...record, headers: [] }))
    expect(batches.flatMap(batch => messagesOf(batch))).toMatchObject(wanted)
    expect(batches.flatMap(batch => walked(batch.detach()))).toMatchObject(wanted)
    expect(batches[0]!.baseOffset).toBeLessThanOrEqual(base)
  })

  test('all formats in one answer; a set that was not decompressed begins behind what came before', () => {
    const answer = scanBatches(concat([bytesOf('v1'), bytesOf('v1Snappy'), bytesOf('v1Snappy').subarray(0, 40)]))
    expect(answer.map(({ magic, baseOffset, lastOffset }) => [magic, baseOffset, lastOffset])).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [1, 2, 2],
      [1, 3, 3],
      [1, 4, 503],
    ])
  })

  test('a transactional batch says whose it is', () => {
    const batch = onlyBatch(bytesOf('transactional'))
    expect(batch).toMatchObject({
      isTransactional: true,
      producerId: 4_000_000_000n,
      producerEpoch: 7,
      baseSequence: 41,
    })
    expect(onlyBatch(bytesOf('plain'))).toMatchObject({
      isTransactional: false,
      producerId: -1n,
      producerEpoch: -1,
      baseSequence: -1,
    })
  })

  test("a compacted batch has gaps, and its last offset is still the header's", () => {
    const batch = onlyBatch(bytesOf('compacted'))
    expect(batch).toMatchObject({ baseOffset: 100, lastOffset: 103, count: 2 })
    expect(messagesOf(batch).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [101, T + 3_456_000_000],
      [103, T + 1],
    ])
    const empty = onlyBatch(bytesOf('compactedToNothing'))
    expect(empty).toMatchObject({ baseOffset: 100, lastOffset: 103, count: 0 })
    expect(messagesOf(empty)).toEqual([])
  })

  test('control batches are recognised, with their marker', () => {
    const commit = onlyBatch(bytesOf('commit'))
    const abort = onlyBatch(bytesOf('abort'))
    commit.verify()
    expect([commit.isControl, commit.isTransactional, commit.baseOffset, commit.producerId]).toEqual([
      true,
      true,
      70,
      4_000_000_000n,
    ])
    expect(readControl(commit)).toEqual([{ type: 'commit', coordinatorEpoch: 12 }])
    expect(readControl(abort)).toEqual([{ type: 'abort', coordinatorEpoch: 12 }])
  })

  test('control records of other types keep their number; a marker cut short is a ProtocolError', () => {
    const record = (type: number, value: number[]): number[] => {
      const body = [0, 0, 0, 8, 0, 0, 0, type, value.length * 2, ...value, 0]
      return [body.length * 2, ...body]
    }
    const control = (...bytes: number[][]) =>
      onlyBatch(rawBatch(bytes.flat(), { attributes: 0x20, count: bytes.length }))
    expect(readControl(control(record(2, [0, 0])))).toEqual([{ type: 2, coordinatorEpoch: -1 }])
    expect(() => readControl(control(record(1, [0, 0])))).toThrow(ProtocolError)
    expect(() => readControl(control([14, 0, 0, 0, 1, 1, 0, 0].slice(0, 7)))).toThrow(ProtocolError)
  })
})

describe('scanBatches', () => {
  const whole = concat([bytesOf('plain'), bytesOf('commit'), bytesOf('transactional')])

  test('finds all, and drops a truncated one at the end', () => {
    expect(scanBatches(whole)).toHaveLength(3)
    const before = bytesOf('plain').length + bytesOf('commit').length
    for (let length = 0; length < whole.length; length++) {
      const complete = (length >= bytesOf('plain').length ? 1 : 0) + (length >= before ? 1 : 0)
      expect(scanBatches(whole.subarray(0, length))).toHaveLength(complete)
    }
  })

  test('reads a view that lies anywhere in a larger buffer', () => {
    const frame = new Uint8Array(whole.length + 20)
    frame.set(whole, 7)
    expect(messagesOf(scanBatches(frame.subarray(7, 7 + whole.length))[2]!)).toHaveLength(4)
  })

  const patched = (at: number, ...values: number[]): Uint8Array => {
    const bytes = bytesOf('plain')
    bytes.set(values, at)
    return bytes
  }
  const impossible: [string, Uint8Array][] = [
    ['a negative length', patched(8, 0xff)],
    ['a length of nothing', patched(8, 0, 0, 0, 0)],
    ['a length shorter than the header', patched(8, 0, 0, 0, 48)],
    ['an unknown format', patched(16, 3)],
    ['a negative format', patched(16, 0xff)],
    ['a negative base offset', patched(0, 0xff)],
    ['a base offset no number holds', patched(0, 0x7f)],
    ['a negative last offset', patched(23, 0xff)],
    ['a negative count', patched(57, 0xff)],
  ]
  test.each(impossible)('%s is a ProtocolError', (_, bytes) => {
    expect(() => scanBatches(bytes)).toThrow(ProtocolError)
  })
})

describe('verify', () => {
  test('finds every flipped bit of what the CRC covers, and of the CRC', () => {
    const good = bytesOf('plain')
    for (let at = 17; at < good.length; at++) {
      const bad = good.slice()
      bad[at]! ^= 1 << (at & 7)
      expect(() => scanBatches(bad)[0]!.verify(), `byte ${at}`).toThrow(ProtocolError)
    }
    expect(() => scanBatches(good)[0]!.verify()).not.toThrow()
  })
})

describe('detach', () => {
  test('keeps nothing of the frame: what happens to it later is not seen', () => {
    const frame = Buffer.from(concat([bytesOf('commit'), bytesOf('plain')]))
    const batch = scanBatches(frame)[1]!.detach()
    frame.fill(0)
    expect(batch.bytes.buffer.byteLength).toBe(bytesOf('plain').length)
    expect(Buffer.isBuffer(batch.bytes)).toBe(false)
    expect(messagesOf(batch).map(message => message.text())).toEqual(['hello', '', '', 'x'.repeat(300)])
  })

  test('a kept message pins its batch; its copy pins nothing', () => {
    const [message] = messagesOf(onlyBatch(bytesOf('plain')))
    message!.writerData = { mine: true }
    const copy = message!.copy()
    expect(message!.value!.buffer.byteLength).toBe(bytesOf('plain').length)
    expect(copy).toEqual(message)
    for (const view of [copy.key!, copy.value!, copy.headers[0]!.value!])
      expect(view.buffer.byteLength).toBe(view.length)
  })

  test('message.copy() of a Buffer copies: Buffer.slice would not', () => {
    const value = Buffer.from('abc')
    const copy = new Message('t', 0, 0, 0, value, value, [{ key: 'h', value }]).copy()
    value.fill(0)
    expect([copy.text(), String.fromCharCode(...copy.key!), String.fromCharCode(...copy.headers[0]!.value!)]).toEqual([
      'abc',
      'abc',
      'abc',
    ])
  })
})

describe('round trips', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const field = fc.oneof(
    fc.constant(null),
    text,
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.uint8Array({ maxLength: 300 }),
  )
  const record = fc.record({
    key: field,
    value: field,
    headers: fc.array(fc.record({ key: text, value: field }), { maxLength: 4 }),
    timestamp: fc.oneof(fc.integer({ min: T - 100, max: T + 100 }), fc.integer({ min: -1, max: 2 ** 47 })),
  })
  const asBytes = (part: string | Uint8Array | null): Uint8Array | null =>
    typeof part === 'string' ? utf8(part) : part

  test('what goes in comes out: null, empty, headers, any order of times; compressed or not', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(undefined, gzip),
        (records, compression) => {
          const builder = new BatchBuilder({ capacity: 100 })
          for (const { key, value, headers, timestamp } of records) builder.append(key, value, headers, timestamp)
          const batch = onlyBatch(builder.finish({ producerId: 3n, producerEpoch: 2, baseSequence: 1, compression }))
          expect(batch.baseTimestamp).toBe(records[0]!.timestamp)
          expect(batch.maxTimestamp).toBe(Math.max(...records.map(({ timestamp }) => timestamp)))
          // A lone surrogate is not UTF-8, and becomes U+FFFD on both sides.
          const clean = (key: string): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8(key))
          const wanted = records.map(({ key, value, headers, timestamp }, offset) => ({
            offset,
            timestamp,
            key: asBytes(key),
            value: asBytes(value),
            headers: headers.map(header => ({ key: clean(header.key), value: asBytes(header.value) })),
          }))
          expect(walked(batch)).toMatchObject(wanted)
          expect(messagesOf(batch)).toMatchObject(wanted)
        },
      ),
      { numRuns: repetitions(30, 300, 3000) },
    )
  })

  test('peers corrupt this: a gap of more than 2^31 ms, 40 days, inside one batch', () => {
    const times = [
      T,
      T + 40 * 86_400_000,
      T + 2 ** 31,
      T + 2 ** 32 + 1,
      T - 2 ** 31 - 1,
      T + 2 ** 41,
      0,
      -1,
      T + 2 ** 29,
      T + 2 ** 30,
      T - 2 ** 30,
    ]
    const builder = new BatchBuilder()
    for (const time of times) builder.append(null, 'x', null, time)
    const batch = onlyBatch(builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))
    expect(messagesOf(batch).map(({ timestamp }) => timestamp)).toEqual(times)
    expect(batch.maxTimestamp).toBe(T + 2 ** 41)
  })

  test('200,000 records in one batch, and values on each side of every varint width', () => {
    const builder = new BatchBuilder()
    const lengths = [0, 1, 12, 13, 20, 21, 62, 63, 64, 65, 8190, 8191, 8192, 8193, 1048575, 1048576]
    for (const length of lengths) builder.append('y'.repeat(length), new Uint8Array(length).fill(length), null, T)
    for (let i = lengths.length; i < 200_000; i++) builder.append(null, 'v', null, T)
    const batch = onlyBatch(builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))
    const messages = messagesOf(batch)
    expect(messages).toHaveLength(200_000)
    expect(messages.at(-1)!.offset).toBe(199_999)
    for (const [i, length] of lengths.entries())
      expect([messages[i]!.key!.length, messages[i]!.value!.length, messages[i]!.value!.at(-1)]).toEqual([
        length,
        length,
        length === 0 ? undefined : length & 255,
      ])
  })

  test('decoding begins where asked, and takes as many at a time as asked', () => {
    const batch = onlyBatch(bytesOf('transactional'))
    expect(messagesOf(batch, 1234567890125).map(({ offset }) => offset)).toEqual([1234567890125, 1234567890126])
    expect(messagesOf(batch, 1234567890127)).toEqual([])
    const decoder = new BatchDecoder(batch, { topic: 'x', partition: 0, highWaterMark: 0, codecs }, 1234567890124)
    expect([2, 2, 2].map(most => decoder.take(most).map(({ offset }) => offset - 1234567890123))).toEqual([
      [1, 2],
      [3],
      [],
    ])
  })
})

test("LogAppendTime: the batch's time is every record's", () => {
  const times = messagesOf(onlyBatch(bytesOf('logAppendTime'))).map(({ timestamp, time }) => [
    timestamp,
    time.getTime(),
  ])
  expect(new Set(times.flat())).toEqual(new Set([T + 99]))
})
