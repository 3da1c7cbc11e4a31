import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConfigError, ProtocolError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { Dialer } from '../../src/conn/dialer.ts'
import { FirstOffset } from '../../src/protocol/offsets.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport, rejections } = fixture()
const writer = (more: Anything = {}): Writer => new Writer({ addr: broker.addresses, topic: 't', transport, ...more })

test.each<[string, Anything]>([
  ['a text', 'hello'],
  ['a number', 5],
  ['a list of texts', ['hello', 'world']],
  ['a Set', new Set([{ value: 'a' }])],
  ['a list of lists', [['key', 'value']]],
  ['null', null],
  ['undefined', undefined],
  ['a list with a hole', [{ value: 'a' }, undefined]],
])('%s is refused, not written as a message without key and value', async (_what, messages) => {
  await using w = writer()
  await expect(w.writeMessages(messages)).rejects.toThrow(ConfigError)
  await expect(w.writeMessage(messages)).rejects.toThrow(ConfigError)
  const client = new Client({ addr: broker.addresses, transport })
  const { topics } = await client.listOffsets({
    topics: { t: [0, 1, 2].map(partition => ({ partition, timestamp: -1 })) },
  })
  expect(topics['t']!.map(({ lastOffset }) => lastOffset)).toEqual([0, 0, 0])
})

test.each<[string, Anything]>([
  ['headers as an object', { headers: { a: 'b' } }],
  ['headers as a Map', { headers: new Map([['a', 'b']]) }],
  ['a header that is null', { headers: [null] }],
  ['a time that is a text', { time: 'now' }],
  ['a topic that is a number', { topic: 5 }],
  ['a value that is a list of numbers', { value: Array(20).fill(1) }],
])('%s: a ConfigError', async (_what, message) => {
  await using w = writer({ topic: undefined })
  await expect(w.writeMessages({ topic: 't', ...message })).rejects.toThrow(ConfigError)
})

test.each<[string, Anything]>([
  ['balancer', {}],
  ['balancer', 'hash'],
  ['completion', 'done'],
  ['deliveryTimeout', '5000'],
  ['batchSize', Number.NaN],
])('%s %s: a ConfigError from the constructor', (name, value) => {
  expect(() => writer({ [name]: value })).toThrow(ConfigError)
})

test('limits longer than the protocol can say are as good as none', async () => {
  await using w = writer({
    topic: 'limits',
    writeTimeout: 2 ** 40,
    deliveryTimeout: Number.POSITIVE_INFINITY,
    readTimeout: 2 ** 40,
  })
  const client = new Client({ addr: broker.addresses, transport })
  await client.createTopics({ topics: [{ topic: 'limits', numPartitions: 1, replicationFactor: 1 }] })
  await w.writeMessages({ value: 'x' })
})

test('a topic with half a surrogate pair is refused, for it would share its name with others', async () => {
  await using w = writer({ topic: '\ud800' })
  await expect(w.writeMessages({ value: 'x' })).rejects.toThrow(ProtocolError)
})

test('callbacks that answer promises which reject end no process', async () => {
  const fail = async (): Promise<void> => {
    throw new Error('from a callback')
  }
  const logger = { debug: fail, info: fail, warn: fail, error: fail }
  await using own = new Transport({ adapter: memory(broker), logger, onEvent: fail })
  const client = new Client({ addr: broker.addresses, transport: own })
  await client.createTopics({ topics: [{ topic: 'callbacks', numPartitions: 1, replicationFactor: 1 }] })
  await using w = writer({ topic: 'callbacks', transport: own, logger, completion: fail })
  await w.writeMessages({ value: 'x' })
  await new Promise(resolve => setImmediate(resolve))
  expect(rejections).toEqual([])
})

test('a logger of the writer that throws keeps nobody waiting', async () => {
  const fail = (): never => {
    throw new Error('from the logger')
  }
  await using w = writer({
    topic: 'none',
    logger: { debug: fail, info: fail, warn: fail, error: fail },
    async: true,
    deliveryTimeout: 200,
  })
  await expect(w.writeMessages({ value: 'x' })).rejects.toThrow(/Unknown Topic/)
})

test('Client.produce refuses a text for records, which would be a null record a letter', async () => {
  const client = new Client({ addr: broker.addresses, transport })
  await expect(client.produce({ topic: 't', partition: 0, records: 'abc' as Anything })).rejects.toThrow(ConfigError)
  const { topics } = await client.listOffsets({ topics: { t: [{ partition: 0, timestamp: FirstOffset }] } })
  expect(topics['t']).toHaveLength(1)
})

test.each<[string, Anything]>([
  ['a misspelt value', { key: 'h', valeu: 'x' }],
  ['a value by another name', { key: 'h', text: 'x' }],
  ['no value', { key: 'h' }],
])('a header with %s is refused by a Writer, a Client and a Conn, not written as null', async (_what, header) => {
  await using w = writer({ topic: 'headers', allowAutoTopicCreation: true })
  await w.writeMessages([
    { value: 'first', headers: [{ key: 'h', value: null }, { key: 'h', value: undefined } as Anything] },
  ])
  const client = new Client({ addr: broker.addresses, transport })
  await using conn = await new Dialer({ adapter: memory(broker) }).dialLeader('tcp', broker.addresses[0]!, 'headers', 0)
  const wrong = { value: 'x', headers: [{ key: 'fine', value: 'x' }, header] }
  const many = [...Array.from({ length: 100 }, () => ({ value: 'x', headers: [{ key: 'h', value: 'x' }] })), wrong]
  for (const write of [
    () => w.writeMessage(wrong),
    () => w.writeMessages(many),
    () => client.produce({ topic: 'headers', partition: 0, records: [wrong] }),
    () => conn.writeMessages([wrong]),
  ])
    await expect(write()).rejects.toThrow(/headers are a list of { key, value }/)
})

test.each<[string, Anything[], RegExp]>([
  ['the only record', [{ valeu: 'x' }], /^valeu is no field of a message; did you mean value\?/],
  ['one of many', [...Array.from({ length: 100 }, () => ({ value: 'x' })), { valeu: 'x' }], /did you mean value\?/],
  ['one with a value', [{ value: 'x', header: [] }], /did you mean headers\?/],
])(
  'a field that there is not, in %s, is refused by Client.produce and by a Conn, too',
  async (_what, records, told) => {
    const client = new Client({ addr: broker.addresses, transport })
    await client.createTopics({ topics: [{ topic: 'fields', numPartitions: 1, replicationFactor: 1 }] })
    await using conn = await new Dialer({ adapter: memory(broker) }).dialLeader(
      'tcp',
      broker.addresses[0]!,
      'fields',
      0,
    )
    const asSet = new Set(records)
    for (const write of [
      () => client.produce({ topic: 'fields', partition: 0, records }),
      () => client.produce({ topic: 'fields', partition: 0, records: asSet }),
      () => conn.writeMessages(records),
      () => conn.writeCompressedMessages('gzip', records),
    ]) {
      await expect(write()).rejects.toThrow(ConfigError)
      await expect(write()).rejects.toThrow(told)
    }
    const { topics } = await client.listOffsets({ topics: { fields: [{ partition: 0, timestamp: 'latest' }] } })
    expect(topics['fields']![0]!.lastOffset).toBe(0)
  },
)

test.each<[string, Anything, RegExp]>([
  [
    'sorts the partitions it is given backwards',
    (_: Anything, partitions: Anything) => partitions.reverse()[0],
    /the balancer failed/,
  ],
  ['takes one away', (_: Anything, partitions: Anything) => partitions.pop(), /the balancer failed/],
  ['adds one', (_: Anything, partitions: Anything) => partitions.push(3), /the balancer failed/],
  ['throws nothing', () => broke(null), /the balancer failed for t: null/],
  ['answers NaN', () => Number.NaN, /chose partition NaN of t, which has 3/],
  ['answers a fraction', () => 0.5, /chose partition 0.5/],
  ['answers a text', () => '1', /chose a string/],
  ['answers a partition that is not there', () => 3, /chose partition 3/],
  ['answers one below all', () => -1, /chose partition -1/],
  ['answers nothing', () => undefined, /chose undefined/],
  ['answers a symbol', () => Symbol('1'), /chose a symbol/],
  [
    'answers what passes for a number and names a method',
    () => ({ valueOf: () => 0, toString: () => 'push' }),
    /chose \[object Object\]/,
  ],
  ['answers a promise', async () => 0, /chose \[object Promise\]/],
  ['answers a promise that rejects', async () => broke(new Error('late')), /chose \[object Promise\]/],
])(
  'a balancer that %s: a ConfigError, and nothing is the matter with later writes',
  async (_what, balance, message) => {
    let hostile = true
    await using w = writer({ balancer: (...given: Anything[]) => (hostile ? balance(...given) : 2) })
    // At first the topic is looked up, later it is known.
    for (const write of [
      () => w.writeMessages({ value: 'x' }),
      () => w.writeMessages({ value: 'x' }),
      () => w.writeMessage({ value: 'x' }),
    ]) {
      const error = await write().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error).toMatchObject({ message: expect.stringMatching(message) })
    }
    hostile = false
    expect(await w.writeMessage({ value: 'x' })).toMatchObject({ partition: 2 })
    await new Promise(resolve => setImmediate(resolve))
    expect(rejections).toEqual([])
  },
)

function broke(error: unknown): never {
  throw error
}

test('a message that turns into something else while it is taken in does not hold up the next one of its partition', async () => {
  await using w = writer({ topic: 'turning', allowAutoTopicCreation: true, balancer: () => 0 })
  await w.writeMessages({ value: 'first' })
  let looks = 0
  const turning = {
    get value(): Anything {
      return looks++ === 0 ? 'text' : 5
    },
  }
  await expect(w.writeMessages(turning)).rejects.toThrow(ConfigError)
  await new Promise(resolve => setImmediate(resolve))
  await w.writeMessages({ value: 'next' })
})
