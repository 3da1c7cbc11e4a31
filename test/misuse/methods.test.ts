import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { RangeGroupBalancer } from '../../src/group/balancers/range.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
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
  stats: { right: [] },
  config: { right: [] },
  close: { right: [], wrong: [] },
}
const writers: Record<string, Method> = {
  writeMessages: { right: [[], ...options], wrong: [[], [null], ['text'], [5], [[5]], ...lastOptions([])] },
  writeMessage: {
    right: [{ value: 'x' }, ...options],
    wrong: [[], [null], ['text'], [[]], ...lastOptions({ value: 'x' })],
  },
  flush: { right: options, wrong: lastOptions() },
  stats: { right: [] },
  close: { right: options, wrong: lastOptions() },
}
const groups: Record<string, Method> = { next: { right: options, wrong: lastOptions() }, close: { right: [] } }
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

const makers: [string, Record<string, Method>, Anything, (keyof Anything)[]][] = [
  ['Reader', readers, sole, []],
  ['Reader of a group', readers, member, ['setOffset', 'setOffsetAt', 'readLag']],
  ['Writer', writers, writer, []],
  ['ConsumerGroup', groups, group, []],
  ['Transport', transports, transport, []],
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

test('close() of a Client takes nothing', async () => {
  await expect((new Client({ addr: brokers, transport }) as Anything).close(5)).rejects.toThrow(ConfigError)
})

test('a closed reader says so itself, also when the transport was its own', async () => {
  const own = new Reader({ brokers: 'localhost:1', topic: 't' })
  await own.close()
  await expect(own.readMessage()).rejects.toThrow(/^the reader is closed/)
})
