import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, ConfigError, formatOffsetsCsv, parseOffsetsCsv, Transport } from '../../src/index.ts'

test('a file of one group names none', () => {
  expect(parseOffsetsCsv('orders,0,12\norders,1,7\nclicks,0,0\n')).toEqual([
    {
      groupId: null,
      topics: {
        orders: [
          { partition: 0, offset: 12 },
          { partition: 1, offset: 7 },
        ],
        clicks: [{ partition: 0, offset: 0 }],
      },
    },
  ])
})

test('a file of several groups names each', () => {
  expect(parseOffsetsCsv('audit,orders,0,12\n"a ""b"", c",orders,0,3\naudit,clicks,2,9')).toEqual([
    { groupId: 'audit', topics: { orders: [{ partition: 0, offset: 12 }], clicks: [{ partition: 2, offset: 9 }] } },
    { groupId: 'a "b", c', topics: { orders: [{ partition: 0, offset: 3 }] } },
  ])
})

test('what editors and Kafka’s tool add does no harm: quotes, empty lines, other ends of lines', () => {
  const [only] = parseOffsetsCsv('\ufeff\r\n"orders-of-the-shop-in-the-city",0, 5 \r\n\r\n   \nt,1,2\r\n')
  expect(only!.topics).toEqual({
    'orders-of-the-shop-in-the-city': [{ partition: 0, offset: 5 }],
    t: [{ partition: 1, offset: 2 }],
  })
  expect(parseOffsetsCsv('')).toEqual([])
})

test('names that objects have of their own are names of topics', () => {
  const [only] = parseOffsetsCsv('__proto__,0,5\nconstructor,0,6\n')
  expect(Object.entries(only!.topics)).toEqual([
    ['__proto__', [{ partition: 0, offset: 5 }]],
    ['constructor', [{ partition: 0, offset: 6 }]],
  ])
})

test.each([
  ['t,0,1\nt,1', /^line 2 of the offsets: topic,partition,offset or group,/],
  ['t,0,1\ng,t,1,1', /^line 2 of the offsets: 4 columns, and the lines before have 3/],
  ['t,0,1,2,3', /^line 1 /],
  ['t,0,-1', /^line 1 of the offsets: '?-1'? is no offset/],
  ['t,x,1', /is no partition/],
  ['t,0,1e3', /is no offset/],
  ['t,0,9007199254740993', /is no offset/],
  ['t,0,', /is no offset/],
  [',0,1', /a name is empty/],
  ['\n\nt,0,1\nt,0,1', /^line 4 of the offsets: partition 0 of topic t is there already/],
  ['"t,0,1', /^line 1 of the offsets: a quotation mark/],
  ['t"t,0,1', /a quotation mark/],
  ['topic,partition,offset\n', /is no partition/],
])('%j is refused by line', (text, message) => {
  expect(() => parseOffsetsCsv(text)).toThrow(ConfigError)
  expect(() => parseOffsetsCsv(text)).toThrow(message)
})

test('what is no text is refused', () => {
  expect(() => parseOffsetsCsv(new Uint8Array(3) as never)).toThrow(ConfigError)
})

test('groups of which some are not named make no file', () => {
  const topics = { t: [{ partition: 0, offset: 1 }] }
  expect(() => formatOffsetsCsv([{ groupId: 'a', topics }, { topics }])).toThrow(ConfigError)
  expect(() => formatOffsetsCsv([{ topics }, { topics }])).toThrow(ConfigError)
  expect(formatOffsetsCsv([])).toBe('')
})

test('a dry run is written to a file, and carried out from it', async () => {
  const broker = new Broker({ topics: [{ name: 'orders', partitions: 2 }] })
  await using transport = new Transport({ adapter: memory(broker) })
  const client = new Client({ addr: broker.addresses, transport })
  const groupId = 'one, and "two"'
  await client.produce({ topic: 'orders', partition: 1, records: Array.from({ length: 9 }, () => ({ value: 'x' })) })
  await client.offsetCommit({ groupId, topics: { orders: [{ partition: 1, offset: 8 }] } })
  const plan = await client.resetOffsets({ groupId, topics: { orders: [0, 1, 7] }, to: { offset: 5 } })
  // Partition 7 is not there.
  const text = formatOffsetsCsv({ groupId, topics: plan.topics })
  expect(text).toBe('"one, and ""two""",orders,0,0\n"one, and ""two""",orders,1,5\n')
  const before = formatOffsetsCsv({ topics: (await client.offsetFetch({ groupId })).topics })
  expect(before).toBe('orders,1,8\n')
  for (const { groupId, topics } of parseOffsetsCsv(text)) {
    const done = await client.resetOffsets({ groupId: groupId!, to: { offsets: topics }, execute: true })
    expect(done.topics['orders']!.map(({ partition, offset, error }) => [partition, offset, error])).toEqual([
      [0, 0, null],
      [1, 5, null],
    ])
  }
  const [back] = parseOffsetsCsv(before)
  await client.resetOffsets({ groupId, to: { offsets: back!.topics }, execute: true })
  expect((await client.offsetFetch({ groupId, topics: { orders: [1] } })).topics['orders']![0]!.committedOffset).toBe(8)
  await broker.close()
})
