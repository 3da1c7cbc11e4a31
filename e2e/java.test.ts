import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Compression, Reader, Writer } from '../src/index.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { consoleConsume, consoleProduce } from './java.ts'
import { noKafka, sharedKafka } from './shared.ts'

describe.skipIf(noKafka)("with Java's console tools", () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(1)
  })
  afterAll(() => cluster?.stop())

  test.each([
    ['plain', Compression.None],
    ['gzip', Compression.Gzip],
  ])('Java reads what we write: headers, nulls, timestamps (%s)', async (name, compression) => {
    const topic = `to-java-${name}-${Date.now()}`
    const writer = new Writer({ addr: cluster.brokers, topic, compression, allowAutoTopicCreation: true, balancer: () => 0 })
    const time = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
    await writer.writeMessages([
      { key: 'k1', value: 'v1', timestamp: time },
      { key: null, value: 'no key', timestamp: time + 1 },
      { key: 'no value', value: null, time: new Date(time + 2) },
      { key: '', value: '', timestamp: time + 3 },
      {
        key: 'ключ',
        value: '值 🎈',
        timestamp: time - 1000,
        headers: [
          { key: 'a', value: '1' },
          { key: 'a', value: '' },
          { key: 'b', value: null },
        ],
      },
    ])
    await writer.close()
    const records = await consoleConsume(cluster.brokers[0]!, topic, 5)
    expect(records.map(({ timestamp, offset, headers, key, value }) => [offset, timestamp - time, headers, key, value])).toEqual([
      [0, 0, 'NO_HEADERS', 'k1', 'v1'],
      [1, 1, 'NO_HEADERS', 'NULL', 'no key'],
      [2, 2, 'NO_HEADERS', 'no value', 'NULL'],
      [3, 3, 'NO_HEADERS', '', ''],
      [4, -1000, 'a:1,a:,b:NULL', 'ключ', '值 🎈'],
    ])
  })

  test('we read what Java writes: headers, nulls, timestamps, gzip', async () => {
    const topic = `from-java-${Date.now()}`
    const before = Date.now()
    await consoleProduce(cluster.brokers[0]!, topic, ['h1:v1,h2:\tk\tv1', 'NULL\tk\tNULL', 'NULL\tk\t', 'ü:ñ\tk\tпривет'])
    const after = Date.now()
    const partition = (await consoleConsume(cluster.brokers[0]!, topic, 4))[0]!.partition
    const reader = new Reader({ brokers: cluster.brokers, topic, partition })
    const read: unknown[] = []
    for await (const message of reader) {
      expect(message.timestamp).toBeGreaterThanOrEqual(before)
      expect(message.timestamp).toBeLessThanOrEqual(after)
      const headers = message.headers.map(({ key, value }) => `${key}=${value === null ? null : Buffer.from(value).toString()}`)
      read.push([message.offset, headers, Buffer.from(message.key!).toString(), message.value === null ? null : message.text()])
      if (read.length === 4) break
    }
    await reader.close()
    expect(read).toEqual([
      [0, ['h1=v1', 'h2='], 'k', 'v1'],
      [1, [], 'k', null],
      [2, [], 'k', ''],
      [3, ['ü=ñ'], 'k', 'привет'],
    ])
  })
})
