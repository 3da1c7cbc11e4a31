import { afterEach, describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { zeroUuid } from '../../src/bytes/reader.ts'
import { Client } from '../../src/client/client.ts'
import type { ResponseOf } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { produceAnswer } from '../writer/embedded.ts'
import { type Bench, bench, countOf } from './support.ts'

type Answer = ResponseOf<typeof Metadata>
type Topic = Answer['topics'][number]

let clock: LeapingClock
let b: Bench
const set = (brokers = 3, config: TransportConfig = {}): void => {
  clock = new LeapingClock()
  const topics = [
    { name: 'topic', partitions: 3 },
    { name: 'odd', partitions: 3 },
  ]
  b = bench({ brokers, topics, clock, autoCreateTopics: false }, { clock, backoff: { min: 50, max: 1000 }, ...config })
}
afterEach(async () => {
  await b.close()
  clock.close()
})

/** Lets brokers answer, but changed; `brokerId` says which one does. */
function doctor(change: (answer: Answer, brokerId: number) => void): () => void {
  return b.broker.control(Metadata, async (_, { apply, brokerId }) => {
    const answer = (await apply()) as Answer
    change(answer, brokerId)
    return answer
  })
}

const deny = (topic: Topic): void =>
  void Object.assign(topic, { errorCode: ErrorCode.UnknownTopicOrPartition, partitions: [] })
function each(answer: Answer, name: string, change: (topic: Topic) => void): void {
  for (const topic of answer.topics) if (topic.name === name) change(topic)
}

const negatives: [string, (topic: Topic) => void][] = [
  ['unknown', deny],
  ['without partitions', topic => void Object.assign(topic, { partitions: [] })],
  ['with a hole in its list', topic => void topic.partitions.splice(1, 1)],
  ['with fewer partitions', topic => void topic.partitions.pop()],
  [
    'without a leader for all of it',
    topic => void Object.assign(topic, { errorCode: ErrorCode.LeaderNotAvailable, partitions: [] }),
  ],
]

describe('what is known is not overridden by one negative answer', () => {
  test.each(negatives)('of a topic %s', async (_what, spoil) => {
    set()
    const known = await b.cluster.topic('topic')
    const stop = doctor(answer => each(answer, 'topic', spoil))
    await b.cluster.refresh(['topic'])
    expect(b.cluster.peek('topic')).toBe(known)
    await clock.sleep(5000)
    await b.cluster.refresh(['topic'])
    expect(b.cluster.peek('topic')?.partitions).toHaveLength(3)
    stop()
    await b.cluster.refresh(['topic'])
    expect(b.cluster.isDenied('topic')).toBe(false)
  })

  test.each(negatives)(
    'and writes go on while one broker of three says for ever that the topic is %s',
    async (_what, spoil) => {
      set()
      await using writer = new Writer({
        addr: b.broker.addresses,
        topic: 'topic',
        transport: b.transport,
        deliveryTimeout: 3000,
      })
      await writer.writeMessages({ value: 'first' })
      let told = 0
      doctor((answer, brokerId) => {
        if (brokerId !== 2) return
        told++
        each(answer, 'topic', spoil)
      })
      const until = clock.monotonic() + 60_000
      for (let i = 0; clock.monotonic() < until; i++) {
        await writer.writeMessages({ value: `${i}` })
        await clock.sleep(500)
      }
      // Others are asked while one is wrong: it is tried again after ten seconds.
      expect(told).toBeLessThan(12)
    },
  )

  test('an id that the topic had before is told by a broker that lags behind', async () => {
    set()
    const client = new Client({ addr: b.broker.addresses, transport: b.transport })
    const first = await b.cluster.topic('topic')
    await client.deleteTopics({ topics: ['topic'] })
    await client.createTopics({ topics: [{ topic: 'topic', numPartitions: 2 }] })
    const second = await b.cluster.topic('topic')
    // The cache has seen the first one go, as a client that was there throughout has not.
    const again = await b.cluster.topic('odd')
    doctor(answer => each(answer, 'odd', topic => void Object.assign(topic, { topicId: second.id })))
    await b.cluster.refresh(['odd'])
    expect(b.cluster.peek('odd')!.id).toBe(second.id)
    doctor(answer => each(answer, 'odd', topic => void Object.assign(topic, { topicId: again.id })))
    await b.cluster.refresh(['odd'])
    expect(b.cluster.peek('odd')!.id).toBe(second.id)
    expect(first.id).not.toBe(second.id)
  })
})

describe('one odd topic fails alone', () => {
  test.each(negatives.filter(([what]) => !what.startsWith('with fewer')))('that is %s', async (_what, spoil) => {
    set()
    doctor(answer => each(answer, 'odd', spoil))
    await using writer = new Writer({ addr: b.broker.addresses, transport: b.transport, deliveryTimeout: 10_000 })
    const odd = writer.writeMessages({ topic: 'odd', value: 'x' }).then(
      () => 'written',
      (error: Error) => error.message,
    )
    const began = clock.monotonic()
    await writer.writeMessages({ topic: 'topic', value: 'x' })
    expect(clock.monotonic() - began).toBeLessThan(1000)
    expect(await odd).toContain('odd')
  })

  test('and another broker is asked about it', async () => {
    set()
    doctor((answer, brokerId) => {
      if (brokerId !== 2) each(answer, 'odd', topic => topic.partitions.shift())
    })
    expect((await b.cluster.topic('odd')).partitions).toHaveLength(3)
  })
})

describe('a topic that does not exist', () => {
  test('is told in a few seconds, by name and with what to do', async () => {
    set()
    await using writer = new Writer({ addr: b.broker.addresses, topic: 'orders', transport: b.transport })
    const began = clock.monotonic()
    await expect(writer.writeMessages({ value: 'x' })).rejects.toThrow(
      /topic orders does not exist; create it or set allowAutoTopicCreation/,
    )
    expect(clock.monotonic() - began).toBeLessThan(5000)
  })

  test('is told to readers, too', async () => {
    set(1)
    await using reader = new Reader({
      brokers: b.broker.addresses,
      topic: 'orders',
      partition: 0,
      transport: b.transport,
    })
    await expect(reader.readMessage()).rejects.toThrow(/orders/)
  })

  test('is asked for once when that was found before', async () => {
    set()
    await expect(b.cluster.topic('orders')).rejects.toThrow('orders')
    const before = b.asked.length
    await expect(b.cluster.topic('orders')).rejects.toThrow('orders')
    expect(b.asked.length).toBe(before + 1)
  })

  test('is found when it comes to be meanwhile', async () => {
    set()
    await expect(b.cluster.topic('orders')).rejects.toThrow('orders')
    const client = new Client({ addr: b.broker.addresses, transport: b.transport })
    await client.createTopics({ topics: [{ topic: 'orders', numPartitions: 1 }] })
    expect((await b.cluster.topic('orders')).partitions).toHaveLength(1)
  })

  test('because it was deleted is told within bounded time, though it was known', async () => {
    set()
    await b.cluster.topic('topic')
    await using transport = new Transport({ adapter: memory(b.broker) })
    await new Client({ addr: b.broker.addresses, transport }).deleteTopics({ topics: ['topic'] })
    const began = clock.monotonic()
    for (;;) {
      await b.cluster.refresh(['topic'])
      const told = await b.cluster.topic('topic').then(
        () => undefined,
        (error: Error) => error.message,
      )
      if (told !== undefined) {
        expect(told).toContain('topic topic does not exist')
        break
      }
      await clock.sleep(500)
    }
    expect(clock.monotonic() - began).toBeLessThan(20_000)
  })
})

test('a topic whose partitions partly have no leader is usable for the others', async () => {
  set()
  doctor(answer =>
    each(answer, 'topic', ({ partitions }) => {
      for (const partition of partitions)
        if (partition.partitionIndex === 1)
          Object.assign(partition, { errorCode: ErrorCode.LeaderNotAvailable, leaderId: -1 })
    }),
  )
  const { partitions } = await b.cluster.topic('topic', { create: true })
  expect(partitions.map(({ leader }) => leader > 0)).toEqual([true, false, true])
})

describe('how often is asked', () => {
  test('for what is merely old: once per metadataTtl, however many topics there are', async () => {
    clock = new LeapingClock()
    const names = Array.from({ length: 100 }, (_, i) => `t${i}`)
    b = bench({ topics: names.map(name => ({ name })), clock }, { clock, metadataTtl: 6000 })
    await Promise.all(names.map(name => b.cluster.topic(name)))
    const before = b.asked.length
    for (let i = 0; i < 600; i++) {
      for (const name of names) b.cluster.peek(name)
      await clock.sleep(100)
    }
    // Every 6.3 to 6.9 s, at the next look of those above.
    expect(b.asked.length - before).toBeLessThanOrEqual(10)
    expect(b.asked.length - before).toBeGreaterThanOrEqual(8)
    expect(b.asked.at(-1)).toHaveLength(100)
  })

  test.each([
    ['by default the less often the more partitions there are', undefined, 3],
    ['as often as was said', 6000, 9],
  ])('for what is merely old: %s', async (_how, metadataTtl, times) => {
    clock = new LeapingClock()
    const topics = [{ name: 'large', partitions: 3000 }]
    b = bench({ topics, clock }, { clock, ...(metadataTtl !== undefined && { metadataTtl }) })
    await b.cluster.topic('large')
    const before = b.asked.length
    for (let i = 0; i < 600; i++) {
      b.cluster.peek('large')
      await clock.sleep(100)
    }
    expect(b.asked.length - before).toBeLessThanOrEqual(times + 1)
    expect(b.asked.length - before).toBeGreaterThanOrEqual(times - 1)
  })

  test('about what is in doubt: spaced by the backoff', async () => {
    set()
    await b.cluster.topic('topic')
    let asked = 0
    doctor(answer => {
      asked++
      each(answer, 'topic', deny)
    })
    await b.cluster.refresh(['topic'])
    for (let i = 0; i < 90; i++) {
      b.cluster.peek('topic')
      await clock.sleep(100)
    }
    expect(asked).toBeLessThanOrEqual(16)
    expect(asked).toBeGreaterThanOrEqual(9)
  })
})

describe('older leaders than we know are believed once all brokers told them for ten seconds', () => {
  test('a leader that one answer named, and nobody knows: writes go on', async () => {
    set()
    await using writer = new Writer({ addr: b.broker.addresses, topic: 'topic', transport: b.transport })
    await writer.writeMessages({ partition: 0, value: 'first' })
    const stop = b.broker.control(Produce, async request => {
      stop()
      const answer = produceAnswer(request, ErrorCode.NotLeaderForPartition)
      const currentLeader = { leaderId: 99, leaderEpoch: 1000 }
      for (const { partitionResponses } of answer.responses)
        for (const each of partitionResponses) Object.assign(each, { currentLeader })
      return { ...answer, nodeEndpoints: [{ nodeId: 99, host: 'nowhere', port: 1, rack: null }] }
    })
    const began = clock.monotonic()
    await writer.writeMessages({ partition: 0, value: 'second' })
    expect(clock.monotonic() - began).toBeGreaterThan(9_000)
    expect(clock.monotonic() - began).toBeLessThan(20_000)
  })

  test('a topic made anew by brokers that give no topic ids', async () => {
    set()
    let age = 5
    doctor(answer =>
      each(answer, 'topic', topic => {
        topic.topicId = zeroUuid
        for (const partition of topic.partitions) partition.leaderEpoch = age
      }),
    )
    const epoch = () => b.cluster.peek('topic')!.partitions[0]!.leaderEpoch
    await b.cluster.topic('topic')
    age = 0
    await b.cluster.refresh(['topic'])
    expect(epoch()).toBe(5)
    await clock.sleep(11_000)
    await b.cluster.refresh(['topic'])
    expect(epoch()).toBe(0)
  })

  test('but not while one tells the newer ones', async () => {
    set()
    let lagging: number[] = []
    doctor((answer, brokerId) =>
      each(answer, 'topic', topic => {
        for (const partition of topic.partitions) partition.leaderEpoch = lagging.includes(brokerId) ? 3 : 7
      }),
    )
    await b.cluster.topic('topic')
    lagging = [2, 3]
    for (let i = 0; i < 20; i++) {
      await clock.sleep(3_000)
      await b.cluster.refresh(['topic'])
      expect(b.cluster.peek('topic')!.partitions[0]!.leaderEpoch).toBe(7)
    }
  })
})

test('metadata that is refused for good is asked for no more often than what is merely denied', async () => {
  set()
  await b.cluster.topic('topic')
  doctor(answer => void Object.assign(answer, { errorCode: ErrorCode.ClusterAuthorizationFailed }))
  const before = countOf(b.events, Metadata)
  for (const until = clock.monotonic() + 20_000; clock.monotonic() < until; await clock.sleep(10))
    await b.cluster.refresh(['topic']).catch(() => {})
  expect(countOf(b.events, Metadata) - before).toBeLessThan(40)
})
