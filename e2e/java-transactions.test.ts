import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, IsolationLevel, ProducerFencedError, Reader, Transport, Writer } from '../src/index.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { until } from '../test/support/waiting.ts'
import { full } from './full.ts'
import { consoleConsume, javaTool } from './java.ts'
import { noKafka, sharedKafka } from './shared.ts'

const count = full ? 20_000 : 1_500
const patience = 60_000

describe("transactions beside Java's", unless(noKafka, unlessFull), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  let transport: Transport
  let client: Client
  beforeAll(async () => {
    cluster = await sharedKafka(1)
    transport = new Transport({ logger: null })
    client = new Client({ addr: cluster.brokers, transport })
  })
  afterAll(async () => {
    await transport?.close()
    await cluster?.stop()
  })

  async function createTopic(name: string): Promise<string> {
    const topic = `${name}-${Date.now()}`
    await client.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
    return topic
  }

  const open = (topic: string, transactionalId: string): Writer =>
    new Writer({ addr: cluster.brokers, topic, transport, transactionalId })

  /** What a Reader of ours gets of what is committed, up to the end. */
  async function read(topic: string): Promise<string[]> {
    const reader = new Reader({ brokers: cluster.brokers, topic, transport, isolationLevel: 'read_committed' })
    const texts: string[] = []
    const stop = new AbortController()
    const end = await stableEnd(topic)
    const reading = (async () => {
      for await (const batch of reader.batches({ signal: stop.signal }))
        for (const message of batch.messages()) texts.push(message.text())
    })().catch(error => {
      if (!stop.signal.aborted) throw error
    })
    // Markers, and what was aborted at the end, are passed over and never handed out.
    const isThere = (): boolean => (reader.stats().partitions[0]?.offset ?? -1) >= end
    await Promise.race([until(AbortSignal.timeout(patience), isThere), reading])
    stop.abort()
    await reading
    await reader.close()
    return texts
  }

  /** The end, once no transaction is open before it. */
  async function stableEnd(topic: string): Promise<number> {
    for (;;) {
      const isolationLevel = IsolationLevel.ReadCommitted
      const answer = await client.fetch({ topic, partition: 0, offset: 0, maxWait: 0, isolationLevel })
      if (answer.lastStableOffset === answer.highWatermark) return answer.highWatermark
    }
  }

  async function readByJava(topic: string, most: number): Promise<string[]> {
    const records = await consoleConsume(cluster.brokers[0]!, topic, most, { isolation: 'read_committed' })
    return records.map(({ value }) => value)
  }

  test(
    "Java's copier, of which some transactions are aborted, and ours write to one topic: both read exactly what is committed",
    async () => {
      const [source, target] = [await createTopic('java-source'), await createTopic('java-target')]
      const ours: string[] = []
      const copied: string[] = []
      const filler = open(source, `${source}-id`)
      for (let at = 0, round = 0; at < count; round++) {
        const values = Array.from({ length: 50 }, (_, i) => `java ${at + i}`)
        const transaction = await filler.begin()
        await transaction.writeMessages(values.map(value => ({ value })))
        if (round % 5 === 3) await transaction.abort()
        else {
          await transaction.commit()
          copied.push(...values)
          at += 50
        }
      }
      await filler.close()

      const copying = javaTool('org.apache.kafka.tools.TransactionalMessageCopier', [
        ...['--broker-list', cluster.brokers[0]!, '--input-topic', source, '--input-partition', '0'],
        ...['--output-topic', target, '--max-messages', String(count), '--consumer-group', `${target}-group`],
        ...['--transaction-size', '40', '--transaction-timeout', '30000', '--transactional-id', `${target}-java`],
        ...['--enable-random-aborts', '--use-group-metadata'],
      ])
      let isDone = false
      const finished = copying.finally(() => {
        isDone = true
      })
      finished.catch(() => {})
      const writer = open(target, `${target}-ours`)
      let aborted = 0
      for (let round = 0; !isDone; round++) {
        const transaction = await writer.begin()
        const values = Array.from({ length: 20 }, (_, i) => `ours ${round}.${i}`)
        await transaction.writeMessages(values.map(value => ({ value })))
        if (round % 4 === 2) {
          await transaction.abort()
          aborted++
        } else {
          await transaction.commit()
          ours.push(...values)
        }
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      await finished
      await writer.close()
      expect(aborted).toBeGreaterThan(0)

      const texts = await read(target)
      const byJava = await readByJava(target, ours.length + copied.length)
      expect(byJava).toEqual(texts)
      expect(texts.filter(text => text.startsWith('ours'))).toEqual(ours)
      expect(texts.filter(text => text.startsWith('java'))).toEqual(copied)
      // They were at work at the same time.
      const first = texts.findIndex(text => text.startsWith('java'))
      const last = texts.findLastIndex(text => text.startsWith('java'))
      expect(texts.slice(first, last).some(text => text.startsWith('ours'))).toBe(true)
    },
    patience,
  )

  test(
    'a writer of ours is over once Java begins with its id, and nothing of its transaction is read',
    async () => {
      const topic = await createTopic('java-fences')
      const id = `${topic}-id`
      const writer = open(topic, id)
      await writer.transaction(tx => tx.writeMessages({ value: 'before' }))
      const zombie = await writer.begin()
      await zombie.writeMessages({ value: 'of the zombie' })
      await perf(topic, id, ['--num-records', '100', '--throughput', '-1', '--transaction-duration-ms', '20'])
      await zombie.writeMessages({ value: 'more of the zombie' }).catch(() => {})
      await expect(zombie.commit()).rejects.toBeInstanceOf(ProducerFencedError)
      await expect(writer.begin()).rejects.toBeInstanceOf(ProducerFencedError)
      await writer.close()
      const expected = ['before', ...Array.from({ length: 100 }, (_, i) => `${i}`)]
      expect(await read(topic)).toEqual(expected)
      expect(await readByJava(topic, expected.length)).toEqual(expected)
    },
    patience,
  )

  test(
    "Java's producer is over once we begin with its id, and nothing of its transaction is read",
    async () => {
      const topic = await createTopic('java-fenced')
      const id = `${topic}-id`
      // In one transaction to its end, unless it is fenced.
      const slow = ['--num-records', '600', '--throughput', '100', '--transaction-duration-ms', '60000']
      const java = perf(topic, id, slow).then(
        () => undefined,
        error => error as Error,
      )
      const signal = AbortSignal.timeout(patience / 2)
      await until(signal, async () => {
        const answer = await client.fetch({ topic, partition: 0, offset: 0, maxWait: 100 })
        return answer.highWatermark > 10
      })
      const writer = open(topic, id)
      await writer.transaction(tx => tx.writeMessages([{ value: 'a' }, { value: 'b' }]))
      const error = await java
      expect(error?.message).toMatch(
        /ProducerFenced|InvalidProducerEpoch|newer producer|invalid producer epoch|InvalidTxnState/i,
      )
      await writer.transaction(tx => tx.writeMessages({ value: 'c' }))
      await writer.close()
      expect(await read(topic)).toEqual(['a', 'b', 'c'])
      expect(await readByJava(topic, 3)).toEqual(['a', 'b', 'c'])
    },
    patience,
  )

  /** Java's transactional producer: `0`, `1` … */
  function perf(topic: string, transactionalId: string, args: readonly string[]): Promise<string> {
    return javaTool('org.apache.kafka.tools.ProducerPerformance', [
      ...['--bootstrap-server', cluster.brokers[0]!, '--topic', topic, '--payload-monotonic'],
      ...['--transactional-id', transactionalId, ...args],
    ])
  }
})
