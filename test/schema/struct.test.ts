import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import {
  array,
  between,
  ignorable,
  nullable,
  since,
  struct,
  tagged,
  until,
  withDefault,
} from '../../src/schema/combinators.ts'
import { boolean, bytes, int8, int16, int32, int64, string, uuid } from '../../src/schema/scalars.ts'
import { decode, encode } from './hex.ts'

describe('versions', () => {
  const schema = struct({
    old: until(1, int8),
    middle: between(1, 2, int8, 7),
    young: since(2, int8, -1),
    always: int16,
  })

  test('each version has its own fields', () => {
    expect(encode(schema, { old: 1, always: 2 }, { version: 0 })).toBe('010002')
    expect(encode(schema, { old: 1, middle: 3, always: 2 }, { version: 1 })).toBe('01030002')
    expect(encode(schema, { middle: 3, young: 4, always: 2 }, { version: 2 })).toBe('03040002')
    expect(encode(schema, { young: 4, always: 2 }, { version: 3 })).toBe('040002')
  })

  test('what a version lacks reads as its default, in the order of declaration', () => {
    const value = decode(schema, '01 0002', { version: 0 })
    expect(value).toEqual({ old: 1, middle: 7, young: -1, always: 2 })
    expect(Object.keys(value)).toEqual(['old', 'middle', 'young', 'always'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('an optional field not given has its default; a required one must be given', () => {
    expect(encode(schema, { always: 2 }, { version: 1 })).toBe('00070002')
    expect(() => encode(schema, {} as never)).toThrow('always is missing')
  })

  test('a value the version has no place for is refused, unless it is the default', () => {
    expect(() => encode(schema, { old: 1, always: 2 }, { version: 2 })).toThrow('old cannot be sent in version 2')
    expect(encode(schema, { old: 0, always: 2 }, { version: 3 })).toBe('ff0002')
  })
})

describe('ignorable', () => {
  test('is dropped in silence', () => {
    const schema = struct({ id: int8, epoch: ignorable(since(1, int32, -1)) })
    expect(encode(schema, { id: 1, epoch: 5 }, { version: 0 })).toBe('01')
    expect(encode(schema, { id: 1, epoch: 5 }, { version: 1 })).toBe('0100000005')
  })

  test('beside another: only when that one is given', () => {
    const schema = struct({
      name: ignorable(until(0, string), { beside: 'id' }),
      id: ignorable(since(1, uuid), { beside: 'name' }),
    })
    const both = { name: 'a', id: 'ABEiM0RVZneImaq7zN3u_w' }
    expect(encode(schema, both, { version: 0 })).toBe('000161')
    expect(encode(schema, both, { version: 1 })).toBe('00112233445566778899aabbccddeeff')
    expect(() => encode(schema, { name: 'a' }, { version: 1 })).toThrow('name cannot be sent in version 1')
    expect(() => encode(schema, { id: both.id }, { version: 0 })).toThrow('id cannot be sent in version 0')
  })
})

describe('defaults', () => {
  test('arrays and structs are fresh each time', () => {
    const schema = struct({
      list: since(1, array(int8)),
      inner: since(1, struct({ a: withDefault(int8, 3), b: int8 })),
    })
    const one = decode(schema, '')
    const two = decode(schema, '')
    expect(one).toEqual({ list: [], inner: { a: 3, b: 0 } })
    expect(one.list).not.toBe(two.list)
    expect(one.inner).not.toBe(two.inner)
  })

  test('a default that is null, and null given where the default is not', () => {
    const schema = struct({ a: withDefault(nullable(string), null), b: withDefault(nullable(string), 'x') })
    expect(encode(schema, {})).toBe('ffff000178')
    expect(encode(schema, { b: null })).toBe('ffffffff')
  })

  test('structs, arrays and bytes equal to their defaults may be given in any version', () => {
    const schema = struct({
      list: since(1, array(int8)),
      inner: since(1, struct({ a: withDefault(int8, 3) })),
      raw: since(1, bytes),
      flag: since(1, boolean),
    })
    expect(encode(schema, { list: [], inner: { a: 3 }, raw: new Uint8Array(0), flag: false })).toBe('')
    for (const value of [{ list: [1] }, { inner: { a: 4 } }, { raw: new Uint8Array(1) }, { flag: true }]) {
      expect(() => encode(schema, value)).toThrow('cannot be sent in version 0')
    }
  })
})

test('an empty list is not taken for a default that is none: neither left out nor let through', () => {
  const list = withDefault(array(int8), [1, 2])
  const raw = withDefault(bytes, new Uint8Array([9]))
  const tags = struct({ list: tagged(0, list), raw: tagged(1, raw) })
  const flexible = { flexible: true }
  expect(encode(tags, { list: [1, 2], raw: new Uint8Array([9]) }, flexible)).toBe('00')
  const empty = { list: [], raw: new Uint8Array(0) }
  expect(decode(tags, encode(tags, empty, flexible), flexible)).toEqual(empty)
  expect(() => encode(struct({ list: since(1, list) }), { list: [] })).toThrow('list cannot be sent in version 0')
  // Nor is the default itself what a reader changes.
  decode(tags, '00', flexible).raw[0] = 1
  expect(decode(tags, '00', flexible).raw).toEqual(new Uint8Array([9]))
})

describe('nullable struct (KIP-893)', () => {
  const schema = nullable(struct({ a: int8 }))

  test('one byte in front: -1 for null, 1 otherwise', () => {
    expect(encode(schema, null)).toBe('ff')
    expect(encode(schema, { a: 5 })).toBe('0105')
    expect(encode(schema, { a: 5 }, { flexible: true })).toBe('010500')
    expect(decode(schema, 'ff')).toBeNull()
    expect(decode(schema, '0105')).toEqual({ a: 5 })
  })
})

describe('tagged fields (KIP-482)', () => {
  const schema = struct({
    id: int8,
    late: tagged(5, since(2, int32, -1)),
    first: tagged(0, string),
    where: tagged(2, struct({ node: withDefault(int32, -1), epoch: withDefault(int32, -1) })),
  })

  test('exact bytes, in the order of their tags, defaults left out', () => {
    const flexible = { version: 2, flexible: true }
    expect(encode(schema, { id: 1 }, flexible)).toBe('0100')
    expect(encode(schema, { id: 1, first: 'ab', late: 7 }, flexible)).toBe(
      '01' + '02' + '0003026162'.slice(0, 4) + '036162' + '050400000007',
    )
    expect(encode(schema, { id: 1, where: { node: 3 } }, flexible)).toBe(
      '01 01 02 09 00000003 ffffffff 00'.replaceAll(' ', ''),
    )
  })

  test('are read back; those not sent have their defaults', () => {
    expect(decode(schema, '01 02 00 03 036162 05 04 00000007', { version: 2, flexible: true })).toEqual({
      id: 1,
      late: 7,
      first: 'ab',
      where: { node: -1, epoch: -1 },
    })
  })

  test('unknown ones are passed over, those of later versions too', () => {
    expect(decode(schema, '01 02 05 04 00000007 7f 02 beef', { version: 1, flexible: true })).toMatchObject({
      id: 1,
      late: -1,
    })
  })

  test('a value is refused where there are no tagged fields', () => {
    expect(() => encode(schema, { id: 1, first: 'ab' }, { version: 2 })).toThrow('first cannot be sent in version 2')
    expect(encode(schema, { id: 1, first: '' }, { version: 2 })).toBe('01')
  })

  test.each([
    ['twice', '01 02 00 01 01 00 01 01'],
    ['out of order', '01 02 05 04 00000007 00 01 01'],
    ['longer than the rest', '01 01 00 7f 01'],
    ['unknown and longer than the rest', '01 01 09 7f 01'],
    ['longer than its value', '01 01 05 05 0000000700'],
    ['shorter than its value', '01 01 05 03 00000007'],
    ['four billion of them', '01 ffffffff0f'],
    ['cut off', '01'],
  ])('malformed: %s', (_name, hex) => {
    expect(() => decode(schema, hex, { version: 2, flexible: true })).toThrow(ProtocolError)
  })
})

test('more than eight fields, and none', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  const schema = struct(Object.fromEntries(names.map(name => [name, int8])))
  const value = Object.fromEntries(names.map((name, at) => [name, at]))
  expect(decode(schema, encode(schema, value))).toEqual(value)
  expect(decode(struct({}), '')).toEqual({})
  expect(encode(struct({}), {}, { flexible: true })).toBe('00')
})

test('fields named like parts of an object are fields', () => {
  const schema = struct({ constructor: int8, toString: int64, hasOwnProperty: since(1, int8) })
  const value = { constructor: 1, toString: 2, hasOwnProperty: 3 }
  expect(decode(schema, encode(schema, value, { version: 1 }), { version: 1 })).toEqual(value)
})
