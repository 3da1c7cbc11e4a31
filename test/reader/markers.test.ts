import { describe, expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { IsolationLevel } from '../../src/protocol/offsets.ts'
import { Embedded } from '../support/embedded.ts'
import { take } from '../support/reading-fixture.ts'
import { RawProducer } from '../support/transactions.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

async function world() {
  const kafka = new Embedded()
  const producer = (id: string) => new RawProducer(kafka.transport, kafka.broker.addresses, id).init()
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  const committed = async (): Promise<number> =>
    (await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })).topics['t']![0]!.committedOffset
  return { kafka, producer, committed }
}

describe.each([
  ['committed', IsolationLevel.ReadCommitted],
  ['uncommitted', IsolationLevel.ReadUncommitted],
])('reading %s', (_, isolationLevel) => {
  test('the lag is 0 once the last message is read, though a marker comes behind', async () => {
    const { kafka, producer } = await world()
    await using _ = kafka
    const a = await producer('a')
    await a.write('t', 0, ['1', '2', '3'])
    await a.end('commit')
    const reader = kafka.reader({ isolationLevel, maxWait: 50 })
    expect(await take(reader, 3, forever)).toEqual(['1', '2', '3'])
    expect(reader.lag()).toBe(0)
    expect(await reader.readLag()).toBe(0)
    expect(reader.offset()).toBe(4)
  })

  test('the lag is 0 when a marker comes after all was read', async () => {
    const { kafka, producer } = await world()
    await using _ = kafka
    const reader = kafka.reader({ isolationLevel, maxWait: 50 })
    await kafka.write([{ value: 'x' }])
    await take(reader, 1, forever)
    const a = await producer('a')
    await a.write('t', 0, ['aborted'])
    await a.end('abort')
    if (isolationLevel === IsolationLevel.ReadUncommitted) expect(await take(reader, 1, forever)).toEqual(['aborted'])
    await until(forever, () => reader.lag() === 0 && reader.offset() === 3)
  })
})

const aborted = async (producer: RawProducer): Promise<void> => {
  await producer.write('t', 0, ['aborted', 'too'])
  await producer.end('abort')
}

test('a partition of nothing but aborted data is read up to its end, and its lag is 0', async () => {
  const { kafka, producer } = await world()
  await using _ = kafka
  await aborted(await producer('a'))
  const reader = kafka.reader({ isolationLevel: IsolationLevel.ReadCommitted, maxWait: 50 })
  const waiting = reader.fetchMessage()
  await until(forever, () => reader.lag() === 0 && reader.offset() === 3)
  await kafka.write([{ value: 'at last' }])
  expect((await waiting).text()).toBe('at last')
})

test('automatic commits go behind a marker and aborted data that follow what was read', async () => {
  const { kafka, producer, committed } = await world()
  await using _ = kafka
  const a = await producer('a')
  await a.write('t', 0, ['1'])
  await a.end('commit')
  const reader = kafka.reader({
    groupId: 'g',
    isolationLevel: IsolationLevel.ReadCommitted,
    maxWait: 50,
    commitInterval: 5,
  })
  expect((await reader.readMessage()).text()).toBe('1')
  const waiting = reader.readMessage()
  await until(forever, async () => (await committed()) === 2)
  // What comes when all is done with already is done with, too.
  await aborted(a)
  await until(forever, async () => (await committed()) === 5)
  await kafka.write([{ value: '2' }])
  expect((await waiting).text()).toBe('2')
})

test('a commit by hand of the last message goes behind what follows it, an earlier one does not', async () => {
  const { kafka, producer, committed } = await world()
  await using _ = kafka
  const a = await producer('a')
  await a.write('t', 0, ['1', '2'])
  await a.end('commit')
  await aborted(a)
  const reader = kafka.reader({ groupId: 'g', isolationLevel: IsolationLevel.ReadCommitted, maxWait: 50 })
  const [one, two] = [await reader.fetchMessage(), await reader.fetchMessage()]
  await reader.commitMessages(one)
  expect(await committed()).toBe(1)
  const waiting = reader.fetchMessage()
  await until(forever, () => reader.lag('t', 0) === 0)
  expect(await committed()).toBe(1)
  await reader.commitMessages(two)
  expect(await committed()).toBe(6)
  await kafka.write([{ value: '3' }])
  expect((await waiting).text()).toBe('3')
})

test('a commit by hand before what follows was passed over goes behind it once the next message is asked for', async () => {
  const { kafka, producer, committed } = await world()
  await using _ = kafka
  const reader = kafka.reader({ groupId: 'g', isolationLevel: IsolationLevel.ReadCommitted, maxWait: 50 })
  await kafka.write([{ value: '1' }])
  const one = await reader.fetchMessage()
  await aborted(await producer('a'))
  await until(forever, () => reader.lag('t', 0) === 0)
  await reader.commitMessages(one)
  expect(await committed()).toBe(1)
  const waiting = reader.fetchMessage()
  await until(forever, async () => (await committed()) === 4)
  await kafka.write([{ value: '2' }])
  expect((await waiting).text()).toBe('2')
})

test('a commit by hand goes behind all that follows, though it was passed over bit by bit', async () => {
  const { kafka, producer, committed } = await world()
  await using _ = kafka
  const reader = kafka.reader({ groupId: 'g', isolationLevel: IsolationLevel.ReadCommitted, maxWait: 50 })
  await kafka.write([{ value: '1' }])
  const one = await reader.fetchMessage()
  const waiting = reader.fetchMessage()
  const a = await producer('a')
  for (const end of [4, 7]) {
    await aborted(a)
    await until(forever, () => reader.stats().partitions[0]!.offset === end)
  }
  await reader.commitMessages(one)
  expect(await committed()).toBe(7)
  await kafka.write([{ value: '2' }])
  expect((await waiting).text()).toBe('2')
})
