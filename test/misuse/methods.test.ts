import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { Batch } from '../../src/conn/batch.ts'
import { Conn } from '../../src/conn/conn.ts'
import { Dialer } from '../../src/conn/dialer.ts'
import { SeekStart } from '../../src/conn/seek.ts'
import { RangeGroupBalancer } from '../../src/group/balancers/range.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport, rejections } = fixture()
const brokers = broker.addresses
const sole = new Reader({ brokers, topic: 't', partition: 0, transport, maxWait: 100 })
const member = new Reader({ brokers, topic: 't', groupId: 'readers', transport, maxWait: 100 })
const group = new ConsumerGroup({ id: 'groups', brokers, topics: ['t'], transport })
const writer = new Writer({ addr: brokers, topic: 't', transport })
const dialer = new Dialer({ adapter: memory(broker) })
const conn = await dialer.dialLeader('tcp', brokers[0]!, 't', 0)

type Arguments = readonly Anything[]
interface Method {
  /** What it takes at most; one more is refused. */
  readonly right: Arguments
  readonly wrong?: readonly Arguments[]
}

const notOptions: Arguments = [
  5,
  'text',
  [],
  new AbortController().signal,
  { timeout: 5 },
  { signal: new AbortController() },
]
const options = [{ signal: AbortSignal.timeout(60_000) }]
const notPartitions: Arguments = [
  't',
  { topic: 't', partition: 0 },
  5,
  null,
  ['t'],
  [null],
  [{ topic: 't', partitions: [0] }],
]
const lastOptions = (...before: Arguments): Arguments[] => notOptions.map(each => [...before, each])

const readers: Record<string, Method> = {
  readMessage: { right: options, wrong: lastOptions() },
  fetchMessage: { right: options, wrong: lastOptions() },
  commitMessages: { right: [[], ...options], wrong: [[], ['text'], [5], [[5]], ...lastOptions([])] },
  batches: { right: options, wrong: lastOptions() },
  offset: { right: [] },
  lag: {
    right: ['t', 0],
    wrong: [['t'], ['t', '0'], [undefined, 0], [5, 0], [null, 0], [{ topic: 't', partition: 0 }]],
  },
  readLag: { right: options, wrong: lastOptions() },
  setOffset: { right: [0], wrong: [[], ['end'], ['0'], [null], [1.5], [Number.NaN], [-3], [{}], [new Date()]] },
  setOffsetAt: {
    right: [new Date(0), ...options],
    wrong: [
      [],
      ['yesterday'],
      ['2026-01-01'],
      [''],
      ['0'],
      [null],
      [new Date('never')],
      [1.5],
      [-1],
      [{}],
      [[]],
      ...lastOptions(0),
    ],
  },
  seek: {
    right: ['t', 0, 'earliest'],
    wrong: [
      [],
      ['t'],
      ['t', 0],
      [0, 5],
      ['t', '0', 5],
      ['t', 0, 'end'],
      ['t', 0, null],
      ['t', 0, {}],
      [{ topic: 't', partition: 0, offset: 1 }],
    ],
  },
  pause: { right: [[]], wrong: notPartitions.map(each => [each]) },
  resume: { right: [[]], wrong: notPartitions.map(each => [each]) },
  paused: { right: [] },
  fetchMessages: {
    right: [5, ...options],
    wrong: [[], [0], ['5'], [1.5], [null], [5, { within: '1' }], [5, { within: -1 }], ...lastOptions(5)],
  },
  offsetsOf: { right: [[]], wrong: [[], [5], [null], ['text'], [[5]], [{ t: { 0: -1 } }]] },
  rewind: { right: [] },
  stats: { right: [] },
  config: { right: [] },
  close: { right: [{ leave: true }], wrong: [[5], [null], ['leave'], [{ leave: 1 }], [{ stay: true }]] },
}
const writers: Record<string, Method> = {
  writeMessages: { right: [[], ...options], wrong: [[], [null], ['text'], [5], [[5]], ...lastOptions([])] },
  writeMessage: {
    right: [{ value: 'x' }, ...options],
    wrong: [[], [null], ['text'], [[]], ...lastOptions({ value: 'x' })],
  },
  flush: { right: options, wrong: lastOptions() },
  begin: { right: options, wrong: lastOptions() },
  transaction: { right: [() => {}, ...options], wrong: [[], [5], [null], [{}], ...lastOptions(() => {})] },
  stats: { right: [] },
  close: { right: options, wrong: lastOptions() },
}
const groups: Record<string, Method> = {
  next: { right: options, wrong: lastOptions() },
  close: { right: [{ leave: true }], wrong: [[5], [null], [{ leave: 'no' }]] },
}
const transports: Record<string, Method> = {
  roundTrip: {
    right: [brokers, Metadata, { topics: null }, ...options],
    wrong: [
      [],
      [undefined, Metadata, { topics: null }],
      [brokers, 'Metadata', { topics: null }],
      [brokers, 3, { topics: null }],
      [brokers, undefined, { topics: null }],
      [brokers, Metadata],
      [brokers, Metadata, null],
      [brokers, Metadata, 'text'],
      [brokers, Metadata, { topics: null }, { timeoutMs: '5' }],
      [brokers, Metadata, { topics: null }, { brokerId: '1' }],
      ...lastOptions(brokers, Metadata, { topics: null }),
    ],
  },
  closeIdleConnections: { right: [] },
  close: { right: [] },
}

const notTimes: Arguments = ['tomorrow', undefined, {}, new Date('never'), Number.NaN]
const notNames: Arguments = [5, [5], [null], {}, null]
const conns: Record<string, Method> = {
  offset: { right: [] },
  seek: {
    right: [0, SeekStart, ...options],
    wrong: [[], [0], ['0', 0], [null, 0], [0.5, 0], [0, 4], [0, -1], [0, '0'], [0, null], ...lastOptions(0, 0)],
  },
  read: { right: [new Uint8Array(9), ...options], wrong: [[], ['text'], [9], [[]], ...lastOptions(new Uint8Array(9))] },
  readMessage: { right: [10, ...options], wrong: [['10'], [0], [1.5], [{ signal: 1 }], ...lastOptions(10)] },
  readBatch: { right: [1, 10, ...options], wrong: [['1'], [-1], [1, '2'], [20, 10], ...lastOptions(1, 10)] },
  readBatchWith: {
    right: [{ maxWait: 1 }, ...options],
    wrong: [[], [5], [null], [{ maxWaitMs: '1' }], [{ minByte: 1 }], [{ isolationLevel: 7 }], ...lastOptions({})],
  },
  write: { right: ['x', ...options], wrong: [[5], [{}], [['x']], ...lastOptions('x')] },
  writeMessages: { right: [[], ...options], wrong: [[], [null], ['text'], [5], [[5]], ...lastOptions([])] },
  writeCompressedMessages: {
    right: [null, [], ...options],
    wrong: [['lzma', { value: 'x' }], [9, { value: 'x' }], [null], [null, 'text'], ...lastOptions(null, [])],
  },
  writeCompressedMessagesAt: { right: [null, [], ...options], wrong: lastOptions(null, []) },
  setRequiredAcks: { right: [RequiredAcks.All], wrong: [[], [2], ['some'], [null]] },
  setDeadline: { right: [null], wrong: notTimes.map(each => [each]) },
  setReadDeadline: { right: [null], wrong: notTimes.map(each => [each]) },
  setWriteDeadline: { right: [null], wrong: notTimes.map(each => [each]) },
  readOffset: { right: [new Date(0), ...options], wrong: [...notTimes.map(each => [each]), [-1], ...lastOptions(0)] },
  readOffsets: { right: options, wrong: lastOptions() },
  readFirstOffset: { right: options, wrong: lastOptions() },
  readLastOffset: { right: options, wrong: lastOptions() },
  readPartitions: { right: ['t', ...options], wrong: [...notNames.map(each => [each]), ...lastOptions('t')] },
  controller: { right: options, wrong: lastOptions() },
  brokers: { right: options, wrong: lastOptions() },
  broker: { right: [] },
  createTopics: { right: [[], ...options], wrong: [[], ['t'], [5], [[null]], [{ name: 't' }], ...lastOptions([])] },
  deleteTopics: { right: [[], ...options], wrong: [[], ...notNames.map(each => [each]), ...lastOptions([])] },
  apiVersions: { right: options, wrong: lastOptions() },
  localAddr: { right: [] },
  remoteAddr: { right: [] },
  close: { right: [] },
}
const place = ['tcp', brokers[0]]
const misplaced: Arguments[] = [[], ['tcp'], ['udp', brokers[0]], ['tcp', 9092], ['tcp', ''], ['tcp', 'kafka://host']]
const partitioned = (): Method => ({
  right: [...place, 't', 0, ...options],
  wrong: [
    ...misplaced.map(each => [...each, 't', 0]),
    place,
    [...place, 5, 0],
    [...place, '', 0],
    [...place, 't'],
    [...place, 't', '0'],
    [...place, 't', -1],
    ...lastOptions(...place, 't', 0),
  ],
})
const dialers: Record<string, Method> = {
  dial: { right: [...place, ...options], wrong: [...misplaced, ...lastOptions(...place)] },
  dialLeader: partitioned(),
  dialPartition: {
    right: [...place, await dialer.lookupPartition('tcp', brokers[0]!, 't', 0), ...options],
    wrong: [place, [...place, 't'], [...place, null], [...place, { topic: 't', id: 0 }]],
  },
  lookupLeader: partitioned(),
  lookupPartition: partitioned(),
  lookupPartitions: {
    right: [...place, 't', ...options],
    wrong: [...misplaced.map(each => [...each, 't']), place, [...place, 5], ...lastOptions(...place, 't')],
  },
  transportConfig: { right: [] },
}
const batches: Record<string, Method> = {
  offset: { right: [] },
  highWaterMark: { right: [] },
  partition: { right: [] },
  throttle: { right: [] },
  err: { right: [] },
  readMessage: { right: [] },
  read: { right: [new Uint8Array(9)], wrong: [[], ['text'], [9], [[]], [null]] },
  close: { right: [] },
}

const makers: [string, Record<string, Method>, Anything, (keyof Anything)[]][] = [
  ['Reader', readers, sole, []],
  ['Reader of a group', readers, member, ['setOffset', 'setOffsetAt', 'readLag']],
  ['Writer', writers, writer, []],
  ['ConsumerGroup', groups, group, []],
  ['Transport', transports, transport, []],
  ['Conn', conns, conn, []],
  ['Dialer', dialers, dialer, []],
  ['Batch', batches, await conn.readBatchWith({ maxWait: 1 }), []],
]

const whatComesOf = async (call: () => unknown): Promise<unknown> => {
  try {
    const result: Anything = call()
    return await (result?.next?.() ?? result)
  } catch (error) {
    return error
  }
}

test.each([
  ['Reader', readers, Reader, []],
  ['Writer', writers, Writer, []],
  ['ConsumerGroup', groups, ConsumerGroup, []],
  ['Transport', transports, Transport, []],
  ['Conn', conns, Conn, []],
  ['Dialer', dialers, Dialer, []],
  ['Batch', batches, Batch, []],
] as [string, object, Anything, string[]][])('all methods of a %s are tried here', (_name, methods, made) => {
  const names = Object.getOwnPropertyNames(made.prototype).filter(name => name !== 'constructor')
  for (const name of names) expect(Object.keys(methods)).toContain(name)
})

const tried = makers.flatMap(([name, methods, object]) =>
  Object.entries(methods).map(([method, each]) => [name, method, each, object] as const),
)

test.each(tried)(
  '%s.%s refuses what comes after its arguments, and wrong ones',
  async (_name, method, { right, wrong = [] }, object) => {
    for (const given of [...wrong, [...right, 5], [...right, undefined]]) {
      const error = await whatComesOf(() => object[method](...given))
      expect(error, `${method}(${given.map(each => JSON.stringify(each) ?? String(each)).join(', ')})`).toBeInstanceOf(
        ConfigError,
      )
    }
    await new Promise(resolve => setImmediate(resolve))
    expect(rejections).toEqual([])
  },
)

test('a generation refuses what is no function, what is no options, and what comes after', async () => {
  const generation: Anything = await group.next()
  for (const given of [[], [5], [null], [() => {}, 5], [async () => {}, {}]])
    expect(() => generation.start(...given)).toThrow(ConfigError)
  for (const given of [...lastOptions({ t: { 0: 1 } }), [{ t: { 0: 1 } }, {}, 5]])
    await expect(generation.commitOffsets(...given)).rejects.toThrow(ConfigError)
  await group.close()
})

test('group balancers are objects with the three functions, not names or classes', () => {
  for (const each of ['range', RangeGroupBalancer, {}, null] as Anything[])
    expect(() => new ConsumerGroup({ id: 'g', brokers, topics: ['t'], transport, groupBalancers: [each] })).toThrow(
      /RangeGroupBalancer/,
    )
})

test.each([0, 5000])('roundTrip of a Client with a timeout of %i refuses what its transport would', async timeout => {
  const client: Anything = new Client({ addr: brokers, transport, timeout })
  const { topics } = await client.roundTrip(Metadata, { topics: [] }, { timeoutMs: 5000, brokerId: -1, ...options[0] })
  expect(topics).toEqual([])
  const wrong = transports['roundTrip']!.wrong!.slice(2).map(([, ...rest]) => rest)
  for (const given of [...wrong, [Metadata, { topics: null }, {}, 5]])
    await expect(client.roundTrip(...given)).rejects.toThrow(ConfigError)
  await expect((new Client({ transport }) as Anything).roundTrip(Metadata, { topics: null })).rejects.toThrow(
    /give the Client an addr/,
  )
})

test('close() of a Client takes nothing', async () => {
  await expect((new Client({ addr: brokers, transport }) as Anything).close(5)).rejects.toThrow(ConfigError)
})

test('a closed reader says so itself, also when the transport was its own', async () => {
  const own = new Reader({ brokers: 'localhost:1', topic: 't' })
  await own.close()
  await expect(own.readMessage()).rejects.toThrow(/^the reader is closed/)
})
