import {
  type Consumer,
  type ConsumerConfig,
  type ConsumerRunConfig,
  Kafka,
  type KafkaConfig,
  type LogEntry,
} from '../../../adapters/kafkajs/index.ts'
import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import type { BrokerConfig } from '../../../src/broker/index.ts'
import { Embedded } from '../../support/embedded.ts'
import { until } from '../../support/waiting.ts'

export const forever = AbortSignal.timeout(120_000)

/** A message as a handler saw it. */
export interface SeenMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly text: string
}

/** An embedded cluster with a topic `t`, and consumers under kafkajs's names on it, with short times. */
export class Stage extends Embedded {
  readonly lines: LogEntry[] = []
  readonly #consumers: Consumer[] = []

  constructor(config: BrokerConfig & { partitions?: number } = {}) {
    super(config)
  }

  kafka(config: Partial<KafkaConfig> = {}): Kafka {
    return new Kafka({
      brokers: [...this.broker.addresses],
      logCreator: () => entry => void this.lines.push(entry),
      transport: { adapter: memory(this.broker, natives), natives, backoff: { min: 5, max: 50 } },
      ...config,
    })
  }

  consumer(config: Partial<ConsumerConfig> = {}, kafka: Kafka = this.kafka()): Consumer {
    const consumer = kafka.consumer({
      groupId: 'g',
      heartbeatInterval: 50,
      sessionTimeout: 5_000,
      rebalanceTimeout: 5_000,
      maxWaitTimeInMs: 100,
      retry: { initialRetryTime: 10, retries: 5 },
      ...config,
    })
    this.#consumers.push(consumer)
    return consumer
  }

  /** One that has joined its group and reads `t` from the beginning; what its handler saw. */
  async reading(
    config: Partial<ConsumerConfig> = {},
    run: ConsumerRunConfig = {},
  ): Promise<{ consumer: Consumer; seen: SeenMessage[] }> {
    const consumer = this.consumer(config)
    const seen: SeenMessage[] = []
    await consumer.connect()
    await consumer.subscribe({ topics: ['t'], fromBeginning: true })
    await consumer.run({ eachMessage: async payload => void seen.push(seenOf(payload)), ...run })
    return { consumer, seen }
  }

  /** What the group has committed in a partition of `t`. */
  async committed(partition = 0, groupId = 'g'): Promise<{ offset: string; metadata: string | null }> {
    const admin = this.kafka().admin()
    await admin.connect()
    const [topic] = await admin.fetchOffsets({ groupId, topics: ['t'] })
    await admin.disconnect()
    const { offset, metadata } = topic!.partitions.find(each => each.partition === partition)!
    return { offset, metadata }
  }

  logged(label: string): string[] {
    return this.lines.filter(line => line.label === label).map(({ namespace, log }) => `[${namespace}] ${log.message}`)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#consumers.map(each => each.disconnect()))
    await super[Symbol.asyncDispose]()
  }
}

interface Seeable {
  readonly topic: string
  readonly partition: number
  readonly message: { readonly offset: string; readonly value: Buffer | null }
}

export function seenOf({ topic, partition, message: { offset, value } }: Seeable): SeenMessage {
  return { topic, partition, offset, text: value?.toString() ?? '' }
}

/** The texts, once there are so many. */
export async function texts(seen: readonly SeenMessage[], count: number): Promise<string[]> {
  await until(forever, () => seen.length >= count)
  return seen.map(({ text }) => text)
}

/** The payload of the next event of this name. */
export function next<T = unknown>(consumer: Consumer, name: keyof Consumer['events']): Promise<T> {
  return new Promise(resolve => {
    const forget = consumer.on(
      consumer.events[name] as never,
      ((event: { payload: T }) => {
        forget()
        resolve(event.payload)
      }) as never,
    )
  })
}

export function numbered(from: number, count: number): { value: string }[] {
  return Array.from({ length: count }, (_, i) => ({ value: String(from + i) }))
}
