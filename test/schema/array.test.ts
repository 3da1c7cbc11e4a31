import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { array, compact, nullable } from '../../src/schema/combinators.ts'
import { int8, int32, string } from '../../src/schema/scalars.ts'
import { decode, encode } from './hex.ts'

test('a count of four bytes and the elements', () => {
  const schema = array(int8)
  expect(encode(schema, [1, -1])).toBe('0000000201ff')
  expect(decode(schema, '00000002 01ff')).toEqual([1, -1])
  expect(encode(schema, [])).toBe('00000000')
})

test('compact: a varint of one more than the count', () => {
  const schema = array(string)
  expect(encode(schema, ['a', ''], { flexible: true })).toBe('03026101')
  expect(decode(schema, '03 0261 01', { flexible: true })).toEqual(['a', ''])
  expect(encode(compact(schema), ['a'])).toBe('020261')
})

test('null only where it may be', () => {
  const schema = nullable(array(int8), { since: 2 })
  expect(encode(schema, null, { version: 2 })).toBe('ffffffff')
  expect(encode(schema, null, { version: 2, flexible: true })).toBe('00')
  expect(decode(schema, 'ffffffff', { version: 2 })).toBeNull()
  expect(decode(schema, '00', { version: 2, flexible: true })).toBeNull()
  expect(() => encode(schema, null, { version: 1 })).toThrow('null is no array')
  expect(() => decode(schema, 'ffffffff', { version: 1 })).toThrow('array is null')
})

test('of structs, given their fields', () => {
  const schema = array({ id: int32, name: string })
  expect(encode(schema, [{ id: 1, name: 'a' }])).toBe('0000000100000001000161')
  expect(decode(schema, '00000001 00000001 000161')).toEqual([{ id: 1, name: 'a' }])
})

test('more elements than the remaining bytes can hold are refused before they are read', () => {
  expect(() => decode(array(int32), '00000002 00000001 000000')).toThrow('an array of 2 elements, 7 bytes remain')
  expect(() => decode(array(int32), '7fffffff')).toThrow(ProtocolError)
  expect(() => decode(array({ a: int32, b: string }), '00000002 00000001 000161 0000')).toThrow(
    'an array of 2 elements',
  )
  expect(() => decode(array(string), 'ffffffff0f', { flexible: true })).toThrow(ProtocolError)
})

test('a long one comes whole', () => {
  const long = Array.from({ length: 5000 }, (_, i) => i)
  expect(decode(array(int32), encode(array(int32), long))).toEqual(long)
})
