import { expect, test } from 'vitest'
import { Client, Transport } from '../../src/index.ts'
import { churn } from '../../test/support/churn.ts'
import { leaderless } from '../../test/support/leaderless.ts'
import { assignments, seeks } from '../../test/support/seeks.ts'
import { full } from '../full.ts'
import type { KafkaCluster } from '../kafka/index.ts'
import { realWorld } from './real-world.ts'
import { Scene } from './scene.ts'

const partitions = 6

/**
 * What readers promise whatever becomes of their group and of partitions; in virtual time these are played in `test`,
 * too.
 */
export function readersPromises(kafka: () => KafkaCluster): void {
  test('a group of four that began at the end loses nothing while members and partitions come and go', async () => {
    const topic = 'latest-churn'
    await using scene = await Scene.open(kafka(), topic, partitions)
    const result = await churn(realWorld(scene.cluster), { topic, durationMs: full ? 120_000 : 15_000, seed: 1 })
    console.log(`${topic}: ${JSON.stringify(result)}`)
    expect(result, JSON.stringify(result)).toMatchObject({
      lost: [],
      old: [],
      errors: [],
      acknowledged: result.attempted,
    })
    expect(result.generations, 'the group was divided anew').toBeGreaterThan(10)
    expect(result.crashes, 'members crashed').toBeGreaterThan(4)
  }, 300_000)

  test('a thousand seeks in the middle of long polls take one fetch connection, and none waits for a poll to end', async () => {
    await using scene = await Scene.open(kafka(), 'thousand-seeks', 1)
    const result = await seeks(realWorld(scene.cluster), scene.topic, full ? 1_000 : 100)
    console.log(`${scene.topic}: ${JSON.stringify(result)}`)
    expect(result.wrong).toEqual([])
    expect(Object.values(result.fetchConnections), JSON.stringify(result)).toEqual([1])
    // A long poll is 10 s; the machine may be busy.
    expect(result.slowest, 'the slowest message that was sought, ms').toBeLessThan(5_000)
  }, 300_000)

  test('a hundred assignments in the middle of long polls take one fetch connection per broker', async () => {
    await using scene = await Scene.open(kafka(), 'hundred-assignments', partitions)
    const result = await assignments(realWorld(scene.cluster), scene.topic, partitions, full ? 100 : 10)
    console.log(`${scene.topic}: ${JSON.stringify(result)}`)
    expect(result).toMatchObject({ lost: [], errors: [] })
    expect(Object.values(result.fetchConnections), JSON.stringify(result)).toEqual([1, 1, 1])
  }, 300_000)

  test('one partition of six loses its leader: the others never pause for a second, and it goes on afterwards', async () => {
    const topic = 'leaderless'
    const [first, second, away] = kafka().nodes as [
      KafkaCluster['nodes'][0],
      KafkaCluster['nodes'][0],
      KafkaCluster['nodes'][0],
    ]
    const transport = new Transport()
    const client = new Client({ addr: kafka().brokers, transport })
    const replicas = [first, second, first, second, first, away].map((node, partition) => ({
      partition,
      replicas: [node.id],
    }))
    const { errors } = await client.createTopics({ topics: [{ topic, replicaAssignments: replicas }] })
    expect(errors[topic]).toBe(null)
    // Of the node that goes, the groups need nothing.
    const groups = new Map<string, string>()
    const ways = ['for await', 'for await, automatic', 'batches()', 'readMessage()']
    for (let number = 0; groups.size < ways.length; number++) {
      const { coordinator } = await client.findCoordinator({ key: `${topic}-${number}` })
      if (coordinator!.nodeId !== away.id) groups.set(ways[groups.size]!, `${topic}-${number}`)
    }
    await transport.close()
    const result = await leaderless(
      realWorld(kafka()),
      {
        topic,
        sick: 5,
        partitions,
        durationMs: full ? 60_000 : 10_000,
        stop: () => away.kill('SIGTERM'),
        async start() {
          await away.restart()
          await away.waitUntilReady()
        },
      },
      way => groups.get(way)!,
    )
    console.log(`${topic}: ${JSON.stringify(result)}`)
    expect(result, JSON.stringify(result)).toMatchObject({ lost: [], doubled: [], errors: [] })
    for (const [way, pause] of Object.entries(result.pauses)) {
      // As much more as brokers on a busy machine take for a write, and for the commit that this loop waits for itself.
      const most = 1_000 + result.slowestWrite + (way === 'for await' ? result.slowestCommit : 0)
      expect(pause, `the longest pause of ${way}, ms`).toBeLessThan(most)
    }
    expect(result.writtenToSick).toBeGreaterThan(30)
  }, 300_000)
}
