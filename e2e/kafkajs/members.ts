import { randomUUID } from 'node:crypto'
import type { Consumer, Kafka } from '../../adapters/kafkajs/index.ts'
import { Writer } from '../../src/writer/writer.ts'
import type { Library } from '../../test/kafkajs/scenarios/libraries.ts'
import { pause, until } from '../../test/support/waiting.ts'

/** One of a group: what it read, and in which generation it committed which partition up to where. */
export interface Member {
  readonly name: string
  readonly consumer: Consumer
  readonly joined: { assignment: number[] }
}

/** What the members of a group did, all of them together. */
export class Group {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly groupId = `rolling-${randomUUID()}`
  readonly values = new Set<string>()
  reads = 0
  /** Who committed in a generation, by generation and partition. */
  readonly committers = new Map<string, Set<string>>()
  readonly members: Member[] = []
  /** Of ours: kafkajs crashes, and starts again, where a coordinator is just starting. */
  readonly crashes: Error[] = []
  #count = 0

  constructor(brokers: readonly string[], topic: string, partitions: number) {
    this.brokers = brokers
    this.topic = topic
    this.partitions = partitions
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
    if (whose === 'ours') consumer.on(consumer.events.CRASH, ({ payload }) => void this.crashes.push(payload.error))
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
  async divided(signal: AbortSignal): Promise<void> {
    const { partitions } = this
    await until(signal, () => {
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
export function writing(brokers: readonly string[], topic: string): { written: string[]; stop(): Promise<void> } {
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
