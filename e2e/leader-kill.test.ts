import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Reader, Transport, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { versions } from './full.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

const writes = 200_000
const partitions = 3
const callSize = 500

describe.each(versions)('three nodes of Kafka %s, one killed', unless(noKafka), version => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka({ version, nodes: 3 })
  })
  afterAll(() => cluster?.stop())

  test(`${writes} idempotent writes while a leader is killed and restarted: nothing lost, duplicated or reordered`, async () => {
    const topic = 'leader-kill'
    const transport = new Transport()
    const client = new Client({ addr: cluster.brokers, transport })
    await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }] })
    const leaderOf = async (partition: number): Promise<number> => {
      const { topics } = await client.metadata({ topics: [topic] })
      return topics[0]?.partitions.find(({ id }) => id === partition)?.leader.id ?? -1
    }

    const writer = new Writer({
      addr: cluster.brokers,
      topic,
      transport,
      balancer: message => Number(message.value) % partitions,
    })
    let next = 0
    /** Writes on up to this number, with many calls under way. */
    const writeUpTo = async (end: number): Promise<void> => {
      const calls: Promise<void>[] = []
      while (next < end) {
        calls.push(writer.writeMessages(Array.from({ length: callSize }, () => ({ value: String(next++) }))))
        if (calls.length >= 50) await calls.shift()
      }
      await Promise.all(calls)
    }

    await writeUpTo(writes / 4)
    const first = await leaderOf(0)
    const victim = cluster.nodes.find(node => node.id === first)!
    const underFire = writeUpTo(writes / 2)
    await victim.kill('SIGKILL')
    await underFire
    expect(await leaderOf(0)).not.toBe(first)
    expect(writer.stats().retries, 'the kill hit no write').toBeGreaterThan(0)
    await victim.restart()
    await Promise.all([writeUpTo((3 * writes) / 4), victim.waitUntilReady()])
    await writeUpTo(writes)
    await writer.close()

    for (let partition = 0; partition < partitions; partition++) {
      const expected = Array.from(
        { length: Math.ceil((writes - partition) / partitions) },
        (_, index) => index * partitions + partition,
      )
      const reader = new Reader({ brokers: cluster.brokers, topic, partition, transport })
      const values: number[] = []
      let end = Number.POSITIVE_INFINITY
      for await (const batch of reader.batches()) {
        for (const message of batch.messages()) values.push(Number(message.text()))
        end = batch.highWaterMark
        if (batch.lastOffset + 1 >= end) break
      }
      await reader.close()
      expect(values.length).toBe(expected.length)
      // Not toEqual: 67,000 numbers are compared quicker, and told better, one by one.
      expect(values.findIndex((value, index) => value !== expected[index])).toBe(-1)
      expect(end).toBe(expected.length)
    }
    await transport.close()
  }, 180_000)
})
