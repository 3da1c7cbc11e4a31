import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { readVarint, readVarlong, writeVarint, writeVarlong } from '../../src/bytes/rare-types.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { ByteWriter } from '../../src/bytes/writer.ts'

test('reads a stretch in the middle of a larger array, and no further', () => {
  const bytes = new Uint8Array([9, 9, 0, 1, 0, 2, 9, 9])
  const reader = new ByteReader(bytes.subarray(1), 1, 5)
  expect(reader.int16()).toBe(1)
  expect(reader.remaining).toBe(2)
  expect(() => reader.int32()).toThrow(ProtocolError)
  expect(reader.int16()).toBe(2)
  expect(() => reader.int8()).toThrow('1 bytes expected at 5, 0 remain')
})

test('a negative length and one past the end are refused', () => {
  const reader = new ByteReader(new Uint8Array(8))
  for (const length of [-1, Number.NaN, 9]) expect(() => reader.take(length)).toThrow(ProtocolError)
  expect(reader.offset).toBe(0)
})

test('64 bits at every width, as numbers and as bigints', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
      const writer = new ByteWriter()
      writer.bigInt64(value)
      const bytes = writer.done()
      expect(new ByteReader(bytes).bigInt64()).toBe(value)
      expect(new ByteReader(bytes).clampedInt64()).toBe(Number(value))
      if (Number.isSafeInteger(Number(value))) expect(new ByteReader(bytes).int64()).toBe(Number(value))
      else expect(() => new ByteReader(bytes).int64()).toThrow(ProtocolError)
    }),
    { seed: 1 },
  )
})

describe('varints', () => {
  test('any number comes back, in as few bytes as it needs', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        const writer = new ByteWriter(1)
        writeVarlong(writer, value)
        const bytes = writer.done()
        expect(readVarlong(new ByteReader(bytes))).toBe(value)
        const zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
        expect(bytes.length).toBe(Math.max(1, Math.ceil(zigzag.toString(2).length / 7)))
      }),
      { seed: 2 },
    )
    fc.assert(
      fc.property(fc.integer(), value => {
        const writer = new ByteWriter(1)
        writeVarint(writer, value)
        writer.unsignedVarint(value >>> 0)
        const reader = new ByteReader(writer.done())
        expect(readVarint(reader)).toBe(value)
        expect(reader.unsignedVarint()).toBe(value >>> 0)
        expect(reader.remaining).toBe(0)
      }),
      { seed: 3 },
    )
  })

  test('a longer form than needed is read, one of more than 32 bits is not', () => {
    expect(new ByteReader(new Uint8Array([0x81, 0x80, 0x00])).unsignedVarint()).toBe(1)
    expect(new ByteReader(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f])).unsignedVarint()).toBe(4294967295)
    expect(() => new ByteReader(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x10])).unsignedVarint()).toThrow(
      'varint longer than 32 bits',
    )
    expect(() => new ByteReader(new Uint8Array([0x80, 0x80])).unsignedVarint()).toThrow(ProtocolError)
  })

  test('a varlong never runs on', () => {
    expect(() => readVarlong(new ByteReader(new Uint8Array(1000).fill(0x80)))).toThrow(
      "varlong out of a number's exact range",
    )
    expect(() => readVarlong(new ByteReader(new Uint8Array(1000).fill(0xff)))).toThrow(
      "varlong out of a number's exact range",
    )
  })
})
