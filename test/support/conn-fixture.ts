import type { ClientEvent } from '../../src/base/events.ts'
import { Client } from '../../src/client/client.ts'
import type { Conn } from '../../src/conn/conn.ts'
import { Dialer } from '../../src/conn/dialer.ts'
import type { DialerConfig } from '../../src/conn/dialer-config.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { Contract, TestContext, TestOptions } from '../contract/harness.ts'
import { RawProducer } from './transactions.ts'

/** What cases of Conn and Dialer need: a topic of two partitions, a dialer, and connections that are closed afterwards. */
export class ConnFixture {
  readonly topic: string
  readonly partition = 1
  readonly address: string
  /** APIs asked over connections that `dialer` made. */
  readonly asked: string[] = []
  readonly dialer: Dialer
  readonly client: Client
  readonly #contract: Contract
  readonly #transport: Transport
  readonly #toClose: { close(): Promise<void> }[] = []

  private constructor(contract: Contract, t: TestContext) {
    const { cluster, adapter, natives } = contract
    this.#contract = contract
    this.topic = t.unique('conn')
    this.address = cluster.brokers[0]!
    const onEvent = (event: ClientEvent): void => void (event.type === 'request' && this.asked.push(event.api))
    this.dialer = this.newDialer({ onEvent })
    this.#transport = new Transport({ adapter, natives })
    this.client = new Client({ addr: cluster.brokers, transport: this.#transport })
  }

  static async with(
    contract: Contract,
    t: TestContext,
    configs: Record<string, string>,
    body: (fixture: ConnFixture) => Promise<void>,
  ): Promise<void> {
    const fixture = new ConnFixture(contract, t)
    try {
      await fixture.createTopic(fixture.topic, configs)
      await body(fixture)
    } finally {
      await Promise.allSettled(fixture.#toClose.map(each => each.close()))
      await fixture.#transport.close()
    }
  }

  newDialer(config: DialerConfig = {}): Dialer {
    const { adapter, natives } = this.#contract
    return new Dialer({ adapter, natives, ...config })
  }

  async createTopic(topic: string, configs: Record<string, string> = {}): Promise<void> {
    // Before 3.5 a broker demands as many replicas in sync as it is set to, even of a topic that has fewer.
    const all = { 'min.insync.replicas': '1', ...configs }
    const configEntries = Object.entries(all).map(([configName, configValue]) => ({ configName, configValue }))
    const { errors } = await this.client.createTopics({
      topics: [{ topic, numPartitions: 2, replicationFactor: 1, configEntries }],
    })
    if (errors[topic]) throw errors[topic]
    // A leader that metadata names may not know yet that it is; a Conn, which tries nothing again, would be told so.
    const partitions = [0, 1].map(partition => ({ partition, timestamp: LastOffset }))
    await this.client.listOffsets({ topics: { [topic]: partitions } })
  }

  /** A connection to the leader of the case's partition. */
  async leader(partition = this.partition, dialer = this.dialer): Promise<Conn> {
    return this.keep(await dialer.dialLeader('tcp', this.address, this.topic, partition))
  }

  /** The same, with these values written to the partition. */
  async filled(...values: string[]): Promise<Conn> {
    const conn = await this.leader()
    await conn.writeMessages(values.map(value => ({ value })))
    return conn
  }

  /** Closed at the end, unless it is before. */
  keep<T extends { close(): Promise<void> }>(object: T): T {
    this.#toClose.unshift(object)
    return object
  }

  /** A producer that can begin transactions and end them. */
  producer(name: string): Promise<RawProducer> {
    return new RawProducer(this.#transport, this.#contract.cluster.brokers, `${this.topic}-${name}`).init()
  }
}

/** `contract.test` with a fixture for each case. */
export function connTest(contract: Contract) {
  return (
    name: string,
    body: (fixture: ConnFixture, t: TestContext) => Promise<void>,
    { configs = {}, ...options }: TestOptions & { configs?: Record<string, string> } = {},
  ): void => contract.test(name, t => ConnFixture.with(contract, t, configs, fixture => body(fixture, t)), options)
}

/** Messages `0`, `1`, … */
export function values(count: number): MessageInput[] {
  return Array.from({ length: count }, (_, i) => ({ value: `${i}` }))
}
