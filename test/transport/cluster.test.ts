import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConnectionError, ProtocolError } from '../../src/base/errors.ts'
import type { BrokerConfig } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import type { ResponseOf } from '../../src/protocol/api.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import type { LeaderHint } from '../../src/transport/layout.ts'
import { Transport } from '../../src/transport/transport.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { type Bench, bench, countOf } from './support.ts'

type Answer = ResponseOf<typeof Metadata>
type Endpoint = LeaderHint['endpoints'][number]

let b: Bench
const set = (broker?: BrokerConfig, config?: TransportConfig): void => {
  b = bench(broker, config)
}
beforeEach(() => set())
afterEach(() => b.close())

/** Lets the broker answer, but changed. */
function doctor(change: (answer: Answer) => void): () => void {
  return b.broker.control(Metadata, async (_, context) => {
    const answer = (await context.apply()) as Answer
    change(answer)
    return answer
  })
}

const leaderOf = (topic = 'topic', partition = 0): number => b.cluster.peek(topic)!.partitions[partition]!.leader
const otherThan = (leader: number): number => (leader % 3) + 1

describe('layouts', () => {
  test('a stale one is given at once, and refreshed behind the back of who asked', async () => {
    const clock = new ManualClock()
    await b.close()
    set({}, { clock, metadataTtl: 6000 })
    const known = await b.cluster.topic('topic')
    const leader = known.partitions[0]!.leader
    b.broker.moveLeader('topic', 0, otherThan(leader))
    expect(b.cluster.peek('topic')).toBe(known)
    clock.advance(6000)
    const refreshed = b.next(({ type }) => type === 'metadataRefresh')
    expect(b.cluster.peek('topic')).toBe(known)
    expect(await b.cluster.topic('topic')).toBe(known)
    await refreshed
    expect(leaderOf()).toBe(otherThan(leader))
  })

  test('only topics in use are asked for, and those unused for five minutes no more', async () => {
    const clock = new ManualClock()
    await b.close()
    set({ topics: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }, { clock })
    await b.cluster.topic('a')
    await b.cluster.topic('b')
    await b.cluster.refresh()
    clock.advance(4 * 60_000)
    const refreshed = b.next(({ type }) => type === 'metadataRefresh')
    b.cluster.peek('a')
    await refreshed
    clock.advance(2 * 60_000)
    await b.cluster.refresh()
    expect(b.asked.at(-1)).toEqual(['a'])
    expect(b.asked).not.toContainEqual(null)
    expect(b.asked.flat()).not.toContain('c')
    expect(b.cluster.peek('b')).toBeUndefined()
  })

  test('metadataTopics are asked for with the first request', async () => {
    await b.close()
    set({ topics: [{ name: 'a' }, { name: 'b' }] }, { metadataTopics: ['b'] })
    await b.cluster.topic('a')
    expect(b.cluster.peek('b')?.name).toBe('b')
    await b.cluster.refresh(['a'])
    expect(b.asked.map(names => names?.sort())).toEqual([['a', 'b'], ['a']])
  })

  test('an older leader epoch is no news: the broker that tells it lags behind', async () => {
    const before = (await b.cluster.topic('topic')).partitions[0]!
    b.broker.moveLeader('topic', 0, otherThan(before.leader))
    await b.cluster.refresh()
    const now = leaderOf()
    expect(now).not.toBe(before.leader)
    const healthy = doctor(({ topics }) => {
      for (const p of topics[0]!.partitions)
        Object.assign(p, { leaderId: before.leader, leaderEpoch: before.leaderEpoch })
    })
    await b.cluster.refresh()
    expect(leaderOf()).toBe(now)
    healthy()
    await b.cluster.refresh()
    expect(leaderOf()).toBe(now)
  })

  test('a topic made anew under its name is another: its epochs start over', async () => {
    const client = new Client({ addr: b.broker.addresses, transport: b.transport })
    const first = await b.cluster.topic('topic')
    b.broker.moveLeader('topic', 0, otherThan(first.partitions[0]!.leader))
    await b.cluster.refresh()
    const high = b.cluster.peek('topic')!.partitions[0]!.leaderEpoch
    await client.deleteTopics({ topics: ['topic'] })
    expect(b.cluster.peek('topic')).toBeUndefined()
    await client.createTopics({ topics: [{ topic: 'topic', numPartitions: 1 }] })
    const second = await b.cluster.topic('topic')
    expect(second.id).not.toBe(first.id)
    expect(second.partitions).toHaveLength(1)
    expect(second.partitions[0]!.leaderEpoch).toBeLessThan(high)
    expect(b.cluster.nameOf(second.id)).toBe('topic')
    expect(b.cluster.nameOf(first.id)).toBeUndefined()
  })

  test('a leader named by an answer is taken in if its epoch is news and its broker known', async () => {
    const layout = await b.cluster.topic('topic')
    const { leader, leaderEpoch } = layout.partitions[1]!
    const learn = (topic: string, partition: number, leaderId: number, epoch: number, ...endpoints: Endpoint[]) =>
      b.cluster.learnLeader({ topic, partition }, { leaderId, leaderEpoch: epoch, endpoints })
    expect(learn('topic', 1, otherThan(leader), leaderEpoch)).toBe(false)
    expect(learn('topic', 1, 99, leaderEpoch + 1)).toBe(false)
    expect(learn('topic', 77, 1, leaderEpoch + 1)).toBe(false)
    expect(learn('missing', 1, 1, leaderEpoch + 1)).toBe(false)
    expect(learn('topic', 1, -1, -1)).toBe(false)
    expect(b.cluster.peek('topic')).toBe(layout)
    expect(learn('topic', 1, otherThan(leader), leaderEpoch + 1)).toBe(true)
    expect(leaderOf('topic', 1)).toBe(otherThan(leader))
    expect(leaderOf('topic', 0)).toBe(layout.partitions[0]!.leader)
    expect(learn('topic', 1, 99, leaderEpoch + 2, { nodeId: 99, host: 'new', port: 1, rack: null })).toBe(true)
    expect(leaderOf('topic', 1)).toBe(99)
    expect(b.cluster.brokers().find(({ id }) => id === 99)?.host).toBe('new')
    // What comes late is as old as its epoch, and so is the address in it.
    expect(learn('topic', 1, 99, leaderEpoch + 2, { nodeId: 99, host: 'old', port: 1, rack: null })).toBe(false)
    expect(b.cluster.brokers().find(({ id }) => id === 99)?.host).toBe('new')
  })

  test('a topic is created when asked for so, and waited for until it has a leader', async () => {
    let early = 2
    doctor(({ topics }) => {
      if (topics[0]?.name !== 'fresh' || early-- <= 0) return
      Object.assign(topics[0], { errorCode: ErrorCode.LeaderNotAvailable, partitions: [] })
    })
    const layout = await b.cluster.topic('fresh', { create: true })
    expect(layout.partitions[0]!.leader).toBeGreaterThan(0)
    expect(early).toBeLessThan(0)
  })

  test('a topic that never comes is given up in time, with what the broker said', async () => {
    await b.close()
    set({ autoCreateTopics: false })
    const error = await b.cluster.topic('fresh', { create: true, timeoutMs: 1_000 }).catch(error => error)
    expect(error).toBeInstanceOf(KafkaError)
    expect(error.code).toBe(ErrorCode.UnknownTopicOrPartition)
  })

  test('asking for one topic to be created creates no other that is asked for meanwhile', async () => {
    const [created, asked] = await Promise.allSettled([
      b.cluster.topic('wanted', { create: true }),
      b.cluster.topic('unwanted'),
    ])
    expect(created.status).toBe('fulfilled')
    expect(asked.status).toBe('rejected')
    await expect(b.cluster.topic('unwanted')).rejects.toThrow(KafkaError)
  })
})

test('a sink or a logger that throws breaks nothing', async () => {
  const thrower = (): never => {
    throw new Error('a bug of the user')
  }
  const transport = new Transport({
    adapter: memory(b.broker),
    natives: {},
    onEvent: thrower,
    logger: { debug: thrower, info: thrower, warn: thrower, error: thrower },
  })
  b.broker.loseAnswer(Metadata)
  expect((await transport.cluster(b.broker.addresses).topic('topic')).partitions).toHaveLength(3)
  await transport.close()
})

describe('refreshing', () => {
  test('a hundred who see a moved leader at once cause a request or two', async () => {
    await b.cluster.topic('topic')
    const before = b.asked.length
    await Promise.all(Array.from({ length: 100 }, () => b.cluster.refresh(['topic'])))
    expect(b.asked.length - before).toBeLessThanOrEqual(2)
  })

  test('the first goes out at once, the next ones are spaced by the backoff', async () => {
    const clock = new ManualClock()
    await b.close()
    set({}, { clock, backoff: { min: 100, max: 1000 } })
    await b.cluster.refresh(['topic'])
    const before = b.asked.length
    const second = b.cluster.refresh(['topic'])
    const third = b.cluster.refresh(['topic'])
    await new Promise(setImmediate)
    expect(b.asked.length).toBe(before)
    clock.advance(121)
    await Promise.all([second, third])
    expect(b.asked.length).toBe(before + 1)
    clock.advance(2001)
    await b.cluster.refresh(['topic'])
    expect(b.asked.length).toBe(before + 2)
  })

  test('one that fails behind the back is no unhandled rejection, and the old layout stays', async () => {
    const clock = new ManualClock()
    const warnings: string[] = []
    const quiet = (): void => {}
    await b.close()
    set({}, { clock, logger: { debug: quiet, info: quiet, error: quiet, warn: message => warnings.push(message) } })
    const known = await b.cluster.topic('topic')
    let drops = 0
    b.broker.control(Metadata, () => {
      drops++
      return 'drop'
    })
    clock.advance(6000)
    const lost = b.next(event => event.type === 'disconnect')
    b.cluster.peek('topic')
    await lost
    await expect.poll(() => warnings.length).toBeGreaterThan(0)
    expect(drops).toBe(1)
    expect(b.cluster.peek('topic')).toBe(known)
  })

  test.each<[string, (answer: Answer) => void]>([
    ['an error', answer => Object.assign(answer, { errorCode: ErrorCode.ClusterAuthorizationFailed })],
    ['another topic', ({ topics }) => Object.assign(topics[0]!, { name: 'TOPIC' })],
    ['a topic with a partition missing', ({ topics }) => topics[0]!.partitions.shift()],
    ['no brokers', answer => Object.assign(answer, { brokers: [] })],
  ])('%s for an answer is asked for again once a backoff, not at each use of the topic', async (_what, change) => {
    const clock = new ManualClock()
    await b.close()
    set({}, { clock, metadataTtl: 6000, backoff: { min: 5, max: 1000 } })
    const known = await b.cluster.topic('topic')
    doctor(change)
    clock.advance(6000)
    for (let round = 1; round <= 3; round++) {
      for (let use = 0; use < 50; use++) {
        expect(b.cluster.peek('topic')).toBe(known)
        await new Promise(setImmediate)
      }
      expect(countOf(b.events, Metadata)).toBe(1 + round)
      clock.advance(1000)
    }
  })

  test('topics that nobody asked for are not asked for from then on', async () => {
    const stop = doctor(({ topics }) => topics.push({ ...topics[0]!, name: 'stranger' }))
    await b.cluster.topic('topic')
    stop()
    await b.cluster.refresh()
    expect(b.asked).toEqual([['topic']])
    expect(b.cluster.peek('stranger')).toBe(undefined)
  })
})

describe('reaching the cluster', () => {
  test('when no broker known is there any more, the bootstrap list is asked again', async () => {
    const seeds = b.transport.cluster([b.broker.address(1), b.broker.address(3)])
    const whole = doctor(answer => {
      answer.brokers = answer.brokers.filter(({ nodeId }) => nodeId !== 3)
    })
    await seeds.refresh([])
    expect(seeds.brokers().map(({ id }) => id)).toEqual([1, 2])
    whole()
    b.broker.stopBroker(1)
    b.broker.stopBroker(2)
    await seeds.refresh([])
    expect(seeds.brokers().map(({ id }) => id)).toEqual([3])
  })

  test('a broker that asks for it sends us back to the bootstrap list', async () => {
    await b.cluster.refresh([])
    let refused = false
    doctor(answer => {
      if (refused) return
      refused = true
      Object.assign(answer, { errorCode: ErrorCode.RebootstrapRequired, topics: [] })
    })
    expect((await b.cluster.topic('topic')).partitions).toHaveLength(3)
    expect(refused).toBe(true)
  })

  test('a broker whose address changed loses its idle connections, and is met at the new one', async () => {
    await b.cluster.refresh([])
    const connection = await b.cluster.connection(2, 'produce')
    doctor(({ brokers }) => {
      brokers.find(({ nodeId }) => nodeId === 2)!.host = 'elsewhere'
    })
    await b.cluster.refresh([])
    await connection.onClose
    const error = await b.cluster.connection(2, 'produce').catch(error => error)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.broker).toBe('elsewhere:9092')
  })

  test('a broker nobody knows is asked for, then an error', async () => {
    await expect(b.cluster.connection(7, 'produce')).rejects.toThrow('broker 7')
    const id = [1, 2, 3].length + 1
    expect(b.broker.addBroker()).toBe(id)
    expect((await b.cluster.connection(id, 'produce')).broker).toBe(b.broker.address(id))
  })

  test('brokers that know of no brokers are asked again, until the time is up', async () => {
    let empty = 1
    doctor(answer => {
      if (empty-- > 0) answer.brokers = []
    })
    await b.cluster.refresh([])
    expect(b.cluster.brokers()).toHaveLength(3)
    empty = Number.POSITIVE_INFINITY
    await expect(b.cluster.refresh([], { timeoutMs: 100 })).rejects.toThrow('names no brokers')
    expect(b.cluster.brokers()).toHaveLength(3)
  })

  test.each([
    ['a hole', (p: { partitionIndex: number }) => (p.partitionIndex += 5)],
    ['a negative index', (p: { partitionIndex: number }) => (p.partitionIndex = -1)],
    ['an index twice', (p: { partitionIndex: number }) => (p.partitionIndex = 1)],
  ])('partitions with %s are a ProtocolError', async (_, spoil) => {
    doctor(({ topics }) => {
      spoil(topics[0]!.partitions[0]!)
      topics[0]!.partitions[1]!.partitionIndex = 1
    })
    await expect(b.cluster.topic('topic')).rejects.toThrow(ProtocolError)
  })
})
