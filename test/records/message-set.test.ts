import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { checkRecords } from '../../src/broker/check-records.ts'
import { crc32 } from '../../src/bytes/crc32.ts'
import { concat } from '../../src/bytes/writer.ts'
import { gzip } from '../../src/compression/gzip.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { codecs, messagesOf, onlyBatch, walked } from './raw.ts'
import { bytesOf } from './vectors.ts'

interface Fields {
  magic?: number
  attributes?: number
  timestamp?: bigint
  key?: Uint8Array | null
  value?: Uint8Array | null
}

/** A message of format v0 or v1, with a CRC that is right. */
function message(
  offset: bigint,
  { magic = 1, attributes = 0, timestamp = 5n, key = null, value = Uint8Array.of(7) }: Fields = {},
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

const set = (offset: bigint, inner: readonly Uint8Array[], fields: Fields = {}): Uint8Array =>
  message(offset, { attributes: 1, value: gzip.compress(concat(inner)), ...fields })

describe('message sets of formats v0 and v1', () => {
  test('null and empty keys and values are kept apart', () => {
    const records = [message(0n, { key: new Uint8Array(0), value: null }), message(1n, { magic: 0, key: null, value: new Uint8Array(0) })]
    expect(
      scanBatches(concat(records))
        .flatMap(batch => messagesOf(batch))
        .map(({ key, value }) => [key, value]),
    ).toEqual([
      [new Uint8Array(0), null],
      [null, new Uint8Array(0)],
    ])
  })

  test('a compacted set: gaps between the relative offsets of v1', () => {
    const batch = onlyBatch(set(109n, [message(2n), message(5n), message(9n)]))
    expect(messagesOf(batch).map(({ offset }) => offset)).toEqual([102, 105, 109])
    expect(messagesOf(batch, 105).map(({ offset }) => offset)).toEqual([105, 109])
  })

  test('a v0 set has whole offsets inside', () => {
    const inner = [message(100n, { magic: 0 }), message(104n, { magic: 0 })]
    expect(walked(onlyBatch(set(104n, inner, { magic: 0 }))).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [100, -1],
      [104, -1],
    ])
  })

  test("times 40 days apart in one set, and before the set's own", () => {
    const inner = [
      message(0n, { timestamp: 1_700_000_000_000n }),
      message(1n, { timestamp: 1_703_456_000_000n }),
      message(2n, { timestamp: -1n }),
    ]
    expect(messagesOf(onlyBatch(set(2n, inner, { timestamp: 1_703_456_000_000n }))).map(({ timestamp }) => timestamp)).toEqual([
      1_700_000_000_000, 1_703_456_000_000, -1,
    ])
  })

  test('damage is found by the CRC-32', () => {
    const bytes = bytesOf('v1Gzip')
    bytes[bytes.length - 20]! ^= 1
    expect(() => onlyBatch(bytes).verify()).toThrow(/damaged/)
  })

  const lies: [string, Uint8Array][] = [
    ['a set that is null', message(0n, { attributes: 1, value: null })],
    ['no messages', set(0n, [])],
    ['a message cut off', set(0n, [message(0n).subarray(0, 20)])],
    ['a message longer than the set', set(0n, [message(0n).subarray(0, -1)])],
    ['messages of another format', set(0n, [message(0n, { magic: 0 })])],
    ['a compressed set in a compressed set', set(0n, [message(0n, { attributes: 1 })])],
    ['offsets that go down', set(9n, [message(5n), message(4n), message(9n)])],
    ['offsets before the beginning', set(1n, [message(0n), message(5n)])],
    [
      "an offset beyond the set's",
      set(5n, [message(0n, { magic: 0 }), message(6n, { magic: 0 }), message(5n, { magic: 0 })], { magic: 0 }),
    ],
    ['offsets too far apart', set(0x100000000n, [message(0n), message(0x100000000n)])],
    ['times no number tells apart', set(0n, [message(0n, { timestamp: 2n ** 60n })])],
    ['a broken gzip', message(0n, { attributes: 1 })],
    ['an unknown codec', message(0n, { attributes: 6 })],
  ]
  test.each(lies)('%s: a ProtocolError', (_, bytes) => {
    expect(() => messagesOf(onlyBatch(bytes))).toThrow(ProtocolError)
  })

  test.each([
    ['a key beyond the message', 26, 100],
    ['a key of -2 bytes', 26, -2],
    ['a value beyond the message', 30, 2],
    ['a value that ends before the message', 30, 0],
  ])('%s: a ProtocolError', (_, at, length) => {
    const bytes = message(0n)
    const view = new DataView(bytes.buffer)
    view.setInt32(at, length)
    view.setUint32(12, crc32(bytes, 16))
    expect(() => messagesOf(onlyBatch(bytes))).toThrow(ProtocolError)
  })

  test("lengths that can't be", () => {
    const bytes = message(0n)
    new DataView(bytes.buffer).setInt32(8, 21)
    expect(() => scanBatches(bytes)).toThrow(ProtocolError)
    expect(() => scanBatches(message(-1n))).toThrow(ProtocolError)
  })

  test("the embedded broker takes none of them, as Kafka 4 doesn't", () => {
    const settings = { maxMessageBytes: 1_000_000 } as Parameters<typeof checkRecords>[1]
    expect(checkRecords(bytesOf('v1'), settings, codecs, 0)).toMatchObject({ errorCode: ErrorCode.InvalidRecord })
    expect(checkRecords(message(0n), settings, codecs, 0)).toMatchObject({ errorCode: ErrorCode.InvalidRecord })
  })
})
