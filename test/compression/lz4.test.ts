import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { DecompressionLimitError } from '../../src/compression/codec.ts'
import { xxh32 } from '../../src/compression/xxh32.ts'
import { lz4 } from '../support/codecs.ts'
import { mixed, noise, same } from './inputs.ts'
import { readLz4 } from './reference.ts'

const limit = 64 * 1024 * 1024
const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!, pair => Number.parseInt(pair, 16))

/** What the `lz4` tool 1.9.4 makes of `fox` with linked blocks, block checksums, content size and content checksum. */
const fox = new TextEncoder().encode(
  `the quick brown fox jumps over the lazy dog; the quick brown fox jumps over the lazy dog again${'\0'.repeat(200)}`,
)
const everything = hex(
  '04224d187c4026010000000000009f44000000f01074686520717569636b2062726f776e20666f78206a756d7073206f766572201f00916c617a7920646f673b0e000f2d00147f' +
    '20616761696e000100af5000000000008d8032990000000081200dc5',
)
/** A frame of these blocks, with a header that says independent blocks of 64 KiB. */
const frame = (...blocks: Uint8Array[]): Uint8Array =>
  concat([
    hex('04224d18604082'),
    ...blocks.map(block => concat([raw(block.length, block.length >> 8, 0, 0), block])),
    raw(0, 0, 0, 0),
  ])

describe('lz4', () => {
  const inputs: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(300_000)],
    ['noise, which is stored', noise(70_000, 1)],
    ['noise between text', concat([mixed(65_536, 1), noise(65_536, 2), mixed(1000, 3)])],
    ['mixed', mixed(200_000, 2)],
    ['exactly a block', mixed(65_536, 3)],
    ...Array.from({ length: 20 }, (_, length): [string, Uint8Array] => [
      `${length} equal bytes`,
      new Uint8Array(length).fill(7),
    ]),
  ]
  test.each(inputs)('%s: comes back, as the reference reads it too', (_, input) => {
    const packed = lz4.compress(input)
    same(lz4.decompress(packed, Math.max(input.length, 1)), input)
    same(readLz4(packed)!, input)
  })

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 400 }), (bytes, times) => {
        const input = concat(Array.from({ length: times }, () => bytes))
        same(lz4.decompress(lz4.compress(input), limit), input)
        same(lz4.decompress(lz4.compress(input, 3), limit), input)
      }),
    )
  })

  test('repeated text becomes small, noise hardly larger', () => {
    expect(lz4.compress(new Uint8Array(300_000)).length).toBeLessThan(1500)
    expect(lz4.compress(noise(300_000, 1)).length).toBeLessThan(300_100)
  })

  test.each(inputs)('%s comes back at every level', (_, input) => {
    for (let level = 1; level <= 17; level += 4) {
      const packed = lz4.compress(input, level)
      same(lz4.decompress(packed, limit), input)
      same(readLz4(packed)!, input)
    }
  })

  test('the higher the level, the smaller the output; no other levels', () => {
    const input = concat([mixed(100_000, 4), mixed(50_000, 4)])
    const sizes = [undefined, 1, 4, 9].map(level => lz4.compress(input, level).length)
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
    expect(new Set(sizes).size).toBe(4)
    for (const level of [0, 18, 1.5]) expect(() => lz4.compress(input, level)).toThrow(ConfigError)
  })

  test('xxHash agrees with its published values', () => {
    expect(xxh32(new Uint8Array(0), 0, 0)).toBe(0x02cc5d05)
    const text = new TextEncoder().encode('Nobody inspects the spammish repetition')
    expect(xxh32(text, 0, text.length)).toBe(0xe2293b2f)
  })

  test('linked blocks, block checksums, content size and checksum, as the lz4 tool writes them', () => {
    same(lz4.decompress(everything, limit), fox)
  })

  test('several frames and skippable ones between', () => {
    const skippable = concat([hex('532a4d1803000000'), raw(1, 2, 3)])
    const whole = concat([skippable, everything, skippable, lz4.compress(raw(1, 2, 3)), skippable])
    same(lz4.decompress(whole, limit), concat([fox, raw(1, 2, 3)]))
  })

  test('the header checksum Java writes in message format v0, over the magic too', () => {
    const packed = lz4.compress(fox)
    packed[6] = xxh32(packed, 0, 6) >>> 8
    same(lz4.decompress(packed, limit), fox)
    packed[6]! ^= 1
    expect(() => lz4.decompress(packed, limit)).toThrow(/header/)
  })

  test('every flipped bit of a frame with checksums is noticed', () => {
    for (let at = 0; at < everything.length; at++) {
      const bad = everything.slice()
      bad[at]! ^= 1 << (at & 7)
      expect(() => same(lz4.decompress(bad, limit), fox), `byte ${at}`).toThrow(ProtocolError)
    }
  })

  test('every cut is noticed', () => {
    for (let length = 0; length < everything.length; length++)
      expect(() => lz4.decompress(everything.subarray(0, length), limit)).toThrow(ProtocolError)
  })

  const malformed: [string, Uint8Array][] = [
    ['another format', hex('02214c1800000000')],
    ['an unknown version', hex('04224d18a0408200000000')],
    ['a dictionary', hex('04224d186140000000000000000000')],
    ["a block of more than the frame's size", concat([hex('04224d18604082'), raw(1, 0, 1, 0), new Uint8Array(65_537)])],
    [
      "a block that becomes more than the frame's size",
      frame(concat([raw(0x1f, 97, 1, 0), new Uint8Array(300).fill(255), raw(0, 0x00)])),
    ],
    [
      'a match from before the block',
      concat([lz4.compress(raw(97)).subarray(0, -4), frame(raw(0x10, 97, 1, 0)).subarray(7)]),
    ],
    ['a match at distance 0', frame(raw(0x10, 97, 0, 0, 0))],
    ['an endless length', frame(raw(0xf0, 255, 255, 255))],
    ['nothing behind a match', frame(raw(0x10, 97, 1, 0))],
    ['no literals at all', frame(raw())],
    ["a content size that can't be", hex('04224d186840ffffffffffffff7f00')],
  ]
  test.each(malformed)('%s: a ProtocolError', (_, bytes) => {
    expect(() => lz4.decompress(bytes, limit)).toThrow(ProtocolError)
  })

  test('stops at the limit, claimed or not', () => {
    const packed = lz4.compress(new Uint8Array(10_000_000))
    expect(() => lz4.decompress(packed, 9_999_999)).toThrow(DecompressionLimitError)
    expect(lz4.decompress(packed, 10_000_000)).toHaveLength(10_000_000)
    expect(() => lz4.decompress(everything, fox.length - 1)).toThrow(DecompressionLimitError)
  })
})
