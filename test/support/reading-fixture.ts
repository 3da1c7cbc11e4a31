import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { Client } from '../../src/client/client.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { FirstOffset, IsolationLevel, LastOffset } from '../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'
import type { Capability, Contract, TestContext } from '../contract/harness.ts'
import { pause } from './waiting.ts'

/**
 * What most cases that read need: a topic of their own, something to fill it with, readers that are closed afterwards.
 */
export class ReadingFixture {
  readonly topic: string
  readonly groupId: string
  readonly transport: Transport
  readonly client: Client
  private readonly brokers: readonly string[]
  private readonly toClose: { close(): Promise<void> }[] = []

  private constructor({ cluster, adapter, natives }: Contract, t: TestContext) {
    this.topic = t.unique('reading')
    this.groupId = t.unique('group')
    this.brokers = cluster.brokers
    this.transport = new Transport({ adapter, natives })
    this.client = new Client({ addr: cluster.brokers, transport: this.transport })
  }

  /** Runs a case with a topic of so many partitions. */
  static async with(
    contract: Contract,
    t: TestContext,
    { partitions = 1, configs = {} }: { partitions?: number; configs?: Record<string, string> },
    body: (fixture: ReadingFixture) => Promise<void>,
  ): Promise<void> {
    const fixture = new ReadingFixture(contract, t)
    try {
      await fixture.createTopic(fixture.topic, partitions, configs)
      await body(fixture)
    } finally {
      await Promise.allSettled(fixture.toClose.map(each => each.close()))
      await fixture.transport.close()
    }
  }

  async createTopic(topic: string, numPartitions: number, configs: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(configs).map(([configName, configValue]) => ({ configName, configValue }))
    const { errors } = await this.client.createTopics({ topics: [{ topic, numPartitions, configEntries }] })
    if (errors[topic]) throw errors[topic]
  }

  /**
   * Deletes the case's topic and makes it again. With ZooKeeper its name is taken for a while after the brokers have
   * forgotten it.
   */
  async remakeTopic(partitions: number, signal: AbortSignal): Promise<void> {
    await this.client.deleteTopics({ topics: [this.topic] })
    for (;;) {
      try {
        return await this.createTopic(this.topic, partitions)
      } catch (error) {
        if (signal.aborted || !(error instanceof KafkaError && error.code === ErrorCode.TopicAlreadyExists)) throw error
        await pause(50)
      }
    }
  }

  /** Closed at the end, unless it is before. */
  keep<T extends { close(): Promise<void> }>(object: T): T {
    this.toClose.unshift(object)
    return object
  }

  reader(config: Partial<ReaderConfig> = {}): Reader {
    const isElsewhere = config.groupTopics !== undefined || config.topicPattern !== undefined
    const where = isElsewhere ? {} : { topic: this.topic }
    return this.keep(new Reader({ brokers: this.brokers, transport: this.transport, ...where, ...config }))
  }

  /** A member of the case's group, with short timeouts. */
  member(config: Partial<ReaderConfig> = {}): Reader {
    return this.reader({
      groupId: this.groupId,
      // The consumer protocol leaves that to the broker.
      ...(config.protocol !== 'consumer' && { heartbeatInterval: 100 }),
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      joinGroupBackoff: 100,
      ...config,
    })
  }

  async write(messages: readonly MessageInput[], config: Partial<WriterConfig> = {}): Promise<void> {
    const writer = new Writer({
      addr: this.brokers,
      topic: this.topic,
      transport: this.transport,
      balancer: new RoundRobin(),
      ...config,
    })
    await writer.writeMessages(messages)
    await writer.close()
  }

  /** Messages `0`, `1`, … spread over the partitions. */
  async fill(count: number, config: Partial<WriterConfig> = {}): Promise<void> {
    await this.write(numbered(0, count), config)
  }

  /** What the group has committed by partition of the case's topic; only partitions that have something. */
  async committed(): Promise<Record<number, number>> {
    const { topics } = await this.client.offsetFetch({
      groupId: this.groupId,
      topics: { [this.topic]: [0, 1, 2, 3, 4, 5] },
    })
    const found: Record<number, number> = {}
    for (const { partition, committedOffset } of topics[this.topic] ?? [])
      if (committedOffset >= 0) found[partition] = committedOffset
    return found
  }

  async ends(partition = 0): Promise<{ first: number; last: number }> {
    const ask = async (timestamp: number): Promise<number> => {
      const topics = [{ name: this.topic, partitions: [{ partitionIndex: partition, timestamp }] }]
      const { topics: answers } = await this.transport.roundTrip(this.brokers, ListOffsets, {
        replicaId: -1,
        isolationLevel: IsolationLevel.ReadUncommitted,
        topics,
      })
      return answers[0]!.partitions[0]!.offset
    }
    return { first: await ask(FirstOffset), last: await ask(LastOffset) }
  }
}

export function numbered(from: number, to: number): MessageInput[] {
  return Array.from({ length: to - from }, (_, i) => ({ value: String(from + i) }))
}

/** So many messages' texts. */
export async function take(reader: Reader, count: number, signal: AbortSignal): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) texts.push((await reader.fetchMessage({ signal })).text())
  return texts
}

export function place({ topic, partition, offset }: Message): string {
  return `${topic}/${partition}/${offset}`
}

export interface FixtureOptions {
  partitions?: number
  configs?: Record<string, string>
  timeoutMs?: number
  needs?: readonly Capability[]
}

/** A contract's `test` whose cases get a fixture. */
export function fixtureTest(contract: Contract, defaults: FixtureOptions = {}) {
  return (
    name: string,
    body: (fixture: ReadingFixture, t: TestContext) => Promise<void>,
    given: FixtureOptions = {},
  ): void => {
    const { timeoutMs, needs = [], ...options } = { ...defaults, ...given }
    contract.test(
      name,
      t => ReadingFixture.with(contract, t, options, fixture => body(fixture, t)),
      timeoutMs === undefined ? { needs } : { timeoutMs, needs },
    )
  }
}
