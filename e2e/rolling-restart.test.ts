import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Hash, Reader, Transport, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

const partitions = 6

/** What came of each partition, whichever member of the group read it. */
class Deliveries {
  readonly #next = new Array<number>(partitions).fill(0)
  readonly gaps: string[] = []
  redelivered = 0

  add(partition: number, offset: number): void {
    const next = this.#next[partition]!
    // At least once: a batch may come again when its commit did not get through. Never may one be left out.
    if (offset < next) this.redelivered++
    else if (offset > next) this.gaps.push(`partition ${partition}: ${offset} came after ${next - 1}`)
    this.#next[partition] = Math.max(next, offset + 1)
  }

  get distinct(): number {
    return this.#next.reduce((sum, next) => sum + next, 0)
  }
}

describe('three nodes, restarted one after another', unless(noKafka), () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka({ nodes: 3 })
  })
  afterAll(() => cluster?.stop())

  test('a group at work gets every message, in order', async () => {
    const topic = 'rolling-restart'
    const transport = new Transport()
    await new Client({ addr: cluster.brokers, transport }).createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }],
    })

    const deliveries = new Deliveries()
    const latest = new Map<string, number>()
    let written = 0
    let writing = true
    const disorder: string[] = []
    const readers = [1, 2].map(
      () => new Reader({ brokers: cluster.brokers, groupId: topic, topic, transport, autoCommit: true }),
    )
    const members = readers.map(async reader => {
      for await (const batch of reader.batches()) {
        for (const message of batch.messages()) {
          deliveries.add(message.partition, message.offset)
          const key = String.fromCharCode(...message.key!)
          const number = Number(message.text())
          const last = latest.get(key) ?? -1
          if (number > last + 1) disorder.push(`${key}: ${number} came after ${last}`)
          latest.set(key, Math.max(last, number))
        }
      }
    })

    const writer = new Writer({ addr: cluster.brokers, topic, transport, balancer: new Hash() })
    const write = async (): Promise<void> => {
      for (let round = 0; writing; round++) {
        await writer.writeMessages(
          Array.from({ length: 100 }, (_, key) => ({ key: `key-${key}`, value: String(round) })),
        )
        written += 100
      }
    }
    const roll = async (): Promise<void> => {
      try {
        for (const node of cluster.nodes) {
          await node.restart()
          await node.waitUntilReady()
        }
      } finally {
        writing = false
      }
    }
    await Promise.race([Promise.all([write(), roll()]), ...members])
    await Promise.race([
      expect.poll(() => deliveries.distinct, { timeout: 120_000 }).toBe(written),
      // One that ends before it is closed has an error to tell.
      ...members,
    ])
    await Promise.all(readers.map(reader => reader.close()))
    await Promise.all(members)
    await writer.close()
    await transport.close()

    expect(deliveries.gaps).toEqual([])
    expect(disorder).toEqual([])
    expect(written).toBeGreaterThan(1000)
  }, 300_000)
})
