import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { concat } from '../../src/bytes/writer.ts'
import { DecompressionLimitError } from '../../src/compression/codec.ts'
import { huffmanLengths } from '../../src/compression/huffman-lengths.ts'
import { xxh64 } from '../../src/compression/xxh64.ts'
import { zstd } from '../support/codecs.ts'
import { random } from '../support/random.ts'
import { mixed, noise, same } from './inputs.ts'

const limit = 64 * 1024 * 1024
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!, pair => Number.parseInt(pair, 16))
/** From Node 22.15 on. */
const { zstdCompressSync, zstdDecompressSync } = zlib as Partial<typeof zlib>

/** 330 bytes, and what the `zstd` tool 1.5.4 makes of them. */
const fox = new TextEncoder()
  .encode(
    'the quick brown fox jumps over the lazy dog; '.repeat(3) +
      String.fromCharCode(...Array.from({ length: 58 }, (_, i) => 65 + i)).repeat(4),
  )
  .subarray(0, 330)
const fast =
  '28b52ffd644a00a50300640674686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b4142434445464748494a4b4c4d4e4f50' +
  '5152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a03006ae88a82816a02a39d6503913b85'
const tool: [string, Uint8Array][] = [
  ['raw literals, content size, checksum', hex(fast)],
  [
    'Huffman literals, no checksum',
    hex(
      '28b52ffd604a0075030032c61716109f03838eaca28a2aaaa8a224020000584400004081397edb353dcb31fc76b7655735454fb3244731043fafe3362dc32eaba22629821ea761' +
        '1625410ea320062178e0ece4e379c87e5cd6fde5b7a5d5bfbbf9aedd63f1d731a5e12fd1390310056ae8143c3868613901',
    ),
  ],
  ['no content size, a window', concat([hex('28b52ffd0400'), hex(fast).subarray(7)])],
]

/** Bytes of which few are common: long Huffman codes, and more than 128 different symbols. */
function skewed(length: number): Uint8Array {
  const next = random(17)
  return Uint8Array.from({ length }, () => Math.floor(next() ** 6 * 256))
}

describe('zstd', () => {
  const inputs: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(300_000)],
    ['noise', noise(140_000, 1)],
    ['text and noise and text', concat([mixed(131_072, 1), noise(131_072, 2), mixed(131_072, 1), mixed(1000, 3)])],
    ['mixed', mixed(400_000, 2)],
    ['exactly a block', mixed(131_072, 3)],
    ['few common bytes', skewed(50_000)],
    ['few common bytes, shuffled over all', skewed(50_000).map(byte => (byte * 167) & 255)],
    ['far matches', concat([noise(200_000, 5), mixed(1000, 1), noise(200_000, 5)])],
    ...Array.from({ length: 140 }, (_, i): [string, Uint8Array] => [`${i * 3} bytes of text`, mixed(i * 3, i)]),
  ]
  test.each(inputs)('%s: comes back, as libzstd reads it too where it is there', (_, input) => {
    const packed = zstd.compress(input)
    same(zstd.decompress(packed, Math.max(input.length, 1)), input)
    if (zstdDecompressSync !== undefined) same(zstdDecompressSync(packed), input)
    if (zstdCompressSync !== undefined) same(zstd.decompress(zstdCompressSync(input), limit), input)
    expect(packed.length).toBeLessThan(input.length + 20)
  })

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 400 }), (bytes, times) => {
        const input = concat(Array.from({ length: times }, () => bytes))
        same(zstd.decompress(zstd.compress(input), limit), input)
        same(zstd.decompress(zstd.compress(input, 3), limit), input)
      }),
    )
  })

  test.each(inputs.slice(0, 20))(
    '%s: comes back at every level, as libzstd reads it too where it is there',
    (_, input) => {
      for (const level of [-1, 1, 3, 9, 22]) {
        const packed = zstd.compress(input, level)
        same(zstd.decompress(packed, limit), input)
        if (zstdDecompressSync !== undefined) same(zstdDecompressSync(packed), input)
      }
    },
  )

  test('the higher the level, the smaller the output', () => {
    const input = concat([mixed(200_000, 4), mixed(50_000, 4)])
    const sizes = [undefined, 3, 6, 12].map(level => zstd.compress(input, level).length)
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
    expect(new Set(sizes).size).toBe(4)
  })

  test('a content beyond the window is written with one', () => {
    const part = mixed(1_000_000, 9)
    const input = concat(Array.from({ length: 9 }, () => part))
    const packed = zstd.compress(input)
    expect(packed[4]! & 0x20).toBe(0)
    same(zstd.decompress(packed, limit), input)
  })

  test('it compresses: repeated text, skewed bytes', () => {
    expect(zstd.compress(new Uint8Array(300_000)).length).toBeLessThan(100)
    expect(zstd.compress(skewed(50_000)).length).toBeLessThan(40_000)
    expect(zstd.compress(mixed(400_000, 2)).length).toBeLessThan(zstd.compress(noise(400_000, 2)).length * 0.7)
  })

  test.each(tool)('reads what the zstd tool writes: %s', (_, packed) => {
    same(zstd.decompress(packed, limit), fox)
  })

  test('several frames and skippable ones between', () => {
    const skippable = concat([hex('502a4d1803000000'), Uint8Array.of(1, 2, 3)])
    const whole = concat([
      skippable,
      ...tool.map(([, packed]) => packed),
      skippable,
      zstd.compress(fox),
      zstd.compress(new Uint8Array(0)),
    ])
    same(zstd.decompress(whole, limit), concat([fox, fox, fox, fox]))
  })

  test('a block of one byte repeated, and one of raw bytes', () => {
    // Window 1 KiB; a block of 5 times 0x61, then the last, raw: "bc".
    same(zstd.decompress(hex('28b52ffd0000' + '2a000061' + '1100006263'), limit), new TextEncoder().encode('aaaaabc'))
  })

  test('xxHash agrees with its published values, and with itself bit by bit', () => {
    const text = new TextEncoder().encode('Nobody inspects the spammish repetition')
    expect(xxh64(text, 0, 0)).toBe(0x51d8e999)
    expect(xxh64(text, 0, text.length)).toBe(0x8a378bf1)
  })

  test('every flipped bit of a frame with a checksum is noticed', () => {
    const packed = hex(fast)
    for (let at = 0; at < packed.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bad = packed.slice()
        bad[at]! ^= 1 << bit
        try {
          // A few bits make no difference: the unused one of the descriptor.
          same(zstd.decompress(bad, limit), fox)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }
    }
  })

  test.each(tool)('every cut is noticed: %s', (_, packed) => {
    for (let length = 0; length < packed.length; length++)
      expect(() => zstd.decompress(packed.subarray(0, length), limit), `${length}`).toThrow(ProtocolError)
  })

  const malformed: [string, Uint8Array][] = [
    ['another format', hex('1f8b080000000000')],
    ['a reserved flag', hex('28b52ffd0800010000')],
    ['a dictionary', hex('28b52ffd010007010000')],
    ['a block of the reserved type', hex('28b52ffd0000' + '070000')],
    ['a block larger than the window', hex('28b52ffd0000' + '0b200061')],
    ['the seventeen bytes that hung another decoder', hex('28b52ffd005845000002000004f003ffff')],
    ["a content size that can't be", hex('28b52ffdc000ffffffffffff1f00010000')],
    ['a content shorter than stated', hex('28b52ffd2003' + '1100006263')],
    ['a content longer than stated', hex('28b52ffd2001' + '1100006263')],
    ['literals by an earlier code where there is none', hex('28b52ffd0000' + '2d0000' + '1340000100')],
    ['an unknown mode of sequences', hex('28b52ffd0000' + '2d0000' + '0861010101')],
    ['sequences that repeat codes where there are none', hex('28b52ffd0000' + '2d0000' + '086101fc01')],
  ]
  test.each(malformed)('%s: a ProtocolError', (_, bytes) => {
    expect(() => zstd.decompress(bytes, limit)).toThrow(ProtocolError)
  })

  test('an offset of 31 bits is too far, not a repeated one', () => {
    // One literal, one sequence; all three codes single: 1 literal, offset code 31, match code 0; then 31 extra bits
    // and the end mark.
    const block = hex('0861' + '0154' + '011f00' + '00000080')
    const header = Uint8Array.of((block.length << 3) | 5, 0, 0)
    expect(() => zstd.decompress(concat([hex('28b52ffd0000'), header, block]), limit)).toThrow(/before the beginning/)
  })

  test('stops at the limit, claimed or not', () => {
    const packed = zstd.compress(new Uint8Array(20_000_000))
    expect(packed.length).toBeLessThan(2000)
    expect(() => zstd.decompress(packed, 19_999_999)).toThrow(DecompressionLimitError)
    expect(zstd.decompress(packed, 20_000_000)).toHaveLength(20_000_000)
    const unclaimed = concat([hex('28b52ffd0038'), ...Array.from({ length: 100 }, () => hex('02001000'))])
    expect(() => zstd.decompress(unclaimed, 1_000_000)).toThrow(DecompressionLimitError)
  })
})

describe('length-limited Huffman codes', () => {
  test('are complete, never longer than allowed, and as good as the entropy lets expect', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 2, maxLength: 256 }), counts => {
        fc.pre(counts.filter(count => count > 0).length >= 2)
        const lengths = huffmanLengths(counts, 11)
        let kraft = 0
        let bits = 0
        let entropy = 0
        const total = counts.reduce((sum, count) => sum + count, 0)
        for (const [symbol, count] of counts.entries()) {
          expect(lengths[symbol]! > 0).toBe(count > 0)
          if (count === 0) continue
          kraft += 2 ** -lengths[symbol]!
          bits += count * lengths[symbol]!
          entropy -= count * Math.log2(count / total)
        }
        expect(kraft).toBe(1)
        expect(Math.max(...lengths)).toBeLessThanOrEqual(11)
        expect(bits).toBeLessThanOrEqual(entropy + total)
      }),
    )
  })
})
