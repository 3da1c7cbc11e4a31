import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import { Message } from '../../src/records/message.ts'

const message = (value: string | null, headers: [string, string | null][] = []): Message =>
  new Message(
    'orders',
    3,
    7,
    0,
    value === null ? null : utf8('ключ'),
    value === null ? null : utf8(value),
    headers.map(([key, text]) => ({ key, value: text === null ? null : utf8(text) })),
  )

test('key and value are there as text, and the value as JSON', () => {
  expect(message('{"a":[1]}').keyText()).toBe('ключ')
  expect(message('{"a":[1]}').json<{ a: number[] }>().a).toEqual([1])
  expect([message(null).keyText(), message(null).json()]).toEqual(['', null])
})

test.each(['', '{', 'text'])('a value %j that is no JSON says which message it is', value => {
  expect(() => message(value).json()).toThrow(ProtocolError)
  expect(() => message(value).json()).toThrow(/offset 7 of orders\/3 is no JSON/)
})

test('the last header of a name counts; none, null and empty are different things', () => {
  const read = message('x', [
    ['a', 'first'],
    ['b', null],
    ['a', 'last'],
    ['', ''],
  ])
  expect(read.header('a')).toEqual(utf8('last'))
  expect([read.header('b'), read.header('c'), read.header('A')]).toEqual([null, undefined, undefined])
  expect(['a', 'b', '', 'c'].map(name => read.headerText(name))).toEqual(['last', '', '', undefined])
})
