import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { libraries, noKafkajs } from '../../test/kafkajs/scenarios/libraries.ts'
import { unless } from '../../test/support/left-out.ts'
import { until } from '../../test/support/waiting.ts'
import { noSharedKafka, sharedKafka } from '../shared.ts'
import { Group, writing } from './members.ts'

const forever = AbortSignal.timeout(110_000)
const partitions = 6

describe('a group of kafkajs and ours', unless(noKafkajs ?? noSharedKafka(1)), () => {
  let kafka: Awaited<ReturnType<typeof sharedKafka>>
  beforeAll(async () => {
    kafka = await sharedKafka(1)
  })
  afterAll(async () => {
    await kafka?.stop()
  })

  test('rolls over from one to the other and back, and nothing is lost nor read by two in a generation', async () => {
    const { theirs, ours } = libraries()
    const topic = `rolling-${randomUUID()}`
    await using client = new Client({ addr: kafka.brokers })
    await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
    const group = new Group(kafka.brokers, topic, partitions)
    const { written, stop } = writing(kafka.brokers, topic)

    const members = [
      await group.join(theirs, 'kafkajs'),
      await group.join(ours, 'ours'),
      await group.join(theirs, 'kafkajs'),
      await group.join(ours, 'ours'),
    ]
    await group.divided(forever)
    // Each goes and one of the other kind comes: all four are ours in between, then two are kafkajs's again.
    for (const [at, library, whose] of [
      [0, ours, 'ours'],
      [2, ours, 'ours'],
      [1, theirs, 'kafkajs'],
      [3, theirs, 'kafkajs'],
    ] as const) {
      await group.leave(members[at]!)
      members[at] = await group.join(library, whose)
      await group.divided(forever)
    }
    await stop()
    await until(forever, () => group.values.size === written.length)
    for (const member of [...group.members]) await group.leave(member)

    const lost = written.filter(value => !group.values.has(value))
    const shared = [...group.committers].filter(([, names]) => names.size > 1)
    expect({ lost, shared, crashes: group.crashes }).toEqual({ lost: [], shared: [], crashes: [] })
    // What was in hand when the group was divided anew may be read again.
    expect(group.reads).toBeLessThan(1.2 * written.length)
  })
})
