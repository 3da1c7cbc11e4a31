import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/index.ts'
import { thrown } from '../support/waiting.ts'
import { type Replicated, replicated } from './replicated.ts'

describe('a replica that is held', () => {
  test('holds the high watermark, and writes with acks all, until it is let go', async () => {
    await replicated({}, async cluster => {
      const { broker, world } = cluster
      await cluster.put('a')
      const release = broker.holdReplica(2)
      await cluster.put('b')
      let answer: object | undefined
      const written = cluster.produce('c', { timeoutMs: 20_000 }).then(each => {
        answer = each
      })
      await world.sleep(5_000)
      expect(answer).toBeUndefined()
      expect(await cluster.end()).toBe(1)
      expect(await cluster.texts()).toEqual(['a'])
      release()
      await written
      expect(answer).toEqual({ errorCode: 0, baseOffset: 2 })
      expect(await cluster.end()).toBe(3)
      expect(await cluster.texts()).toEqual(['a', 'b', 'c'])
      release()
    })
  })

  test('is waited for as long as the request says; the records stay', async () => {
    await replicated({}, async cluster => {
      const release = cluster.broker.holdReplica(3)
      const began = cluster.world.now()
      expect(await cluster.produce('a', { timeoutMs: 700 })).toEqual({
        errorCode: ErrorCode.RequestTimedOut,
        baseOffset: 0,
      })
      expect(cluster.world.now() - began).toBeGreaterThanOrEqual(700)
      release()
      expect(await cluster.texts()).toEqual(['a'])
    })
  })

  test('holds the repeat of a write that is in the log already', async () => {
    await replicated({}, async cluster => {
      const { producer } = await cluster.client.initProducerId({})
      const { producerId, producerEpoch } = producer!
      const stamp = { producerId, producerEpoch, baseSequence: 0 }
      const release = cluster.broker.holdReplica(3)
      for (let i = 0; i < 2; i++)
        expect((await cluster.produce('a', { stamp })).errorCode).toBe(ErrorCode.RequestTimedOut)
      release()
      expect(await cluster.produce('a', { stamp })).toEqual({ errorCode: 0, baseOffset: 0 })
    })
  })

  test('falls out of sync in time, and the others go on; let go it is back', async () => {
    await replicated({}, async cluster => {
      const { broker, world } = cluster
      const release = broker.holdReplica(2)
      const began = world.now()
      expect(await cluster.produce('a', { timeoutMs: 60_000 })).toEqual({ errorCode: 0, baseOffset: 0 })
      expect(world.now() - began).toBeGreaterThanOrEqual(29_000)
      expect(world.now() - began).toBeLessThanOrEqual(31_000)
      expect(await cluster.layout()).toEqual({ leader: 1, isr: [1, 3], offline: [] })
      expect(thrown(() => broker.moveLeader('t', 0, 2))).toMatchObject({ name: 'ConfigError' })
      release()
      expect((await cluster.layout()).isr).toEqual([1, 2, 3])
      broker.moveLeader('t', 0, 2)
      expect(await cluster.texts()).toEqual(['a'])
    })
  })

  test('stays in sync while there is nothing to copy', async () => {
    const configs = { 'replica.lag.time.max.ms': '1000', 'group.min.session.timeout.ms': '1' }
    const play = async (cluster: Replicated): Promise<void> => {
      cluster.broker.holdReplica(2)
      await cluster.world.sleep(10_000)
      expect((await cluster.layout()).isr).toEqual([1, 2, 3])
      const began = cluster.world.now()
      expect((await cluster.produce('a', { timeoutMs: 5_000 })).errorCode).toBe(0)
      expect(cluster.world.now() - began).toBeLessThanOrEqual(600)
      expect((await cluster.layout()).isr).toEqual([1, 3])
    }
    await replicated({}, play, { configs })
  })

  test('is one partition’s, where it is named', async () => {
    const topics = [{ name: 't' }, { name: 'u', partitions: 2 }]
    const play = async ({ broker, client }: Replicated): Promise<void> => {
      broker.moveLeader('u', 1, 2)
      broker.holdReplica(2, { topic: 'u', partition: 1 })
      const write = (topic: string, partition: number) =>
        client.produce({ topic, partition, records: [{ key: 'k', value: 'v' }] })
      expect((await write('t', 0)).error).toBeNull()
      expect((await write('u', 0)).error).toBeNull()
      expect((await write('u', 1)).error).toBeNull()
      broker.moveLeader('u', 1, 1)
      expect((await write('u', 1)).error).toMatchObject({ code: ErrorCode.RequestTimedOut })
      await client.createTopics({ topics: [{ topic: 'later', numPartitions: 1, replicationFactor: 3 }] })
      expect((await write('later', 0)).error).toBeNull()
      broker.holdReplica(3)
      await client.createTopics({ topics: [{ topic: 'last', numPartitions: 1, replicationFactor: 3 }] })
      broker.moveLeader('last', 0, 1)
      expect((await write('last', 0)).error).toMatchObject({ code: ErrorCode.RequestTimedOut })
    }
    await replicated({}, play, { topics })
  })

  test('that leaves too few in sync has writes refused, and those that waited told so', async () => {
    await replicated({ 'min.insync.replicas': '3' }, async cluster => {
      const release = cluster.broker.holdReplica(2)
      expect(await cluster.produce('a', { timeoutMs: 60_000 })).toEqual({
        errorCode: ErrorCode.NotEnoughReplicasAfterAppend,
        baseOffset: 0,
      })
      expect(await cluster.produce('b')).toEqual({ errorCode: ErrorCode.NotEnoughReplicas, baseOffset: -1 })
      await cluster.put('c')
      release()
      expect((await cluster.produce('d')).errorCode).toBe(0)
      expect(await cluster.texts()).toEqual(['a', 'c', 'd'])
    })
  })

  test('is not read beyond: a poll wakes when it is let go, an offset in between is not out of range', async () => {
    await replicated({}, async cluster => {
      const { broker, client, world } = cluster
      const release = broker.holdReplica(2)
      await cluster.put('a', 'b', 'c')
      const between = await client.fetch({ topic: 't', partition: 0, offset: 2, maxWait: 100 })
      expect(between).toMatchObject({ error: null, highWatermark: 0, nextOffset: 2 })
      expect((await client.fetch({ topic: 't', partition: 0, offset: 4 })).error).toMatchObject({
        code: ErrorCode.OffsetOutOfRange,
      })
      const began = world.now()
      const poll = client.fetch({ topic: 't', partition: 0, offset: 0, maxWait: 4_000 })
      await world.sleep(1_000)
      release()
      expect([...(await poll).records].map(message => message.text())).toEqual(['a', 'b', 'c'])
      expect(world.now() - began).toBeLessThan(1_500)
    })
  })
})
