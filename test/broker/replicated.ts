import { onTestFinished } from 'vitest'
import type { Broker, BrokerConfig } from '../../src/broker/index.ts'
import {
  Client,
  Reader,
  type ReaderConfig,
  RequiredAcks,
  Transport,
  Writer,
  type WriterConfig,
} from '../../src/index.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { inVirtualTime, type World } from '../support/world.ts'
import { batch } from './open.ts'

/** Three brokers with a topic `t` of one partition, led by the first, and clients of them, in virtual time. */
export class Replicated {
  readonly broker: Broker
  readonly world: World
  readonly transport: Transport
  readonly client: Client
  readonly #toClose: { close(): Promise<void> }[] = []

  constructor(world: World, broker: Broker) {
    this.world = world
    this.broker = broker
    this.transport = new Transport({ adapter: world.adapter, ...world.transport })
    this.client = new Client({ addr: world.brokers, transport: this.transport })
  }

  writer(config: Partial<WriterConfig> = {}): Writer {
    const { world, transport } = this
    const made = new Writer({ addr: world.brokers, topic: 't', transport, writeBackoffMin: 10, ...config })
    this.#toClose.unshift(made)
    return made
  }

  reader(config: Partial<ReaderConfig> = {}): Reader {
    const { world, transport } = this
    const made = new Reader({ brokers: world.brokers, topic: 't', partition: 0, transport, ...config })
    this.#toClose.unshift(made)
    return made
  }

  /** One message in one request; what the leader answers. */
  async produce(
    value: string,
    {
      acks = RequiredAcks.All as number,
      timeoutMs = 1_000,
      transactionalId = null as string | null,
      stamp = {} as Parameters<typeof batch>[0],
    } = {},
  ): Promise<{ errorCode: number; baseOffset: number }> {
    const { world, transport } = this
    const { id: topicId } = await transport.cluster(world.brokers).topic('t')
    const records = batch({ value, ...stamp })
    const topicData = [{ name: 't', topicId, partitionData: [{ index: 0, records }] }]
    const asked = { transactionalId, acks, timeoutMs, topicData }
    const { responses } = await transport.roundTrip(world.brokers, Produce, asked)
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    return { errorCode, baseOffset }
  }

  /** Writes with acks 1, which wait for nobody. */
  async put(...values: string[]): Promise<void> {
    for (const value of values) await this.produce(value, { acks: RequiredAcks.One })
  }

  /** What consumers can read. */
  async texts(isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_uncommitted'): Promise<string[]> {
    const texts: string[] = []
    for (let offset = 0; ; ) {
      const answer = await this.client.fetch({ topic: 't', partition: 0, offset, maxWait: 0, isolationLevel })
      if (answer.error !== null) throw answer.error
      for (const message of answer.records) texts.push(message.text() ?? '')
      if (answer.nextOffset === offset) return texts
      offset = answer.nextOffset
    }
  }

  /** The high watermark, as ListOffsets has it. */
  async end(): Promise<number> {
    const { topics } = await this.client.listOffsets({ topics: { t: [{ partition: 0, timestamp: 'last' }] } })
    const { error, lastOffset } = topics['t']![0]!
    if (error !== null) throw error
    return lastOffset
  }

  async layout(): Promise<{ leader: number; isr: number[]; offline: number[] }> {
    const { topics } = await this.client.metadata({ topics: ['t'] })
    const { leader, isr, offlineReplicas } = topics[0]!.partitions[0]!
    return { leader: leader.id, isr: isr.map(({ id }) => id), offline: offlineReplicas.map(({ id }) => id) }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#toClose.map(each => each.close()))
    await this.transport.close()
  }
}

export async function replicated(
  configs: Readonly<Record<string, string>>,
  play: (cluster: Replicated) => Promise<void>,
  config: BrokerConfig = {},
): Promise<void> {
  await inVirtualTime({ topics: [{ name: 't', configs }], ...config }, async (world, broker) => {
    const cluster = new Replicated(world, broker)
    onTestFinished(() => cluster.close())
    await play(cluster)
    await cluster.close()
  })
}
