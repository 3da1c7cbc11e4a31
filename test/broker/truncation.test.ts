import { describe, expect, test } from 'vitest'
import { ErrorCode, RequiredAcks } from '../../src/index.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/offset-for-leader-epoch.ts'
import { random } from '../support/random.ts'
import { type Replicated, replicated } from './replicated.ts'

interface Identity {
  producerId: bigint
  producerEpoch: number
}

async function identity({ client }: Replicated, transactionalId?: string): Promise<Identity> {
  const { producer } = await client.initProducerId({
    ...(transactionalId === undefined ? {} : { transactionalId, transactionTimeoutMs: 60_000 }),
  })
  return { producerId: producer!.producerId, producerEpoch: producer!.producerEpoch }
}

/** Writes in a transaction of the id `x`. */
async function put(cluster: Replicated, me: Identity, baseSequence: number, value: string): Promise<number> {
  const stamp = { ...me, baseSequence, transactional: true }
  return (await cluster.produce(value, { acks: RequiredAcks.One, transactionalId: 'x', stamp })).errorCode
}

async function end({ transport, world }: Replicated, me: Identity, committed: boolean): Promise<Identity> {
  const asked = { transactionalId: 'x', ...me, committed }
  const { errorCode, producerId, producerEpoch } = await transport.roundTrip(world.brokers, EndTxn, asked)
  expect(errorCode).toBe(0)
  return { producerId, producerEpoch }
}

describe('a log that was cut', () => {
  test('knows the producers as its records have them', async () => {
    await replicated({}, async cluster => {
      const { broker, transport, world } = cluster
      const me = await identity(cluster)
      const send = (baseSequence: number) =>
        cluster.produce(String(baseSequence), { acks: RequiredAcks.One, stamp: { ...me, baseSequence } })
      const sequence = async (): Promise<number> => {
        const asked = { topics: [{ name: 't', partitionIndexes: [0] }] }
        const { topics } = await transport.roundTrip(world.brokers, DescribeProducers, asked)
        return topics[0]!.partitions[0]!.activeProducers[0]!.lastSequence
      }
      for (let i = 0; i < 8; i++) await send(i)
      const release = broker.holdReplica(2)
      for (let i = 8; i < 16; i++) await send(i)
      expect(await sequence()).toBe(15)
      broker.crashBroker(1)
      release()
      expect(await sequence()).toBe(7)
      // What remains is remembered, what is gone may be written again, and only that.
      expect(await send(5)).toEqual({ errorCode: 0, baseOffset: 5 })
      expect((await send(9)).errorCode).toBe(ErrorCode.OutOfOrderSequenceNumber)
      expect(await send(8)).toEqual({ errorCode: 0, baseOffset: 8 })
      expect(await cluster.texts()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8'])
    })
  })

  test('knows where the records of each leader end', async () => {
    await replicated({}, async cluster => {
      const { broker, transport, world } = cluster
      const endOf = async (leaderEpoch: number) => {
        const topics = [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }] }]
        const answer = await transport.roundTrip(world.brokers, OffsetForLeaderEpoch, { replicaId: -1, topics })
        const told = answer.topics[0]!.partitions[0]!
        return [told.leaderEpoch, told.endOffset]
      }
      await cluster.put('a', 'b')
      const release = broker.holdReplica(2)
      broker.moveLeader('t', 0, 3)
      await cluster.put('c')
      broker.crashBroker(3)
      broker.moveLeader('t', 0, 2)
      release()
      await cluster.put('d', 'e')
      expect(await cluster.texts()).toEqual(['a', 'b', 'd', 'e'])
      expect(await endOf(0)).toEqual([0, 2])
      expect(await endOf(1)).toEqual([0, 2])
      expect(await endOf(3)).toEqual([3, 4])
      expect(await endOf(9)).toEqual([-1, -1])
    })
  })

  test('goes on over all its segments, and keeps what it had', async () => {
    const play = async (cluster: Replicated): Promise<void> => {
      const { broker } = cluster
      const value = (name: string, i: number): string => `${name} ${i} `.padEnd(700, '.')
      const kept: string[] = []
      for (const round of ['a', 'b', 'c']) {
        for (let i = 0; i < 20; i++) {
          await cluster.put(value(round, i))
          kept.push(value(round, i))
        }
        const release = broker.holdReplica(2)
        for (let i = 0; i < 20; i++) await cluster.put(value('lost', i))
        broker.crashBroker(1)
        release()
        broker.startBroker(1)
        expect(await cluster.texts()).toEqual(kept)
        broker.moveLeader('t', 0, 1)
      }
    }
    await replicated({}, play, { retentionBytes: 128 * 1024 })
  })

  test('of transactions has again those open that it lost the end of, and their coordinator ends them anew', async () => {
    await replicated({}, async cluster => {
      const { broker } = cluster
      const me = await identity(cluster, 'x')
      expect(await put(cluster, me, 0, 'a')).toBe(0)
      const release = broker.holdReplica(2)
      const next = await end(cluster, me, true)
      // Nobody may see it while it may be lost.
      expect(await cluster.texts('read_uncommitted')).toEqual(['a'])
      expect(await cluster.texts('read_committed')).toEqual([])
      expect(await put(cluster, next, 0, 'b')).toBe(0)
      broker.crashBroker(1)
      release()
      expect(await cluster.texts('read_committed')).toEqual(['a'])
      expect(await put(cluster, next, 0, 'c')).toBe(0)
      await end(cluster, next, false)
      expect(await cluster.texts('read_uncommitted')).toEqual(['a', 'c'])
      expect(await cluster.texts('read_committed')).toEqual(['a'])
    })
  })

  test('has a transaction ended that ended while nobody led', async () => {
    await replicated({}, async cluster => {
      const { broker, world } = cluster
      const me = await identity(cluster, 'x')
      expect(await put(cluster, me, 0, 'a')).toBe(0)
      for (const id of [2, 3, 1]) broker.crashBroker(id)
      for (const id of [2, 3]) broker.startBroker(id)
      await world.sleep(61_000)
      broker.startBroker(1)
      await cluster.put('b')
      expect(await cluster.texts('read_committed')).toEqual(['b'])
    })
  })
})

describe('an idempotent Writer', () => {
  test('goes on after a truncation', async () => {
    await replicated({}, async cluster => {
      const { broker } = cluster
      const writer = cluster.writer()
      await writer.writeMessages({ value: 'a' })
      const release = broker.holdReplica(2)
      const later = ['b', 'c', 'd'].map(value => writer.writeMessages({ value }))
      await cluster.world.sleep(100)
      broker.crashBroker(1)
      release()
      await Promise.all(later)
      expect(await cluster.texts()).toEqual(['a', 'b', 'c', 'd'])
    })
  })

  test.each([1, 2, 3, 4, 5, 6])(
    'loses and doubles nothing it was told is written, whatever befalls brokers; seed %i',
    async seed => {
      await replicated({}, async cluster => {
        const { broker, world } = cluster
        const chance = random(seed)
        const any = (): number => 1 + Math.floor(chance() * 3)
        const acknowledged: string[] = []
        const writer = cluster.writer({ deliveryTimeout: 600_000 })
        const writes: Promise<void>[] = []
        let releases: (() => void)[] = []
        for (let i = 0; i < 60; i++) {
          for (let n = 0; n < 3; n++) {
            const value = `${i}.${n}`
            const written = writer.writeMessages({ value }).then(() => void acknowledged.push(value))
            writes.push(written.catch(() => {}))
          }
          const what = chance()
          if (what < 0.3) releases.push(broker.holdReplica(any()))
          else if (what < 0.45) {
            for (const release of releases) release()
            releases = []
          } else if (what < 0.6) broker.crashBroker(any())
          else if (what < 0.7) broker.stopBroker(any())
          else for (const id of [1, 2, 3]) if (chance() < 0.6) broker.startBroker(id)
          await world.sleep(chance() * 12_000)
        }
        for (const release of releases) release()
        for (const id of [1, 2, 3]) broker.startBroker(id)
        await Promise.all(writes)
        const texts = await cluster.texts()
        expect(acknowledged.length).toBeGreaterThan(100)
        expect(new Set(texts).size).toBe(texts.length)
        expect(acknowledged.filter(value => !texts.includes(value))).toEqual([])
        expect(texts).toEqual([...texts].sort((a, b) => order(a) - order(b)))
      })
    },
    60_000,
  )
})

function order(value: string): number {
  const [i, n] = value.split('.').map(Number)
  return i! * 10 + n!
}
