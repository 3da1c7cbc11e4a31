import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { Client } from '../../src/client/client.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import type { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import { Writer } from '../../src/writer/writer.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { until } from '../support/waiting.ts'

/** Six partitions whose messages are written to where their key says. */
class World {
  readonly clock = new LeapingClock()
  readonly events: ClientEvent[] = []
  readonly kafka: Embedded
  readonly writer: Writer

  constructor({ brokers = 2 }: { brokers?: number } = {}) {
    const { clock } = this
    this.kafka = new Embedded({
      clock,
      brokers,
      topics: [{ name: 't', partitions: 6, replicationFactor: 1 }],
      transport: { clock, onEvent: each => this.events.push(each) },
    })
    const { broker, transport } = this.kafka
    this.writer = new Writer({
      addr: broker.addresses,
      topic: 't',
      transport,
      balancer: message => Number(message.key),
    })
  }

  write(partition: number, value: string): Promise<void> {
    return this.writer.writeMessages({ key: String(partition), value })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writer.close()
    await this.kafka[Symbol.asyncDispose]()
    this.clock[Symbol.dispose]()
  }
}

const ways: Record<string, (reader: Reader, seen: (message: Message) => void) => Promise<void>> = {
  'for await': async (reader, seen) => {
    for await (const message of reader) seen(message)
  },
  'batches()': async (reader, seen) => {
    for await (const batch of reader.batches()) batch.messages().forEach(seen)
  },
  'readMessage()': async (reader, seen) => {
    for (;;) seen(await reader.readMessage())
  },
}

describe.each(Object.keys(ways))('one partition of six without a leader for a minute, read by %s', way => {
  test.each<[string, Partial<ReaderConfig>]>([
    ['a group', { groupId: 'g' }],
    ['a reader of the topic', {}],
  ])('holds up no other of %s, and is read when its leader is back', async (_, config) => {
    await using world = new World()
    const { kafka, clock } = world
    // All led by broker 1, but for one that no other can lead.
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    const leaders = async () =>
      (await client.metadata({ topics: ['t'] })).topics[0]!.partitions.map(({ leader, id }) => [id, leader.id])
    const alone = (await leaders()).find(([, leader]) => leader === 2)![0]!
    for (const [id] of await leaders()) if (id !== alone) kafka.broker.moveLeader('t', id!, 1)
    kafka.broker.moveCoordinator('group', 'g', 1)
    kafka.broker.stopBroker(2)

    const reader = kafka.reader(config)
    const waits: number[] = []
    const counts = Array.from({ length: 6 }, () => 0)
    let ended: unknown
    const written = new Map<string, number>()
    void ways[way]!(reader, message => {
      counts[message.partition]!++
      waits.push(clock.monotonic() - (written.get(message.text()) ?? 0))
    }).catch(error => {
      ended = error
    })
    for (let second = 0; second < 60; second++) {
      for (let partition = 0; partition < 6; partition++) {
        if (partition === alone) continue
        const value = `${partition} ${second}`
        written.set(value, clock.monotonic())
        await world.write(partition, value)
      }
      await clock.sleep(1_000)
    }
    expect(ended).toBeUndefined()
    expect(counts.filter((_, partition) => partition !== alone)).toEqual([60, 60, 60, 60, 60])
    // The first wait for the reader to join.
    expect(Math.max(...waits.slice(10))).toBeLessThan(1_000)
    expect(reader.stats().troubles).toMatchObject([
      { topic: 't', partition: alone, error: { code: ErrorCode.LeaderNotAvailable } },
    ])
    expect(
      kafka.notes.lines.filter(line => line.startsWith('warn') && line.includes(`t/${alone}`)).length,
    ).toBeLessThan(5)
    expect(world.events.some(each => each.type === 'partitionTrouble' && each.partition === alone)).toBe(true)

    kafka.broker.startBroker(2)
    await world.write(alone, 'back')
    await clock.until(() => counts[alone] === 1, 10_000)
    expect(reader.stats().troubles).toEqual([])
    expect(world.events.some(each => each.type === 'partitionRecovered' && each.partition === alone)).toBe(true)
    expect(ended).toBeUndefined()
    await reader.close()
  })
})

/** Answers to fetches in which one partition fails, so many times. */
function spoilPartition(
  kafka: Embedded,
  partition: number,
  times: number,
  // biome-ignore lint/suspicious/noExplicitAny: answers of whatever shape, as a hostile broker's
  change: (own: any) => object,
): { count: number } {
  const seen = { count: 0 }
  kafka.broker.control(Fetch, async (_, context) => {
    const answer = (await context.apply())!
    const spoil = (own: { partitionIndex: number }) =>
      own.partitionIndex === partition && seen.count++ < times ? { ...own, ...change(own) } : own
    return {
      ...answer,
      responses: answer.responses.map(topic => ({ ...topic, partitions: topic.partitions.map(spoil) })),
    } as never
  })
  return seen
}

// biome-ignore lint/suspicious/noExplicitAny: as above
const damage = ({ records }: any): object => {
  if (records === null || records.length === 0) return {}
  const copy = new Uint8Array(records)
  copy[copy.length - 1]! ^= 1
  return { records: copy }
}

test('a storage error of one partition that lasts costs the others nothing, and no connection', async () => {
  await using world = new World({ brokers: 1 })
  const { kafka, clock } = world
  spoilPartition(kafka, 5, Number.POSITIVE_INFINITY, () => ({ errorCode: ErrorCode.KafkaStorageError, records: null }))
  const reader = kafka.reader({ groupId: 'g' })
  const texts: string[] = []
  const loop = (async () => {
    for await (const message of reader) texts.push(message.text())
  })()
  for (let i = 0; i < 100; i++) {
    await world.write(i % 5, String(i))
    await clock.sleep(700)
  }
  expect(texts).toHaveLength(100)
  expect(world.events.filter(each => each.type === 'disconnect' && each.lane === 'fetch')).toHaveLength(0)
  expect(reader.stats().troubles).toMatchObject([{ partition: 5, error: { code: ErrorCode.KafkaStorageError } }])
  await reader.close()
  await loop
})

test('a batch damaged on its way stops no other partition and no loop, and is read when it comes whole', async () => {
  await using world = new World({ brokers: 1 })
  const { kafka, clock } = world
  await world.write(0, 'damaged')
  spoilPartition(kafka, 0, 1, damage)
  const reader = kafka.reader({ groupId: 'g' })
  const texts: string[] = []
  const loop = (async () => {
    for await (const message of reader) texts.push(message.text())
  })()
  await clock.until(() => reader.stats().troubles.length === 1)
  await world.write(1, 'fine')
  await clock.until(() => texts.length === 2)
  expect(texts).toEqual(['fine', 'damaged'])
  expect(reader.stats().troubles).toEqual([])
  await reader.close()
  await loop
})

test('a batch that stays damaged is thrown into the loop, once what is fine was handed out', async () => {
  await using world = new World({ brokers: 1 })
  const { kafka } = world
  await world.write(0, 'damaged')
  await world.write(1, 'fine')
  spoilPartition(kafka, 0, Number.POSITIVE_INFINITY, damage)
  const reader = kafka.reader({ groupId: 'g' })
  const texts: string[] = []
  const loop = async (): Promise<void> => {
    for await (const message of reader) texts.push(message.text())
  }
  await expect(loop()).rejects.toThrow(ProtocolError)
  expect(texts).toEqual(['fine'])
  // It goes on with the others.
  await world.write(2, 'more')
  for (;;) {
    const message = await reader.readMessage().catch(() => undefined)
    if (message !== undefined) {
      expect(message.text()).toBe('more')
      break
    }
  }
})

test('a missing right to one partition’s topic is thrown, once what is fine was handed out', async () => {
  await using world = new World({ brokers: 1 })
  const { kafka } = world
  for (let partition = 1; partition < 6; partition++) await world.write(partition, 'fine')
  spoilPartition(kafka, 0, Number.POSITIVE_INFINITY, () => ({
    errorCode: ErrorCode.TopicAuthorizationFailed,
    records: null,
  }))
  const reader = kafka.reader({ groupId: 'g' })
  let count = 0
  const loop = async (): Promise<void> => {
    for await (const _ of reader) count++
  }
  while (count < 5) await expect(loop()).rejects.toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
  expect(reader.stats().troubles).toMatchObject([{ partition: 0, error: { code: ErrorCode.TopicAuthorizationFailed } }])
})

test('an offset beyond the end is waited for, and costs the other partitions nothing', async () => {
  await using world = new World({ brokers: 1 })
  const { kafka, clock } = world
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  await client.offsetCommit({ groupId: 'g', topics: { t: [{ partition: 0, offset: 3 }] } })
  const reader = kafka.reader({ groupId: 'g' })
  const texts: string[] = []
  const loop = (async () => {
    for await (const message of reader) texts.push(message.text())
  })()
  await clock.sleep(60_000)
  await world.write(1, 'other')
  await clock.until(() => texts.length === 1, 1_000)
  expect(reader.stats().troubles).toMatchObject([{ partition: 0, error: { code: ErrorCode.OffsetOutOfRange } }])
  for (let i = 0; i < 5; i++) await world.write(0, String(i))
  await clock.until(() => texts.length === 3, 5_000)
  expect(texts).toEqual(['other', '3', '4'])
  expect(world.events.filter(each => each.type === 'disconnect' && each.lane === 'fetch')).toHaveLength(0)
  await reader.close()
  await loop
})

test.each([
  ['by hand', 0],
  ['in the background', 5],
])(
  'the right to one topic that is lost midway keeps no commit of another from being made, %s',
  async (_, commitInterval) => {
    const topics = ['secret', 't'].map(name => ({ name, partitions: 1 }))
    await using kafka = new Embedded({ topics })
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    const secret = (await kafka.transport.cluster(kafka.broker.addresses).topic('secret')).id
    kafka.broker.control(OffsetCommit, async (_, context) => {
      const answer = (await context.apply())!
      for (const { name, topicId, partitions } of answer.topics!)
        if (name === 'secret' || topicId === secret)
          for (const each of partitions!) Object.assign(each, { errorCode: ErrorCode.TopicAuthorizationFailed })
      return answer
    })
    const reader = kafka.reader({ groupId: 'g', topic: undefined!, groupTopics: ['secret', 't'], commitInterval })
    await kafka.write([{ value: '0' }], { topic: 'secret' })
    const refused = reader.commitMessages(await reader.fetchMessage())
    if (commitInterval === 0) await expect(refused).rejects.toThrow(/secret\/0/)
    for (let offset = 0; offset < 3; offset++) {
      await kafka.write([{ value: String(offset) }])
      await reader.commitMessages(await reader.fetchMessage())
      if (commitInterval > 0) continue
      const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
      expect(topics['t']![0]!.committedOffset).toBe(offset + 1)
    }
    const soon = AbortSignal.timeout(60_000)
    await until(
      soon,
      async () =>
        (await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })).topics['t']![0]!.committedOffset === 3,
    )
  },
)
