import { describe, expect, test } from 'vitest'
import type { BrokerConfig } from '../../src/broker/index.ts'
import { ErrorCode } from '../../src/index.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { Embedded } from '../support/embedded.ts'
import { unless, unlessFull } from '../support/left-out.ts'
import { take } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'
import { inVirtualTime } from '../support/world.ts'

const forever = AbortSignal.timeout(120_000)
const rackAware = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }

/** Brokers 1, 2 and 3 in the racks a, b and c with a partition that 1 leads, and whom it was fetched from. */
function racked({ configs = rackAware, ...config }: BrokerConfig = {}): Embedded & { readonly fetches: Fetched[] } {
  const topics = [{ name: 't', partitions: 1, replicationFactor: 3 }]
  const kafka = new Embedded({ brokers: 3, racks: ['a', 'b', 'c'], topics, configs, ...config })
  kafka.broker.moveLeader('t', 0, 1)
  const fetches: Fetched[] = []
  kafka.broker.control(Fetch, ({ sessionEpoch, rackId }, { brokerId }) => {
    if (sessionEpoch >= 0) fetches.push({ brokerId, rackId })
    return undefined
  })
  return Object.assign(kafka, { fetches })
}

interface Fetched {
  readonly brokerId: number
  readonly rackId: string
}

function last({ fetches }: { readonly fetches: Fetched[] }): number | undefined {
  return fetches.at(-1)?.brokerId
}

async function write(kafka: Embedded, ...values: string[]): Promise<void> {
  for (const value of values) await kafka.write([{ value }])
}

describe('a reader in the rack of a replica', () => {
  test('reads from that, once its leader has said so', async () => {
    await using kafka = racked()
    await write(kafka, 'a', 'b')
    const reader = kafka.reader({ rack: 'b', maxWait: 20 })
    expect(await take(reader, 2, forever)).toEqual(['a', 'b'])
    for (const value of ['c', 'd', 'e']) {
      await write(kafka, value)
      expect(await take(reader, 1, forever)).toEqual([value])
    }
    const [first, ...others] = kafka.fetches
    expect(first).toEqual({ brokerId: 1, rackId: 'b' })
    expect(new Set(others.map(({ brokerId }) => brokerId))).toEqual(new Set([2]))
    expect(reader.stats().errors).toBe(0)
  })

  test('reads from the leader where the brokers choose no replicas, where that is in its rack, and where none is', async () => {
    for (const [rack, configs] of [
      ['b', {}],
      ['a', rackAware],
      ['d', rackAware],
    ] as const) {
      await using kafka = racked({ configs })
      await write(kafka, 'a')
      const reader = kafka.reader({ rack, maxWait: 20 })
      expect(await take(reader, 1, forever)).toEqual(['a'])
      await until(forever, () => kafka.fetches.length > 5)
      expect(new Set(kafka.fetches.map(({ brokerId }) => brokerId))).toEqual(new Set([1]))
    }
  })

  test('goes on at the leader when the replica’s broker dies, and no read is told', async () => {
    await using kafka = racked()
    await write(kafka, 'a')
    const reader = kafka.reader({ rack: 'b', maxWait: 20 })
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await until(forever, () => last(kafka) === 2)
    kafka.broker.crashBroker(2)
    for (const value of ['b', 'c']) {
      await write(kafka, value)
      expect(await take(reader, 1, forever)).toEqual([value])
    }
    expect(last(kafka)).toBe(1)
    expect(reader.stats().errors).toBe(0)
  })

  test('goes on at the leader while that goes on naming a replica that can’t be reached', async () => {
    await using kafka = racked()
    await write(kafka, 'a')
    const reader = kafka.reader({ rack: 'b', maxWait: 20 })
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await until(forever, () => last(kafka) === 2)
    // The leader names it again as soon as it is told where the reader is.
    kafka.broker.control(Fetch, (_, { brokerId }) => (brokerId === 2 ? 'drop' : undefined))
    for (const value of ['b', 'c', 'd']) {
      await write(kafka, value)
      expect(await take(reader, 1, forever)).toEqual([value])
    }
    const since = kafka.fetches.slice(kafka.fetches.findLastIndex(({ brokerId }) => brokerId === 2) + 1)
    expect(new Set(since.map(({ rackId }) => rackId))).toEqual(new Set(['']))
    expect(reader.stats().errors).toBe(0)
  })

  test.each([
    ['OFFSET_OUT_OF_RANGE', ErrorCode.OffsetOutOfRange],
    ['NOT_LEADER_OR_FOLLOWER', ErrorCode.NotLeaderForPartition],
    ['UNKNOWN_LEADER_EPOCH', ErrorCode.UnknownLeaderEpoch],
    ['FENCED_LEADER_EPOCH', ErrorCode.FencedLeaderEpoch],
    ['UNKNOWN_TOPIC_ID', ErrorCode.UnknownTopicID],
  ])('goes on at the leader when the replica says %s', async (_, errorCode) => {
    await using kafka = racked()
    await write(kafka, 'a')
    const reader = kafka.reader({ rack: 'b', maxWait: 20, offsetOutOfRange: 'earliest' })
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await until(forever, () => last(kafka) === 2)
    const { id: topicId } = await kafka.transport.cluster(kafka.broker.addresses).topic('t')
    kafka.broker.control(Fetch, async (_, context) => {
      if (context.brokerId !== 2) return undefined
      const answer = (await context.apply())!
      const partitions = [{ partitionIndex: 0, errorCode, highWatermark: -1, records: null }]
      return { ...answer, responses: [{ topicId, partitions }] } as never
    })
    await until(forever, () => last(kafka) === 1)
    await write(kafka, 'b')
    expect(await take(reader, 1, forever)).toEqual(['b'])
    expect(reader.stats().errors).toBe(0)
  })

  test('asks the leader again every five minutes', { ...unless(unlessFull), timeout: 60_000 }, async () => {
    const topics = [{ name: 't', partitions: 1, replicationFactor: 3 }]
    await inVirtualTime({ racks: ['a', 'b', 'c'], topics, configs: rackAware }, async (world, broker) => {
      broker.moveLeader('t', 0, 1)
      const visits: number[] = []
      broker.control(Fetch, ({ sessionEpoch }, { brokerId }) => {
        if (sessionEpoch >= 0 && brokerId === 1) visits.push(world.now())
        return undefined
      })
      await using transport = new Transport({ adapter: world.adapter, ...world.transport, metadataTtl: 1_000_000 })
      // With bytes to gather, polls are long.
      const config = { minBytes: 2, maxWait: 60_000, readLagInterval: -1, rack: 'b', transport }
      await using reader = new Reader({ brokers: world.brokers, topic: 't', partition: 0, ...config })
      const read = reader.fetchMessage()
      await world.until('the leader was asked twice', () => visits.length === 2, 1_000_000)
      expect(visits[1]! - visits[0]!).toBeGreaterThanOrEqual(300_000)
      expect(visits[1]! - visits[0]!).toBeLessThan(362_000)
      await using writer = new Writer({ addr: world.brokers, topic: 't', transport })
      await writer.writeMessages([{ value: 'a' }])
      expect((await read).text()).toBe('a')
    })
  })

  test('goes to the new leader, and to the replica that that one names', async () => {
    await using kafka = racked()
    await write(kafka, 'a')
    const reader = kafka.reader({ rack: 'b', maxWait: 20 })
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await until(forever, () => last(kafka) === 2)
    for (const [leader, value] of [
      [3, 'b'],
      [2, 'c'],
      [1, 'd'],
    ] as const) {
      kafka.broker.moveLeader('t', 0, leader)
      await write(kafka, value)
      expect(await take(reader, 1, forever)).toEqual([value])
    }
    await until(forever, () => kafka.fetches.some(({ brokerId }) => brokerId === 3))
  })

  test('reads there what is committed, in the first version that knows of replicas, too', async () => {
    await using kafka = racked({ versions: { Fetch: 11 } })
    await write(kafka, 'a', 'b', 'c')
    const reader = kafka.reader({ rack: 'c', maxWait: 20, isolationLevel: 'read_committed' })
    expect(await take(reader, 3, forever)).toEqual(['a', 'b', 'c'])
    expect(last(kafka)).toBe(3)
  })

  test('is not told of a replica that no broker knows, and reads from the leader', async () => {
    await using kafka = racked()
    await write(kafka, 'a')
    const { id: topicId } = await kafka.transport.cluster(kafka.broker.addresses).topic('t')
    kafka.broker.control(Fetch, ({ rackId }, { brokerId }) => {
      if (rackId === '') return undefined
      expect(brokerId).toBe(1)
      const partitions = [
        { partitionIndex: 0, errorCode: 0, highWatermark: 1, preferredReadReplica: 77, records: null },
      ]
      return { responses: [{ topicId, partitions }] } as never
    })
    const reader = kafka.reader({ rack: 'b', maxWait: 20 })
    expect(await take(reader, 1, forever)).toEqual(['a'])
  })
})
