import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { DecompressionLimitError } from '../../src/compression/codec.ts'
import { snappy } from '../support/codecs.ts'
import { mixed, noise, same } from './inputs.ts'
import { readSnappy } from './reference.ts'

const limit = 64 * 1024 * 1024
const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)

describe('snappy', () => {
  const inputs: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(100_000)],
    ['noise', noise(70_000, 1)],
    ['mixed', mixed(200_000, 2)],
    ['exactly a chunk', mixed(32 * 1024, 3)],
    ['a chunk and a byte', mixed(32 * 1024 + 1, 4)],
  ]
  test.each(inputs)('%s comes back, as the reference reads it too', (_, input) => {
    const packed = snappy.compress(input)
    same(snappy.decompress(packed, Math.max(input.length, 1)), input)
    same(readSnappy(packed)!, input)
  })

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 400 }), (bytes, times) => {
        const input = concat(Array.from({ length: times }, () => bytes))
        same(snappy.decompress(snappy.compress(input), limit), input)
      }),
    )
  })

  test('literals and short matches in turn, which take more room than they came in, are written whole', () => {
    const input = noise(65_536, 7)
    for (let at = 6500; at + 4 <= input.length; at += 65) input.copyWithin(at + 61, at - 6500, at - 6496)
    const packed = snappy.compress(input)
    expect(packed.length).toBeGreaterThan(input.length + 16 + 2 * 12)
    same(snappy.decompress(packed, limit), input)
  })

  test('repeated text becomes small', () => {
    expect(snappy.compress(mixed(200, 5)).length).toBeLessThan(250)
    expect(snappy.compress(new Uint8Array(100_000)).length).toBeLessThan(6000)
  })

  test('raw snappy, all kinds of elements: literals short and long, copies of one, two and four bytes', () => {
    const literal = [0x0c, 97, 98, 99, 100] // "abcd"
    expect(snappy.decompress(raw(4, ...literal), limit)).toEqual(raw(97, 98, 99, 100))
    expect(snappy.decompress(raw(8, ...literal, 0x01, 4), limit)).toEqual(raw(97, 98, 99, 100, 97, 98, 99, 100))
    expect(snappy.decompress(raw(6, ...literal, 0x06, 4, 0), limit)).toEqual(raw(97, 98, 99, 100, 97, 98))
    expect(snappy.decompress(raw(6, ...literal, 0x07, 1, 0, 0, 0), limit)).toEqual(raw(97, 98, 99, 100, 100, 100))
    for (const [tag, width] of [
      [60, 1],
      [61, 2],
      [62, 3],
      [63, 4],
    ] as const) {
      const long = noise(100, width)
      expect(snappy.decompress(raw(100, tag << 2, 99, ...new Array(width - 1).fill(0), ...long), limit)).toEqual(long)
    }
    expect(snappy.decompress(raw(0), limit)).toEqual(raw())
  })

  test("streams one after another, as Java's reader takes them", () => {
    const both = concat([snappy.compress(mixed(100, 1)), snappy.compress(mixed(50_000, 2))])
    same(snappy.decompress(both, limit), concat([mixed(100, 1), mixed(50_000, 2)]))
  })

  const malformed: [string, Uint8Array][] = [
    ['nothing at all', raw()],
    ['the six bytes that hung another decoder', raw(0x05, 0xfc, 0xfa, 0xff, 0xff, 0xff)],
    ['a length of five bytes beyond 32 bits', raw(0xff, 0xff, 0xff, 0xff, 0x1f)],
    ['a length without an end', raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['six bytes that claim 2 GB', raw(0xff, 0xff, 0xff, 0xff, 0x07, 0)],
    ['less than claimed', raw(5, 0x0c, 97, 98, 99, 100)],
    ['more than claimed', raw(3, 0x0c, 97, 98, 99, 100)],
    ['a literal beyond the end', raw(5, 0x10, 97)],
    ['a copy from nowhere', raw(4, 0x01, 1)],
    ['a copy from before the beginning', raw(5, 0x00, 97, 0x01, 2)],
    ['a copy at distance 0', raw(5, 0x00, 97, 0x01, 0)],
    ['a copy cut off', raw(5, 0x00, 97, 0x02, 1)],
  ]
  test.each(malformed)('%s: a ProtocolError', (_, bytes) => {
    expect(() => snappy.decompress(bytes, limit)).toThrow(ProtocolError)
  })

  test('every cut of a framed stream is noticed, unless it falls between chunks', () => {
    const packed = snappy.compress(mixed(40_000, 6))
    const second = 16 + 4 + new DataView(packed.buffer).getInt32(16)
    for (let length = 0; length < packed.length; length += 7) {
      if (length === 16 || length === second) continue
      expect(() => snappy.decompress(packed.subarray(0, length), limit), `${length}`).toThrow(ProtocolError)
    }
    const negative = packed.slice()
    negative[16] = 0xff
    expect(() => snappy.decompress(negative, limit)).toThrow(ProtocolError)
  })

  test('stops at the limit before reserving more', () => {
    const packed = snappy.compress(new Uint8Array(1_000_000))
    expect(() => snappy.decompress(packed, 999_999)).toThrow(DecompressionLimitError)
    expect(snappy.decompress(packed, 1_000_000)).toHaveLength(1_000_000)
  })
})
