import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { compact, nullable } from '../../src/schema/combinators.ts'
import {
  bigInt64,
  boolean,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  size64,
  string,
  timestamp,
  uint16,
  uint32,
  uuid,
  varint,
  varlong,
} from '../../src/schema/scalars.ts'
import type { AnySchema } from '../../src/schema/schema.ts'
import { decode, encode } from './hex.ts'

const two63 = 2 ** 63
const vectors: [name: string, schema: AnySchema, value: unknown, hex: string][] = [
  ['boolean', boolean, true, '01'],
  ['boolean', boolean, false, '00'],
  ['int8', int8, -128, '80'],
  ['int16', int16, -2, 'fffe'],
  ['uint16', uint16, 65534, 'fffe'],
  ['int32', int32, -2147483648, '80000000'],
  ['uint32', uint32, 4294967295, 'ffffffff'],
  ['int64', int64, Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ['int64', int64, Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
  ['int64', int64, -1, 'ffffffffffffffff'],
  ['bigInt64', bigInt64, 2n ** 63n - 1n, '7fffffffffffffff'],
  ['bigInt64', bigInt64, -(2n ** 63n), '8000000000000000'],
  ['timestamp', timestamp, two63, '7fffffffffffffff'],
  ['timestamp', timestamp, -two63, '8000000000000000'],
  ['size64', size64, 1_099_511_627_776, '0000010000000000'],
  ['float64', float64, -0.5, 'bfe0000000000000'],
  ['varint', varint, 0, '00'],
  ['varint', varint, -1, '01'],
  ['varint', varint, -64, '7f'],
  ['varint', varint, 12345, 'f2c001'],
  ['varint', varint, 2147483647, 'feffffff0f'],
  ['varint', varint, -2147483648, 'ffffffff0f'],
  ['varlong', varlong, -64, '7f'],
  ['varlong', varlong, 12345, 'f2c001'],
  ['varlong', varlong, Number.MAX_SAFE_INTEGER, 'feffffffffffff1f'],
  ['varlong', varlong, Number.MIN_SAFE_INTEGER, 'fdffffffffffff1f'],
  ['uuid', uuid, 'AAAAAAAAAAAAAAAAAAAAAA', '00000000000000000000000000000000'],
  ['uuid', uuid, 'ABEiM0RVZneImaq7zN3u_w', '00112233445566778899aabbccddeeff'],
  ['uuid', uuid, '-_-_-_-_-_-_-_-_-_-_-g', 'fbffbffbffbffbffbffbffbffbffbffa'],
  ['string', string, 'héllo', '000668c3a96c6c6f'],
  ['string', string, '', '0000'],
  ['nullable string', nullable(string), null, 'ffff'],
  ['compact string', compact(string), 'héllo', '0768c3a96c6c6f'],
  ['compact string', compact(string), '', '01'],
  ['compact nullable string', compact(nullable(string)), null, '00'],
  ['compact string of 127 bytes', compact(string), 'a'.repeat(127), `8001${'61'.repeat(127)}`],
  ['compact string that outgrows its prefix', compact(string), 'é'.repeat(64), `8101${'c3a9'.repeat(64)}`],
  ['bytes', bytes, new Uint8Array([1, 2]), '000000020102'],
  ['nullable bytes', nullable(bytes), null, 'ffffffff'],
  ['compact bytes', compact(bytes), new Uint8Array([1, 2]), '030102'],
  ['compact nullable bytes', compact(nullable(bytes)), null, '00'],
  ['records', records, new Uint8Array([1, 2]), '000000020102'],
  ['compact nullable records', compact(nullable(records)), null, '00'],
]

test.each(vectors)('%s %#: exact bytes, both ways', (_name, schema, value, hex) => {
  expect(encode(schema, value)).toBe(hex)
  expect(decode(schema, hex)).toEqual(value)
})

const refused: [name: string, schema: AnySchema, value: unknown][] = [
  ['int8 too large', int8, 128],
  ['int16 too small', int16, -32769],
  ['uint16 negative', uint16, -1],
  ['int32 of a fraction', int32, 1.5],
  ['int32 of null', int32, null],
  ['int32 of text', int32, '7'],
  ['uint32 too large', uint32, 2 ** 32],
  ['int64 beyond 2^53', int64, 2 ** 53],
  ['int64 of NaN', int64, Number.NaN],
  ['bigInt64 too large', bigInt64, 2n ** 63n],
  ['timestamp of NaN', timestamp, Number.NaN],
  ['varint too large', varint, 2 ** 31],
  ['varlong beyond 2^53', varlong, 2 ** 53],
  ['uuid too short', uuid, 'AAAA'],
  ['uuid of other letters', uuid, 'AAAAAAAAAAAAAAAAAAAA+/'],
  ['string of null', string, null],
  ['string of a number', string, 5],
  ['string too long', string, 'a'.repeat(32768)],
  ['nullable string of undefined', nullable(string), undefined],
  ['bytes of text', bytes, 'text'],
  ['bytes of null', bytes, null],
]

test.each(refused)('%s is refused when written', (_name, schema, value) => {
  expect(() => encode(schema, value)).toThrow(ProtocolError)
})

const malformed: [name: string, schema: AnySchema, hex: string][] = [
  ['int32 cut short', int32, '000000'],
  ['int64 beyond 2^53', int64, '0020000000000000'],
  ['varint of six bytes', varint, 'ffffffffff0f'],
  ['varint of 33 bits', varint, 'ffffffff1f'],
  ['varlong beyond 2^53', varlong, 'ffffffffffffffffff01'],
  ['varlong without end', varlong, 'ffffffffffffffffffffffffff'],
  ['string longer than the rest', string, '000561'],
  ['string of null', string, 'ffff'],
  ['compact string of null', compact(string), '00'],
  ['compact string longer than the rest', compact(string), 'ffffffff0f61'],
  ['bytes of null', bytes, 'ffffffff'],
  ['bytes of 2 GiB', bytes, '7fffffff'],
]

test.each(malformed)('%s is refused when read', (_name, schema, hex) => {
  expect(() => decode(schema, hex)).toThrow(ProtocolError)
})

describe('bytes', () => {
  test('are a copy, also when read off a Buffer', () => {
    const frame = Buffer.from('000000020102', 'hex')
    const value = decodeFrom(bytes, frame)
    frame.fill(0)
    expect(value).toEqual(new Uint8Array([1, 2]))
  })

  test('but records are a view', () => {
    const frame = Buffer.from('000000020102', 'hex')
    const value = decodeFrom(records, frame)
    frame.fill(9)
    expect([...value]).toEqual([9, 9])
  })
})

test('malformed UTF-8 becomes U+FFFD, as in Java', () => {
  expect(decode(string, '0003 61ff62')).toBe('a\ufffdb')
  expect(decode(string, `0020 ${'61'.repeat(31)}ff`)).toBe(`${'a'.repeat(31)}\ufffd`)
})

test('half a surrogate pair is refused: as U+FFFD, names that differ would become one', () => {
  expect(() => encode(string, '\ud800')).toThrow(ProtocolError)
  expect(() => encode(string, 'a\udc00b')).toThrow(ProtocolError)
  expect(encode(string, '\u{1f388}')).toBe('0004f09f8e88')
})

test('a byte order mark is text like any other', () => {
  expect(decode(string, '0004efbbbf61')).toBe('\ufeffa')
})

function decodeFrom(schema: typeof bytes, frame: Uint8Array): Uint8Array {
  return schema.plain(0, false).read(new ByteReader(frame))
}
