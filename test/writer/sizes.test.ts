import { expect, test } from 'vitest'
import { utf8 } from '../../src/bytes/utf8.ts'
import { MessageTooLargeError } from '../../src/index.ts'
import { Embedded, numbered } from './embedded.ts'

test('four messages of which two fit into batchBytes are two batches', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({ batchBytes: 1_000 })
  // Of a text the most that it may come to counts, as long as it is not encoded.
  const value = (n: number): Uint8Array => utf8(`${n}`.padEnd(400, ' '))
  await writer.writeMessages([0, 1, 2, 3].map(n => ({ value: value(n) })))
  expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([2, 2])
  expect((await kafka.texts()).map(text => text.trim())).toEqual(numbered(4))
})

test('headers count: they can make a message too large, and a batch full', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({ batchBytes: 1_000 })
  const headers = (length: number) => [{ key: 'h', value: new Uint8Array(length) }]
  const small = { value: 'small' }
  const large = { value: 'v', headers: headers(1_000) }
  const error = await writer.writeMessages([large, small]).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(MessageTooLargeError)
  expect(error).toMatchObject({ offender: large, remaining: [small] })
  await writer.writeMessages([0, 1, 2, 3].map(n => ({ value: `${n}`, headers: headers(400) })))
  expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([2, 2])
})
