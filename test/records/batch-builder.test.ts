import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import type { CompressionCodec } from '../../src/compression/codec.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import type { HeaderInput } from '../../src/records/message-input.ts'
import { gzip } from '../support/codecs.ts'
import { messagesOf, onlyBatch } from './raw.ts'
import { bytesOf } from './vectors.ts'

const T = 1_700_000_000_000
const plain = { producerId: -1n, producerEpoch: -1, baseSequence: -1 }
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The four records of the vectors. */
function appendVector(builder: BatchBuilder): void {
  const headers: HeaderInput[] = [
    { key: 'trace', value: 'é' },
    { key: 'none', value: null },
    { key: 'trace', value: new Uint8Array(0) },
  ]
  builder.append('k1', utf8('hello'), headers, T)
  builder.append(null, '', null, T + 3_456_000_000)
  builder.append('', null, [], T - 5)
  builder.append(utf8('größe'), 'x'.repeat(300), undefined, T + 1)
}

/** What a broker changes when it appends the batch: base offset and leader epoch, neither under the CRC. */
function asAppended(batch: Uint8Array, baseOffset: bigint, leaderEpoch: number): Uint8Array {
  const appended = batch.slice()
  const view = new DataView(appended.buffer)
  view.setBigInt64(0, baseOffset)
  view.setInt32(12, leaderEpoch)
  return appended
}

describe('BatchBuilder', () => {
  test('writes byte for byte what the Java client writes', () => {
    const builder = new BatchBuilder()
    appendVector(builder)
    expect(asAppended(builder.finish(plain), 0n, 5)).toEqual(bytesOf('plain'))
    const stamp = { producerId: 4_000_000_000n, producerEpoch: 7, baseSequence: 41, transactional: true }
    expect(asAppended(builder.finish(stamp), 1234567890123n, 5)).toEqual(bytesOf('transactional'))
  })

  test('a producer id may be any 64 bits', () => {
    const builder = new BatchBuilder()
    appendVector(builder)
    for (const producerId of [2n ** 63n - 1n, 2n ** 53n + 1n, 2n ** 32n - 1n, 1n << 31n, 0n, -1n]) {
      expect(onlyBatch(builder.finish({ ...plain, producerId })).producerId).toBe(producerId)
    }
  })

  test('a native UTF-8 writer changes nothing', () => {
    const writeUtf8 = (into: Uint8Array, at: number, text: string): number => Buffer.from(into.buffer).write(text, at)
    const builder = new BatchBuilder({ writeUtf8 })
    appendVector(builder)
    expect(asAppended(builder.finish(plain), 0n, 5)).toEqual(bytesOf('plain'))
  })

  test('finish stamps the same batch anew, and compresses it once', () => {
    let compressed = 0
    const counting: CompressionCodec = {
      ...gzip,
      compress(bytes, level) {
        compressed++
        return gzip.compress(bytes, level)
      },
    }
    const builder = new BatchBuilder()
    appendVector(builder)
    const first = onlyBatch(builder.finish({ ...plain, compression: counting }).slice())
    const second = onlyBatch(
      builder.finish({ producerId: 9n, producerEpoch: 1, baseSequence: 77, compression: counting }).slice(),
    )
    expect(compressed).toBe(1)
    expect([first.codec, first.producerId, second.producerId, second.producerEpoch, second.baseSequence]).toEqual([
      1,
      -1n,
      9n,
      1,
      77,
    ])
    expect(messagesOf(second)).toEqual(messagesOf(first))
    expect(messagesOf(second)).toEqual(messagesOf(onlyBatch(builder.finish(plain))))
    builder.append(null, 'one more', null, T)
    expect(messagesOf(onlyBatch(builder.finish({ ...plain, compression: counting })))).toHaveLength(5)
    expect(compressed).toBe(2)
  })

  test('reset begins another batch, with nothing left of the last', () => {
    const builder = new BatchBuilder({ capacity: 100 })
    appendVector(builder)
    builder.finish({ ...plain, compression: gzip })
    builder.reset()
    expect([builder.count, builder.size]).toEqual([0, 61])
    appendVector(builder)
    expect(asAppended(builder.finish(plain), 0n, 5)).toEqual(bytesOf('plain'))
  })

  test('a buffer that one huge record made large is not kept', () => {
    const builder = new BatchBuilder({ capacity: 1000 })
    builder.append(null, new Uint8Array(5_000_000), null, T)
    expect(builder.finish(plain).buffer.byteLength).toBeGreaterThan(5_000_000)
    builder.reset()
    builder.append(null, 'x', null, T)
    expect(builder.finish(plain).buffer.byteLength).toBeLessThan(2000)
  })

  const wrong: [string, (builder: BatchBuilder) => void][] = [
    ['a number as key', b => b.append(5 as never, null, null, T)],
    ['an object as value', b => b.append(null, {} as never, null, T)],
    ['an ArrayBuffer as value', b => b.append(null, new ArrayBuffer(3) as never, null, T)],
    [
      'wide integers as value, which would be cut to bytes',
      b => b.append(null, new Uint16Array([300]) as never, null, T),
    ],
    ['a header without a key', b => b.append(null, null, [{ value: 'x' } as never], T)],
    ['a boolean as header value', b => b.append(null, null, [{ key: 'x', value: true as never }], T)],
    ['a fraction as timestamp', b => b.append(null, null, null, T + 0.5)],
    ['no timestamp', b => b.append(null, null, null, undefined as never)],
    ['an infinite timestamp', b => b.append(null, null, null, Number.POSITIVE_INFINITY)],
    ['timestamps further apart than a number says', b => b.append(null, null, null, -Number.MAX_SAFE_INTEGER)],
  ]
  test.each(wrong)('%s is a ConfigError, and nothing is added', (_, append) => {
    const builder = new BatchBuilder()
    builder.append('a', 'b', null, T)
    const { size } = builder
    expect(() => append(builder)).toThrow(ConfigError)
    expect([builder.count, builder.size]).toEqual([1, size])
    builder.append('c', 'd', null, T)
    expect(messagesOf(onlyBatch(builder.finish(plain))).map(message => message.text())).toEqual(['b', 'd'])
  })

  test('an empty batch is not finished', () => {
    expect(() => new BatchBuilder().finish(plain)).toThrow(ConfigError)
  })

  test('sizeBound is never below what append adds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    const field = fc.oneof(fc.constant(null), fc.constant(undefined), text, fc.uint8Array({ maxLength: 9000 }))
    const headers = fc.array(fc.record({ key: text, value: fc.oneof(fc.constant(null), text) }), { maxLength: 5 })
    fc.assert(
      fc.property(
        field,
        field,
        headers,
        fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
        (key, value, headers, timestamp) => {
          const builder = new BatchBuilder()
          builder.append(null, null, null, 0)
          const before = builder.size
          builder.append(key, value, headers, timestamp)
          const bound = BatchBuilder.sizeBound({ key, value, headers })
          expect(bound).toBeGreaterThanOrEqual(builder.size - before)
          const units = [key, value, ...headers.flatMap(({ key, value }) => [key, value])].reduce(
            (sum, part) => sum + (typeof part === 'string' ? part.length : 0),
            0,
          )
          expect(bound).toBeLessThanOrEqual(builder.size - before + 2 * units + 40 + 10 * headers.length)
        },
      ),
    )
  })
})
