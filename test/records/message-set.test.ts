import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { batchOf } from '../../src/broker/log/check-records.ts'
import { crc32 } from '../../src/bytes/crc32.ts'
import { concat } from '../../src/bytes/writer.ts'
import { DecompressionLimitError } from '../../src/compression/codec.ts'
import { xxh32 } from '../../src/compression/xxh32.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { builtinCodecs, gzip } from '../support/codecs.ts'
import { codecs, type MessageFields, message, messagesOf, onlyBatch, walked } from './raw.ts'
import { bytesOf } from './vectors.ts'

const set = (offset: bigint, inner: readonly Uint8Array[], fields: MessageFields = {}): Uint8Array =>
  message(offset, { attributes: 1, value: gzip.compress(concat(inner)), ...fields })

describe('message sets of formats v0 and v1', () => {
  test('null and empty keys and values are kept apart', () => {
    const records = [
      message(0n, { key: new Uint8Array(0), value: null }),
      message(1n, { magic: 0, key: null, value: new Uint8Array(0) }),
    ]
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
    expect(
      walked(onlyBatch(set(104n, inner, { magic: 0 }))).map(({ offset, timestamp }) => [offset, timestamp]),
    ).toEqual([
      [100, -1],
      [104, -1],
    ])
  })

  test('sets within a set: absolute offsets in v0; in v1 each set counts back from its own last', () => {
    const v0 = [
      set(100n, [message(99n, { magic: 0 }), message(100n, { magic: 0 })], { magic: 0 }),
      message(104n, { magic: 0 }),
    ]
    expect(messagesOf(onlyBatch(set(104n, v0, { magic: 0 }))).map(({ offset }) => offset)).toEqual([99, 100, 104])
    // The outer set ends at 1009, so its messages are at 1002, 1005 and 1009, and the inner set's at 1003 and 1005.
    const v1 = [message(2n), set(5n, [message(0n), message(2n)]), message(9n)]
    expect(messagesOf(onlyBatch(set(1009n, v1))).map(({ offset }) => offset)).toEqual([1002, 1003, 1005, 1009])
    const many = Array.from({ length: 3000 }, (_, i) => set(BigInt(i), [message(0n, { value: new Uint8Array(i) })]))
    expect(messagesOf(onlyBatch(set(2999n, many))).map(({ offset, value }) => offset - value!.length)).toEqual(
      new Array(3000).fill(0),
    )
  })

  test('sets within a set share one limit', () => {
    const inner = set(0n, [message(0n, { value: new Uint8Array(40_000) })])
    const batch = onlyBatch(set(2n, [inner, set(1n, [message(0n, { value: new Uint8Array(40_000) })]), message(2n)]))
    const cursor = new RecordCursor()
    expect(() => cursor.reset(batch, codecs, 70_000)).toThrow(DecompressionLimitError)
    expect(cursor.reset(batch, codecs, 90_000).next()).toBe(true)
  })

  test.each(['v0Gzip', 'v0Snappy', 'v0Lz4', 'v1Gzip', 'v1Snappy', 'v1Lz4'] as const)(
    '%s: the CRC of every message within the set is checked, and the error says where',
    name => {
      const batch = onlyBatch(bytesOf(name))
      const { magic, codec, lastOffset } = batch
      const valueAt = magic === 0 ? 26 : 34
      const plain = codecs.get(codec).decompress(batch.bytes.subarray(valueAt), 10_000)
      for (let at = 0, i = 0; at < plain.length; i++) {
        const end = at + 12 + new DataView(plain.buffer, plain.byteOffset).getInt32(at + 8)
        for (const damaged of [at + 12, end - 1]) {
          const inner = plain.slice()
          inner[damaged]! ^= 1
          const whole = message(BigInt(lastOffset), {
            magic,
            attributes: codec,
            value: builtinCodecs.find(({ code }) => code === codec)!.compress(inner),
          })
          expect(() => messagesOf(onlyBatch(whole))).toThrow(
            `up to offset ${lastOffset} holds a damaged message at offset ${lastOffset - 3 + i}`,
          )
        }
        at = end
      }
    },
  )

  test('of a set within a set too', () => {
    const inner = message(0n, { value: Uint8Array.of(1, 2, 3) })
    inner[inner.length - 1]! ^= 1
    expect(() => messagesOf(onlyBatch(set(7n, [set(7n, [inner])])))).toThrow(/damaged message at offset 7/)
    const wrapper = set(7n, [message(0n)])
    wrapper[12]! ^= 1
    expect(() => messagesOf(onlyBatch(set(7n, [wrapper])))).toThrow(/damaged message at offset 7/)
  })

  test("v0's lz4 has the header checksum of old Java clients, over the magic too; other sets have the right one", () => {
    const packed = (name: 'v0Lz4' | 'v1Lz4', valueAt: number): Uint8Array => bytesOf(name).subarray(valueAt)
    const sumOf = (frame: Uint8Array, from: number): number => (xxh32(frame, from, 6) >>> 8) & 0xff
    const [v0, v1] = [packed('v0Lz4', 26), packed('v1Lz4', 34)]
    expect(v0[6]).toBe(sumOf(v0, 0))
    expect(v0[6]).not.toBe(sumOf(v0, 4))
    expect(v1[6]).toBe(sumOf(v1, 4))
  })

  test("times 40 days apart in one set, and before the set's own", () => {
    const inner = [
      message(0n, { timestamp: 1_700_000_000_000n }),
      message(1n, { timestamp: 1_703_456_000_000n }),
      message(2n, { timestamp: -1n }),
    ]
    expect(
      messagesOf(onlyBatch(set(2n, inner, { timestamp: 1_703_456_000_000n }))).map(({ timestamp }) => timestamp),
    ).toEqual([1_700_000_000_000, 1_703_456_000_000, -1])
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
    ['a set in a set in a set', set(0n, [set(0n, [set(0n, [message(0n)])])])],
    ['a set in a set that is none', set(0n, [message(0n, { attributes: 1 })])],
    [
      "a set in a set beyond the outer one's end",
      set(5n, [set(6n, [message(6n, { magic: 0 })], { magic: 0 }), message(5n, { magic: 0 })], { magic: 0 }),
    ],
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
    expect(batchOf(bytesOf('v1'))).toMatchObject({ errorCode: ErrorCode.InvalidRecord })
    expect(batchOf(message(0n))).toMatchObject({ errorCode: ErrorCode.InvalidRecord })
  })
})
