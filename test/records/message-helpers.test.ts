import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import { Client } from '../../src/client/client.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { Message } from '../../src/records/message.ts'
import { Embedded } from '../support/embedded.ts'

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

test.each<[string, (reader: Reader, client: Client) => Promise<Message>]>([
  ['a Reader hands out one by one', reader => reader.readMessage()],
  ['a Reader hands out in a batch', async reader => (await reader.batches().next()).value!.messages()[0]!],
  ['was copied', async reader => (await reader.readMessage()).copy()],
  [
    'a Client fetched',
    async (_, client) => [...(await client.fetch({ topic: 't', partition: 0, offset: 0 })).records][0]!,
  ],
])('a message that %s has them, too', async (_what, take) => {
  await using kafka = new Embedded()
  const headers = [
    { key: 'trace', value: 'first' },
    { key: 'trace', value: 'last' },
  ]
  await kafka.write([{ key: 'ключ', value: '{"a":[1]}', headers }])
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  const read = await take(kafka.reader(), client)
  expect([read.keyText(), read.json(), read.headerText('trace'), read.header('none')]).toEqual([
    'ключ',
    { a: [1] },
    'last',
    undefined,
  ])
})
