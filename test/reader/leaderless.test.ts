import { expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { Transport } from '../../src/transport/transport.ts'
import { leaderless } from '../support/leaderless.ts'
import { inVirtualTime } from '../support/world.ts'

test('one partition of six without a leader for a minute: the others never pause for a second, and it goes on afterwards', async () => {
  const result = await inVirtualTime({}, async (world, broker) => {
    const transport = new Transport({ ...world.transport, adapter: world.adapter })
    const client = new Client({ addr: world.brokers, transport })
    const replicaAssignments = [1, 2, 1, 2, 1, 3].map((replica, partition) => ({ partition, replicas: [replica] }))
    const { errors } = await client.createTopics({ topics: [{ topic: 't', replicaAssignments }] })
    expect(errors['t']).toBe(null)
    await transport.close()
    const stop = async (): Promise<void> => broker.stopBroker(3)
    const start = async (): Promise<void> => broker.startBroker(3)
    const options = { topic: 't', sick: 5, partitions: 6, durationMs: 60_000, stop, start }
    return leaderless(world, options, way => {
      broker.moveCoordinator('group', way, 1)
      return way
    })
  })
  expect(result, JSON.stringify(result)).toMatchObject({ lost: [], doubled: [], errors: [] })
  for (const [way, pause] of Object.entries(result.pauses))
    expect(pause, `the longest pause of ${way}`).toBeLessThan(1_000)
  expect(result.slowestWrite, 'the slowest write to the others').toBeLessThan(1_000)
  expect(result.writtenToSick).toBeGreaterThan(300)
}, 120_000)
