import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport } = fixture()
const writer = (more: Anything): Writer => new Writer({ addr: broker.addresses, topic: 't', transport, ...more })
const reader = (more: Anything): Reader =>
  new Reader({ brokers: broker.addresses, topic: 't', transport, maxWait: 100, ...more })
const client = new Client({ addr: broker.addresses, transport })

test.each([
  ['all', -1],
  ['ALL', -1],
  ['one', 1],
  ['none', 0],
  [1, 1],
  [undefined, -1],
])('requiredAcks %s is sent as %i, by a Writer and a Client', async (requiredAcks, code) => {
  const seen: number[] = []
  const remove = broker.control(Produce, ({ acks }) => void seen.push(acks))
  await using w = writer({ requiredAcks })
  await w.writeMessages({ value: 'x' })
  await client.produce({ topic: 't', partition: 0, records: [{ value: 'x' }], requiredAcks: requiredAcks as Anything })
  remove()
  expect(seen).toEqual([code, code])
})

test.each(
  ['none', 'gzip', 'snappy', 'lz4', 'zstd', 'Zstd', 2].map((name, i) => [name, i === 5 ? 4 : i === 6 ? 2 : i] as const),
)('compression %s is used as %i, by a Writer and a Client', async (compression, code) => {
  const seen: number[] = []
  const remove = broker.control(
    Produce,
    ({ topicData }) => void seen.push(topicData[0]!.partitionData[0]!.records![22]! & 7),
  )
  await using w = writer({ compression })
  await w.writeMessages({ value: 'x'.repeat(1000) })
  await client.produce({ topic: 't', partition: 0, records: [{ value: 'x' }], compression: compression as Anything })
  remove()
  expect(seen).toEqual([code, code])
})

test('isolationLevel is taken by name by Reader, fetch and listOffsets', async () => {
  const seen: number[] = []
  const remove = broker.control(Fetch, ({ isolationLevel }) => void seen.push(isolationLevel))
  await client.produce({ topic: 't', partition: 0, records: [{ value: 'x' }] })
  await using r = reader({ isolationLevel: 'read_committed' })
  await r.fetchMessage()
  await client.fetch({ topic: 't', partition: 0, offset: 'earliest', isolationLevel: 'READ_COMMITTED' as Anything })
  await client.listOffsets({ topics: { t: [{ partition: 0, timestamp: 'latest' }] }, isolationLevel: 'read_committed' })
  remove()
  expect(new Set(seen)).toEqual(new Set([1]))
})

test('offsets are taken by name', async () => {
  const { baseOffset } = await client.produce({ topic: 't', partition: 2, records: [{ value: 'a' }, { value: 'b' }] })
  const topics = {
    t: ['earliest', 'latest', 'max_timestamp', new Date(0)].map(timestamp => ({ partition: 2, timestamp }) as Anything),
  }
  const found = (await client.listOffsets({ topics })).topics['t']![0]!
  expect(found).toMatchObject({ firstOffset: 0, lastOffset: baseOffset + 2, error: null })
  expect(found.offsets.size).toBeGreaterThan(0)
  await using r = reader({ partition: 2, startOffset: 'latest' })
  r.setOffset('earliest')
  expect((await r.fetchMessage()).offset).toBe(0)
})

test('findCoordinator takes its kind of key by name', async () => {
  const seen: number[] = []
  const remove = broker.control(FindCoordinator, ({ keyType }) => void seen.push(keyType))
  for (const keyType of ['group', 'consumer', 'transaction'] as const)
    await client.findCoordinator({ key: 'k', keyType })
  remove()
  expect(seen).toEqual([0, 0, 1])
})

test.each<[string, () => unknown, RegExp]>([
  [
    'requiredAcks',
    () => writer({ requiredAcks: 'leader' }),
    /requiredAcks must be one of 'none', 'one', 'all', not 'leader'/,
  ],
  ['requiredAcks', () => writer({ requiredAcks: 2 }), /requiredAcks must be one of/],
  [
    'compression',
    () => writer({ compression: 'brotli' }),
    /compression must be one of 'none', 'gzip', 'snappy', 'lz4', 'zstd'/,
  ],
  [
    'isolationLevel',
    () => reader({ isolationLevel: 'committed' }),
    /'read_uncommitted', 'read_committed', not 'committed'/,
  ],
  [
    'startOffset',
    () => reader({ startOffset: 'begin' }),
    /startOffset must be one of 'earliest', 'latest', 'first', 'last'/,
  ],
  ['startOffset', () => reader({ startOffset: 5 }), /startOffset must be one of/],
  [
    'startOffset',
    () => new ConsumerGroup({ id: 'g', brokers: 'a', topics: ['t'], startOffset: 'none' as Anything, transport }),
    /startOffset must be one of/,
  ],
  ['setOffset', () => reader({}).setOffset('begin' as Anything), /offset must be one of/],
])('%s by a name that is none is refused with those there are', (_name, make, message) => {
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(message)
})

test('a Client refuses them alike', async () => {
  const produce = { topic: 't', partition: 0, records: [{ value: 'x' }] }
  const calls: (() => Promise<unknown>)[] = [
    () => client.produce({ ...produce, requiredAcks: 'leader' as Anything }),
    () => client.produce({ ...produce, compression: 9 as Anything }),
    () => client.fetch({ topic: 't', partition: 0, offset: 'begin' as Anything }),
    () => client.fetch({ topic: 't', partition: 0, offset: 0, isolationLevel: 3 as Anything }),
    () => client.listOffsets({ topics: { t: [{ partition: 0, timestamp: 'now' as Anything }] } }),
    () => client.listOffsets({ topics: { t: [{ partition: 0, timestamp: new Date(Number.NaN) }] } }),
    () => client.findCoordinator({ key: 'k', keyType: 'topic' as Anything }),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow(ConfigError)
})
