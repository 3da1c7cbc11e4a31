import { constants, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, ProtocolError } from '../../src/base/errors.ts'
import { DecompressionLimitError } from '../../src/compression/codec.ts'
import { gzip } from '../support/codecs.ts'
import { mixed, noise, same } from './inputs.ts'

const mebibyte = 1024 * 1024
const limit = 64 * mebibyte

const inputs: [string, Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', Uint8Array.of(7)],
  ['zeros', new Uint8Array(300_000)],
  ['noise', noise(70_000, 3)],
  ['mixed', mixed(400_000, 2)],
]

describe('gzip', () => {
  test.each(inputs)('%s: reads what zlib writes at every level and strategy, and zlib reads ours', (_, input) => {
    for (let level = 0; level <= 9; level++) {
      same(gzip.decompress(gzipSync(input, { level }), limit), input)
      const ours = gzip.compress(input, level)
      same(gunzipSync(ours), input)
      same(gzip.decompress(ours, input.length), input)
    }
    for (const strategy of [constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE]) {
      same(gzip.decompress(gzipSync(input, { strategy }), limit), input)
    }
  })

  test('any bytes come back, and the same bytes give the same file', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), bytes => {
        expect(gzip.decompress(gzip.compress(bytes), bytes.length)).toEqual(bytes)
        expect(gzip.compress(bytes)).toEqual(gzip.compress(bytes))
      }),
    )
  })

  test('every member of several is read, empty ones too, and each is checked', () => {
    const members = [mixed(5000, 5), new Uint8Array(0), mixed(70_000, 6)].map(member => gzipSync(member))
    const whole = Buffer.concat(members)
    same(gzip.decompress(whole, limit), gunzipSync(whole))
    whole[members[0]!.length - 6]! ^= 1
    expect(() => gzip.decompress(whole, limit)).toThrow(ProtocolError)
  })

  test('a match may not reach into the member before', () => {
    // Member two is one match at distance 1 in a fixed block: nothing stands before it.
    const second = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0x03, 0x02, 0x00, 0, 0, 0, 0, 0, 3, 0, 0, 0]
    expect(() => gzip.decompress(Buffer.concat([gzipSync('abc'), Uint8Array.from(second)]), limit)).toThrow(/distance/)
  })

  test("the optional header fields are passed over, and the header's own CRC is checked", () => {
    const plain = gzip.compress(mixed(1000, 8))
    const withFields = (...fields: number[]): Uint8Array =>
      Uint8Array.from([0x1f, 0x8b, 8, ...fields, ...plain.subarray(10)])
    // extra (3 bytes), name, comment
    const full = [0x04 | 0x08 | 0x10, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 110, 0, 99, 99, 0]
    expect(gzip.decompress(withFields(...full), limit)).toEqual(mixed(1000, 8))
    expect(() => gzip.decompress(withFields(0x02, 0, 0, 0, 0, 0, 3, 1, 2), limit)).toThrow(/header/)
    expect(() => gzip.decompress(withFields(0x20, 0, 0, 0, 0, 0, 3), limit)).toThrow(/flags/)
    for (const endless of [
      [0x08, 0, 0, 0, 0, 0, 3],
      [0x04, 0, 0, 0, 0, 0, 3, 0xff, 0xff],
    ])
      expect(() =>
        gzip.decompress(Uint8Array.from([0x1f, 0x8b, 8, ...endless, ...new Array(30).fill(1)]), limit),
      ).toThrow(ProtocolError)
  })

  test('stops at the limit, whatever the input claims to hold', () => {
    const input = mixed(100_000, 9)
    const packed = gzip.compress(input)
    same(gzip.decompress(packed, input.length), input)
    expect(() => gzip.decompress(packed, input.length - 1)).toThrow(DecompressionLimitError)
    expect(() => gzip.decompress(packed, 0)).toThrow(DecompressionLimitError)
    const bomb = gzipSync(new Uint8Array(100 * mebibyte), { level: 9 })
    for (const claim of [0, 1, 0x7fffffff, 0xffffffff]) {
      bomb.writeUInt32LE(claim, bomb.length - 4)
      expect(() => gzip.decompress(bomb, 5 * mebibyte)).toThrow(DecompressionLimitError)
    }
  })

  test('a wrong CRC, a wrong length, bytes behind the end and every cut are ProtocolErrors', () => {
    const packed = gzip.compress(mixed(2000, 10))
    for (const at of [packed.length - 8, packed.length - 4]) {
      const bad = packed.slice()
      bad[at]! ^= 1
      expect(() => gzip.decompress(bad, limit)).toThrow(ProtocolError)
    }
    expect(() => gzip.decompress(Uint8Array.from([...packed, 0]), limit)).toThrow(ProtocolError)
    for (let length = 0; length < packed.length; length++)
      expect(() => gzip.decompress(packed.subarray(0, length), limit)).toThrow(ProtocolError)
  })

  test('what is kept of a short result is not a large buffer', () => {
    const tiny = gzip.decompress(gzipSync('x'), limit)
    expect(tiny.buffer.byteLength).toBeLessThan(1000)
    const lied = gzipSync(mixed(5000, 1))
    expect(gzip.decompress(lied, limit).buffer.byteLength).toBeLessThan(6000)
  })

  test('a level gzip has not is a ConfigError', () => {
    for (const level of [-1, 10, 1.5, Number.NaN])
      expect(() => gzip.compress(new Uint8Array(1), level)).toThrow(ConfigError)
  })
})
