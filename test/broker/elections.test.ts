import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/index.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { replicated } from './replicated.ts'

describe('a leader that', () => {
  test('crashes loses what the next has not copied, never what acks all had acknowledged', async () => {
    await replicated({}, async cluster => {
      const { broker } = cluster
      expect((await cluster.produce('a')).errorCode).toBe(0)
      const release = broker.holdReplica(2)
      await cluster.put('b')
      const lost = cluster.produce('c', { timeoutMs: 5_000 }).catch(() => ({ errorCode: -1 }))
      await cluster.world.sleep(100)
      broker.crashBroker(1)
      expect((await lost).errorCode).not.toBe(0)
      expect(await cluster.layout()).toEqual({ leader: 2, isr: [2, 3], offline: [1] })
      expect(await cluster.texts()).toEqual(['a'])
      expect(await cluster.produce('d')).toEqual({ errorCode: 0, baseOffset: 1 })
      broker.startBroker(1)
      expect(await cluster.layout()).toEqual({ leader: 2, isr: [1, 2, 3], offline: [] })
      expect(await cluster.texts()).toEqual(['a', 'd'])
      release()
    })
  })

  test('stops hands over to one that has all; to one that is held what that has, when there is no other', async () => {
    // The one held must not fall out of sync while the client still asks for the end: 30 s as well, give or take.
    const patient = { configs: { 'replica.lag.time.max.ms': '600000' } }
    await replicated(
      {},
      async cluster => {
        const { broker } = cluster
        broker.holdReplica(2)
        await cluster.put('a')
        broker.stopBroker(1)
        expect(await cluster.layout()).toEqual({ leader: 3, isr: [2, 3], offline: [1] })
        await expect(cluster.end()).rejects.toMatchObject({ code: ErrorCode.OffsetNotAvailable })
        await cluster.put('b')
        broker.stopBroker(3)
        expect(await cluster.layout()).toEqual({ leader: 2, isr: [2], offline: [1, 3] })
        expect(await cluster.texts()).toEqual([])
      },
      patient,
    )
  })

  test('is moved to one that is held keeps what that has', async () => {
    await replicated({}, async cluster => {
      await cluster.put('a')
      cluster.broker.holdReplica(3)
      await cluster.put('b')
      cluster.broker.moveLeader('t', 0, 3)
      expect(await cluster.texts()).toEqual(['a'])
      expect((await cluster.produce('c')).baseOffset).toBe(1)
      expect(await cluster.layout()).toEqual({ leader: 3, isr: [1, 2, 3], offline: [] })
    })
  })

  test('was the last in sync is waited for, and has all it had', async () => {
    await replicated({}, async cluster => {
      const { broker, world } = cluster
      broker.crashBroker(2)
      broker.crashBroker(3)
      expect((await cluster.produce('a')).errorCode).toBe(0)
      broker.crashBroker(1)
      broker.startBroker(2)
      broker.startBroker(3)
      await world.sleep(60_000)
      expect(await cluster.layout()).toEqual({ leader: -1, isr: [1], offline: [1] })
      broker.startBroker(1)
      expect(await cluster.layout()).toEqual({ leader: 1, isr: [1, 2, 3], offline: [] })
      expect(await cluster.texts()).toEqual(['a'])
    })
  })

  test('of brokers all stopped in good order is the first that is back, with all there was', async () => {
    await replicated({}, async cluster => {
      const { broker } = cluster
      broker.stopBroker(1)
      await cluster.put('a')
      for (const id of [2, 3]) broker.stopBroker(id)
      broker.startBroker(1)
      expect(await cluster.texts()).toEqual(['a'])
    })
  })

  test('is chosen although it is not in sync, where the topic has it, loses what was acknowledged', async () => {
    await replicated({}, async cluster => {
      const { broker, transport, world } = cluster
      expect((await cluster.produce('a')).errorCode).toBe(0)
      broker.crashBroker(2)
      broker.crashBroker(3)
      expect((await cluster.produce('b')).errorCode).toBe(0)
      broker.crashBroker(1)
      broker.startBroker(3)
      expect((await cluster.layout()).leader).toBe(-1)
      const configs = [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }]
      const resources = [{ resourceType: 2, resourceName: 't', configs }]
      const { responses } = await transport.roundTrip(world.brokers, IncrementalAlterConfigs, {
        resources,
        validateOnly: false,
      })
      expect(responses[0]!.errorCode).toBe(0)
      expect(await cluster.layout()).toEqual({ leader: 3, isr: [3], offline: [1, 2] })
      expect((await cluster.produce('c')).baseOffset).toBe(1)
      for (const id of [1, 2]) broker.startBroker(id)
      expect(await cluster.texts()).toEqual(['a', 'c'])
    })
  })

  test('has lost what a Reader had read is told of, and the Reader goes on from there', async () => {
    await replicated({ 'unclean.leader.election.enable': 'true' }, async cluster => {
      const { broker } = cluster
      const reader = cluster.reader()
      const read = async () => (await reader.readMessage()).text()
      expect((await cluster.produce('a')).errorCode).toBe(0)
      for (const id of [2, 3]) broker.crashBroker(id)
      for (const value of ['b', 'c']) expect((await cluster.produce(value)).errorCode).toBe(0)
      for (const value of ['a', 'b', 'c']) expect(await read()).toBe(value)
      broker.crashBroker(1)
      broker.startBroker(2)
      await expect(read()).rejects.toThrow('parts from that at 1')
      await cluster.put('d')
      expect(await read()).toBe('d')
    })
  })
})
