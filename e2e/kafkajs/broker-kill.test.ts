import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as ours from '../../adapters/kafkajs/index.ts'
import { Client } from '../../src/client/client.ts'
import { unless } from '../../test/support/left-out.ts'
import { until } from '../../test/support/waiting.ts'
import { type KafkaCluster, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'
import { Group, writing } from './members.ts'

const forever = AbortSignal.timeout(170_000)
const partitions = 6

describe('consumers of a cluster of three', unless(noKafka), () => {
  let kafka: KafkaCluster
  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3 })
  })
  afterAll(async () => {
    await kafka?.stop()
  })

  test('lose nothing and do not crash where each broker in turn is killed and started again', async () => {
    const topic = `killed-${randomUUID()}`
    await using client = new Client({ addr: kafka.brokers })
    await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }] })
    const group = new Group(kafka.brokers, topic, partitions)
    const { written, stop } = writing(kafka.brokers, topic)
    await group.join(ours, 'ours')
    await group.join(ours, 'ours')
    await group.divided(forever)
    for (const node of kafka.nodes) {
      const before = written.length
      await node.kill()
      await until(forever, () => written.length > before + 300)
      await node.restart()
    }
    await stop()
    await until(forever, () => written.every(value => group.values.has(value)))
    for (const member of [...group.members]) await group.leave(member)
    const shared = [...group.committers].filter(([, names]) => names.size > 1)
    expect({ shared, crashes: group.crashes }).toEqual({ shared: [], crashes: [] })
  }, 180_000)
})
