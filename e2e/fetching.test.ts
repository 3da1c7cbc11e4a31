import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapter, natives } from '../adapters/node/index.ts'
import { Client, LogTruncationError, Reader, Transport, Writer } from '../src/index.ts'
import type { Message } from '../src/records/message.ts'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { versions } from './full.ts'
import { type KafkaCluster, type KafkaNode, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

const config = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }

describe.each(versions)('three nodes of Kafka %s', unless(noKafka, unlessFull), version => {
  let cluster: KafkaCluster
  let client: Client
  let transport: Transport
  /** Fetches so far, by the broker that answered. */
  const fetches = new Map<string, number>()
  beforeAll(async () => {
    cluster = await startKafka({ version, nodes: 3, config })
    transport = new Transport({
      adapter,
      natives,
      onEvent(event) {
        if (event.type === 'fetch') fetches.set(event.broker, (fetches.get(event.broker) ?? 0) + 1)
      },
    })
    client = new Client({ addr: cluster.brokers, transport })
  })
  afterAll(async () => {
    await transport?.close()
    await cluster?.stop()
  })

  const nodeOf = (id: number): KafkaNode => cluster.nodes.find(node => node.id === id)!

  async function partition(topic: string): Promise<{ leader: number; replicas: number[]; isr: number[] }> {
    const { topics } = await client.metadata({ topics: [topic] })
    const [told] = topics[0]?.partitions ?? []
    return {
      leader: told?.leader.id ?? -1,
      replicas: (told?.replicas ?? []).map(({ id }) => id),
      isr: (told?.isr ?? []).map(({ id }) => id),
    }
  }

  async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    const end = Date.now() + 60_000
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`not within a minute: ${what}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  async function make(topic: string, configs: Record<string, string>, replicationFactor: number): Promise<void> {
    const configEntries = Object.entries(configs).map(([configName, configValue]) => ({ configName, configValue }))
    const { errors } = await client.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor, configEntries }],
    })
    expect(errors[topic]).toBe(null)
  }

  /** All replicas in sync have it then. */
  async function write(topic: string, ...values: string[]): Promise<void> {
    const writer = new Writer({ addr: cluster.brokers, topic, transport })
    for (const value of values) await writer.writeMessages([{ value }])
    await writer.close()
  }

  async function take(reader: Reader, count: number): Promise<string[]> {
    const texts: string[] = []
    while (texts.length < count) texts.push((await reader.fetchMessage({ signal: AbortSignal.timeout(60_000) })).text())
    return texts
  }

  test('a reader in the rack of a follower is served by that, and goes on when it is killed', async () => {
    const topic = 'nearer'
    await make(topic, { 'min.insync.replicas': '1' }, 3)
    await write(topic, 'a', 'b')
    const { leader } = await partition(topic)
    const { brokers } = await client.metadata({ topics: [topic] })
    const near = brokers.find(({ id }) => id !== leader)!
    expect(near.rack).not.toBe('')
    const reader = new Reader({ brokers: cluster.brokers, topic, partition: 0, rack: near.rack, transport })
    expect(await take(reader, 2)).toEqual(['a', 'b'])
    fetches.clear()
    for (const value of ['c', 'd', 'e']) {
      await write(topic, value)
      expect(await take(reader, 1)).toEqual([value])
    }
    expect([...fetches.keys()]).toEqual([String(near.id)])
    await nodeOf(near.id).kill('SIGKILL')
    for (const value of ['f', 'g', 'h']) {
      await write(topic, value)
      const began = Date.now()
      expect(await take(reader, 1)).toEqual([value])
      expect(Date.now() - began).toBeLessThan(5_000)
    }
    await reader.close()
    await nodeOf(near.id).restart()
    await nodeOf(near.id).waitUntilReady()
  }, 240_000)

  test('what an unclean election loses is told, and what is there in its place is read', async () => {
    const topic = 'unclean'
    await make(topic, { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' }, 2)
    await write(topic, 'a', 'b')
    const { leader, replicas } = await partition(topic)
    const heir = replicas.find(id => id !== leader)!
    await nodeOf(heir).kill('SIGKILL')
    await until('the follower is out of sync', async () => (await partition(topic)).isr.length === 1)
    await write(topic, 'c', 'd')
    const reader = new Reader({ brokers: cluster.brokers, topic, partition: 0, transport })
    const paused = new Reader({ brokers: cluster.brokers, topic, partition: 0, transport })
    expect(await take(reader, 4)).toEqual(['a', 'b', 'c', 'd'])
    expect(await take(paused, 4)).toEqual(['a', 'b', 'c', 'd'])
    paused.pause()
    await nodeOf(leader).kill('SIGKILL')
    await nodeOf(heir).restart()
    await nodeOf(heir).waitUntilReady()
    await until('the one that lacks messages leads', async () => (await partition(topic)).leader === heir)
    await write(topic, 'x', 'y', 'z')
    paused.resume()
    for (const each of [reader, paused]) {
      const error = await each.fetchMessage({ signal: AbortSignal.timeout(60_000) }).then(
        (message: Message) => expect.fail(`read ${message.text()} at ${message.offset}`),
        (error: unknown) => error,
      )
      expect(error).toBeInstanceOf(LogTruncationError)
      const { partition, offset, divergentOffset } = error as LogTruncationError
      expect({ partition, offset, divergentOffset }).toEqual({ partition: 0, offset: 4, divergentOffset: 2 })
      expect(await take(each, 3)).toEqual(['x', 'y', 'z'])
      await each.close()
    }
    await nodeOf(leader).restart()
    await nodeOf(leader).waitUntilReady()
  }, 240_000)
})
