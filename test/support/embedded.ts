import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import type { Logger } from '../../src/base/logger.ts'
import type { ControlContext } from '../../src/broker/control.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import type { ConsumerGroupConfig } from '../../src/group/config.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import type { AnyApi, RequestOf } from '../../src/protocol/api.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'

/** A logger that remembers, for what only a log tells. */
export function notebook(): { logger: Logger; lines: string[] } {
  const lines: string[] = []
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return { lines, logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') } }
}

/** Of a cluster that keeps no fetch sessions: each answer has all partitions. */
export const sessionless = { configs: { 'max.incremental.fetch.session.cache.slots': '0' } } as const

/**
 * An embedded cluster with a topic `t`, readers and groups on it with short times, and ways to spoil its answers.
 * `await using` ends it all.
 */
export class Embedded {
  readonly broker: Broker
  readonly transport: Transport
  readonly notes = notebook()
  private readonly toClose: { close(): Promise<void> }[] = []

  constructor({
    partitions = 1,
    transport = {},
    ...config
  }: BrokerConfig & { partitions?: number; transport?: TransportConfig } = {}) {
    const configs = { 'group.min.session.timeout.ms': '1', ...config.configs }
    this.broker = new Broker({
      topics: [{ name: 't', partitions }],
      autoCreateTopics: false,
      natives,
      ...config,
      configs,
    })
    this.transport = new Transport({
      adapter: memory(this.broker, natives),
      natives,
      backoff: { min: 5, max: 50 },
      ...transport,
    })
  }

  reader(config: Partial<ReaderConfig> = {}): Reader {
    const { transport, broker, notes } = this
    const reader = new Reader({
      brokers: broker.addresses,
      ...(config.topicPattern === undefined && { topic: 't' }),
      transport,
      logger: notes.logger,
      readBackoffMin: 5,
      readBackoffMax: 50,
      ...config,
    })
    this.toClose.unshift(reader)
    return reader
  }

  group(config: Partial<ConsumerGroupConfig> = {}): ConsumerGroup {
    const { transport, broker, notes } = this
    const group = new ConsumerGroup({
      id: 'g',
      topics: ['t'],
      brokers: broker.addresses,
      transport,
      logger: notes.logger,
      heartbeatInterval: 20,
      sessionTimeout: 1_000,
      rebalanceTimeout: 2_000,
      joinGroupBackoff: 20,
      timeout: 300,
      ...config,
    })
    this.toClose.unshift(group)
    return group
  }

  async write(messages: readonly MessageInput[], config: Partial<WriterConfig> = {}): Promise<void> {
    const writer = new Writer({
      addr: this.broker.addresses,
      topic: 't',
      transport: this.transport,
      balancer: new RoundRobin(),
      ...config,
    })
    await writer.writeMessages(messages)
    await writer.close()
  }

  /**
   * Answers the first `times` requests of an API in its own way; `answer` may look at what the broker itself would say.
   * Counts all requests.
   */
  spoil<A extends AnyApi>(
    api: A,
    times: number,
    // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape, as a hostile broker's
    answer: (request: RequestOf<A>, context: ControlContext<A>) => any,
  ): { count: number } {
    const seen = { count: 0 }
    this.broker.control(api, (request, context) => (seen.count++ < times ? answer(request, context) : undefined))
    return seen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.toClose.map(each => each.close()))
    await this.transport.close()
    await this.broker.close()
  }
}
