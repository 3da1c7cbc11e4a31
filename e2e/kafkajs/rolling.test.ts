import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Consumer, Kafka } from '../../adapters/kafkajs/index.ts'
import { Client } from '../../src/client/client.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Library, libraries, noKafkajs } from '../../test/kafkajs/scenarios/libraries.ts'
import { unless } from '../../test/support/left-out.ts'
import { pause, until } from '../../test/support/waiting.ts'
import { noSharedKafka, sharedKafka } from '../shared.ts'

const forever = AbortSignal.timeout(110_000)
const partitions = 6

/** One of a group: what it read, and in which generation it committed which partition up to where. */
interface Member {
  readonly name: string
  readonly consumer: Consumer
  readonly joined: { assignment: number[] }
}

/** What the members of a group did, all of them together. */
class Group {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly groupId = `rolling-${randomUUID()}`
  readonly values = new Set<string>()
  reads = 0
  /** Who committed in a generation, by generation and partition. */
  readonly committers = new Map<string, Set<string>>()
  readonly members: Member[] = []
  readonly crashes: Error[] = []
  #count = 0

  constructor(brokers: readonly string[], topic: string) {
    this.brokers = brokers
    this.topic = topic
  }

  async join(library: Library, whose: string, config: object = {}): Promise<Member> {
    const { logLevel } = library
    const kafka: Kafka = new library.Kafka({ brokers: [...this.brokers], logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({
      groupId: this.groupId,
      heartbeatInterval: 200,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: 100,
      ...config,
    })
    const name = `${whose} ${++this.#count}`
    const joined = { assignment: [] as number[] }
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      joined.assignment = payload.memberAssignment[this.topic] ?? []
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => void this.crashes.push(payload.error))
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
      for (const each of payload.topics.flatMap(topic => topic.partitions))
        add(this.committers, `generation ${payload.groupGenerationId} partition ${each.partition}`, name)
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [this.topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        this.reads++
        this.values.add(String(message.value))
      },
    })
    const member = { name, consumer, joined }
    this.members.push(member)
    return member
  }

  async leave(member: Member): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1)
    await member.consumer.disconnect()
  }

  /** Until each partition is one member's, and each member has some. */
  async divided(): Promise<void> {
    await until(forever, () => {
      const all = this.members.map(({ joined }) => joined.assignment)
      const ids = all.flat()
      return ids.length === partitions && new Set(ids).size === partitions && all.every(each => each.length > 0)
    })
  }
}

function add(sets: Map<string, Set<string>>, key: string, name: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(name))
}

/** Writes on and on, until it is stopped; what it has written. */
function writing(brokers: readonly string[], topic: string): { written: string[]; stop(): Promise<void> } {
  const writer = new Writer({ addr: brokers, topic })
  const written: string[] = []
  let isOver = false
  const work = (async () => {
    while (!isOver) {
      const messages = Array.from({ length: 30 }, (_, i) => ({ key: String(i), value: `${written.length + i}` }))
      await writer.writeMessages(messages)
      written.push(...messages.map(({ value }) => value))
      await pause(20)
    }
    await writer.close()
  })()
  return {
    written,
    async stop() {
      isOver = true
      await work
    },
  }
}

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
    const group = new Group(kafka.brokers, topic)
    const { written, stop } = writing(kafka.brokers, topic)

    const members = [
      await group.join(theirs, 'kafkajs'),
      await group.join(ours, 'ours'),
      await group.join(theirs, 'kafkajs'),
      await group.join(ours, 'ours'),
    ]
    await group.divided()
    // Each goes and one of the other kind comes: all four are ours in between, then two are kafkajs's again.
    for (const [at, library, whose] of [
      [0, ours, 'ours'],
      [2, ours, 'ours'],
      [1, theirs, 'kafkajs'],
      [3, theirs, 'kafkajs'],
    ] as const) {
      await group.leave(members[at]!)
      members[at] = await group.join(library, whose)
      await group.divided()
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
