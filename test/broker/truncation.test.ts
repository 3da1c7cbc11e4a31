import { describe, expect, test } from 'vitest'
import { ErrorCode, RequiredAcks } from '../../src/index.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/offset-for-leader-epoch.ts'
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

  test('has transactions open again that it lost the end of, and their coordinator ends them anew', async () => {
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

  test('has forgotten the aborted transactions it lost', async () => {
    await replicated({ 'unclean.leader.election.enable': 'true' }, async cluster => {
      const { broker } = cluster
      const me = await identity(cluster, 'x')
      for (const id of [2, 3]) broker.crashBroker(id)
      expect(await put(cluster, me, 0, 'a')).toBe(0)
      const next = await end(cluster, me, false)
      broker.crashBroker(1)
      broker.startBroker(2)
      expect(await put(cluster, next, 0, 'b')).toBe(0)
      await end(cluster, next, true)
      expect(await cluster.texts('read_committed')).toEqual(['b'])
    })
  })

  test('is cut off for replicas that had more of it, too', async () => {
    await replicated({}, async cluster => {
      const { broker } = cluster
      await cluster.put('a')
      broker.holdReplica(2)
      await cluster.put('b')
      broker.holdReplica(3)
      broker.crashBroker(1)
      await cluster.put('c', 'd')
      broker.moveLeader('t', 0, 3)
      expect(await cluster.texts()).toEqual(['a'])
    })
  })

  test('leaves the bytes of answers as they are', async () => {
    await replicated({ 'unclean.leader.election.enable': 'true' }, async cluster => {
      const { broker } = cluster
      await cluster.put('a')
      for (const id of [2, 3]) broker.crashBroker(id)
      await cluster.put('b')
      let records: Uint8Array | null = null
      broker.control(Fetch, async (_request, context) => {
        const answer = await context.apply()
        records ??= answer!.responses[0]?.partitions[0]?.records ?? null
        return answer
      })
      expect(await cluster.texts()).toEqual(['a', 'b'])
      const before = new Uint8Array(records!)
      broker.crashBroker(1)
      broker.startBroker(2)
      await cluster.put('c')
      expect(await cluster.texts()).toEqual(['a', 'c'])
      expect(records).toEqual(before)
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
