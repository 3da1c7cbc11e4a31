import { expect, test } from 'vitest'
import { ErrorCode } from '../../src/index.ts'
import { open } from './open.ts'

test('a broker that was stopped is told of as fenced until it is forgotten, and again once it was started', async () => {
  const { broker, client } = open({ brokers: 3 })
  const told = async (): Promise<[number, boolean][]> =>
    (await client.describeCluster({ includeFencedBrokers: true })).brokers.map(({ id, fenced }) => [id, fenced])
  broker.stopBroker(3)
  expect(await told()).toEqual([
    [1, false],
    [2, false],
    [3, true],
  ])
  expect((await client.unregisterBroker({ brokerId: 3 })).error).toBeNull()
  expect(await told()).toEqual([
    [1, false],
    [2, false],
  ])
  const again = await client.unregisterBroker({ brokerId: 3 })
  expect(again.error).toMatchObject({ code: ErrorCode.BrokerIDNotRegistered })
  const assigned = [{ partition: 0, replicas: [3] }]
  const { errors } = await client.createTopics({ topics: [{ topic: 't', replicaAssignments: assigned }] })
  expect(errors['t']).toMatchObject({ code: ErrorCode.InvalidReplicaAssignment })
  broker.startBroker(3)
  expect(await told()).toHaveLength(3)
})

test('a broker that is forgotten while it runs leads nothing any more', async () => {
  const { broker, client } = open({ brokers: 2, topics: [{ name: 't', partitions: 2, replicationFactor: 2 }] })
  expect((await client.unregisterBroker({ brokerId: 2 })).error).toBeNull()
  expect(broker.isRunning(2)).toBe(false)
  const { brokers, topics } = await client.metadata({ topics: ['t'] })
  expect(brokers.map(({ id }) => id)).toEqual([1])
  expect(topics[0]!.partitions.map(({ leader }) => leader.id)).toEqual([1, 1])
})
