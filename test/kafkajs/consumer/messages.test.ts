import { expect, test } from 'vitest'
import type { KafkaMessage } from '../../../adapters/kafkajs/index.ts'
import { until } from '../../support/waiting.ts'
import { forever, Stage } from './fixture.ts'

async function read(stage: Stage, count: number): Promise<KafkaMessage[]> {
  const messages: KafkaMessage[] = []
  await stage.reading({}, { eachMessage: async ({ message }) => void messages.push(message) })
  await until(forever, () => messages.length === count)
  return messages
}

test('a message has what kafkajs gives it, as properties of its own', async () => {
  await using stage = new Stage()
  await stage.write([{ key: 'k', value: 'v', headers: [{ key: 'a', value: '1' }], time: new Date(1_700_000_000_000) }])
  const [message] = await read(stage, 1)
  expect({ ...message }).toEqual({
    magicByte: 2,
    attributes: 0,
    timestamp: '1700000000000',
    offset: '0',
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: { a: Buffer.from('1') },
    isControlRecord: false,
    batchContext: expect.objectContaining({
      firstOffset: '0',
      firstTimestamp: '1700000000000',
      inTransaction: false,
      isControlBatch: false,
      lastOffsetDelta: 0,
      maxTimestamp: '1700000000000',
      timestampType: 0,
      magicByte: 2,
    }),
  })
  expect(Buffer.isBuffer(message!.value)).toBe(true)
})

test('no key and a tombstone are null, headers of one name a list', async () => {
  await using stage = new Stage()
  const headers = [
    { key: 'h', value: 'x' },
    { key: 'h', value: 'y' },
    { key: 'n', value: null },
    { key: '__proto__', value: 'p' },
  ]
  await stage.write([{ value: null, headers } as never])
  const [message] = await read(stage, 1)
  expect([message!.key, message!.value]).toEqual([null, null])
  expect(Object.entries(message!.headers!)).toEqual([
    ['h', [Buffer.from('x'), Buffer.from('y')]],
    ['n', null],
    ['__proto__', Buffer.from('p')],
  ])
})

test('each is an object that nobody else has, so that users may change it', async () => {
  await using stage = new Stage()
  await stage.write([{ value: '1' }, { value: '2' }])
  const [first, second] = await read(stage, 2)
  Object.assign(first!, { topic: 't' }).headers!['added'] = 'x'
  expect(second!.headers).toEqual({})
  expect('topic' in second!).toBe(false)
})
