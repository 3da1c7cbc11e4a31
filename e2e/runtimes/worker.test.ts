import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../../src/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { type KafkaCluster, type Listener, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'
import { bundle } from './bundle.ts'
import { runtime } from './packages.ts'
import { startWorker } from './workerd.ts'

const { missing } = runtime('workerd')

describe('a Worker on a real Kafka', unless(noKafka, missing), () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka({ listeners: ['TLS'] })
  })
  afterAll(() => cluster?.stop())

  test.each<Listener>(['PLAINTEXT', 'TLS'])(
    'writes 10,000 messages in one request within six connections: %s',
    async listener => {
      const code = await bundle('e2e/runtimes/entries/produce-worker.ts', 'workerd')
      await using worker = await startWorker(code, { trusted: [cluster.authority!.cert] })
      const topic = `worker-${listener.toLowerCase()}`
      const body = { broker: cluster.nodes[0]!.addressOf(listener), topic, count: 10_000, tls: listener === 'TLS' }
      const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(body) })
      const text = await response.text()
      expect([response.status, text, worker.log()]).toEqual([200, expect.stringContaining('most'), expect.any(String)])
      const { most, left } = JSON.parse(text)
      console.log(`a Worker's 10,000 messages over ${listener}: ${most} connections at a time at most`)
      expect(most).toBeLessThanOrEqual(6)
      expect(left).toBe(0)
      const client = new Client({ addr: cluster.brokers })
      const { topics } = await client.listOffsets({
        topics: { [topic]: [0, 1, 2, 3, 4, 5].map(partition => ({ partition, timestamp: -1 })) },
      })
      expect(topics[topic]!.reduce((sum, { lastOffset }) => sum + lastOffset, 0)).toBe(10_000)
      await client.close()
    },
  )
})
