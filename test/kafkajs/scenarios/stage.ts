import type {
  Admin,
  Consumer,
  Kafka,
  KafkaConfig,
  LogEntry,
  Message,
  Producer,
} from '../../../adapters/kafkajs/index.ts'
import { Client, Writer } from '../../../src/index.ts'
import { type Library, libraries } from './libraries.ts'
import { Notation, type Seen } from './notation.ts'

type AnyClient = Producer | Consumer | Admin

/** What a scenario acts on and writes down to. All it makes is closed after it. */
export interface Stage {
  readonly library: Library
  readonly brokers: readonly string[]
  /** A name that nobody else uses, for topics, groups, ids; it is noted as `<base>`. */
  unique(base: string): string
  /** A Kafka of these brokers, whose log is noted. */
  kafka(config?: Partial<KafkaConfig>): Kafka
  producer(config?: object, kafka?: Kafka): Promise<Producer>
  consumer(config: object, kafka?: Kafka): Promise<Consumer>
  admin(config?: object, kafka?: Kafka): Promise<Admin>
  /** kafkajs itself, whichever library is played: for what a scenario needs and is not about. */
  readonly other: Kafka
  /** A topic of its own, made beforehand. */
  topic(base?: string, partitions?: number): Promise<string>
  /** Waits until every broker knows a topic with so many partitions, which kafkajs does not on KRaft. */
  known(topic: string, partitions?: number): Promise<void>
  /** Waits until no broker knows it any more. */
  gone(topic: string): Promise<void>
  /** Writes messages to it. */
  fill(topic: string, messages: Message[]): Promise<void>
  /** Has a client disconnected at the end. */
  finally(end: () => unknown): void
  /** Notes a value under a name that the scenario has once. */
  note(step: string, value: unknown): void
  /** Notes what a call answers, or the error it ends with; answers what it answers, undefined for an error. */
  call<T>(step: string, run: () => T | Promise<T>): Promise<T | undefined>
  /** The events of a client from now on, in order, by the keys of its `events`. */
  watch(client: AnyClient, ...keys: string[]): { type: string; payload: unknown }[]
  /** What was logged under these namespaces so far: label, namespace and message, each once. */
  logged(...namespaces: string[]): string[]
}

/** What is compared of every log: what users filter by. */
const namespaces = ['Admin', 'Consumer', 'ConsumerGroup', 'Producer', 'Runner']

/** Runs a scenario with one library, and answers what it noted. */
export async function transcript(
  library: Library,
  brokers: readonly string[],
  play: (stage: Stage) => Promise<void>,
): Promise<Map<string, Seen>> {
  const notation = new Notation(library)
  const seen = new Map<string, Seen>()
  const lines: string[] = []
  const ends: (() => unknown)[] = []
  let kafka: Kafka | undefined
  // Ours, for what has to be so before a scenario can go on.
  const client = new Client({ addr: [...brokers] })
  const other = new (libraries().theirs.Kafka)({
    clientId: 'other',
    brokers: [...brokers],
    logCreator: () => () => {},
  })

  const shared = (): Kafka => {
    kafka ??= stage.kafka()
    return kafka
  }

  const stage: Stage = {
    library,
    brokers,
    other,
    unique: base => notation.unique(base),
    kafka: config =>
      new library.Kafka({
        clientId: 'scenario',
        brokers: [...brokers],
        logCreator:
          () =>
          ({ namespace, label, log }: LogEntry) =>
            void lines.push(`${label} [${namespace}] ${log.message}`),
        ...config,
      }),
    async producer(config, from = shared()) {
      const producer = from.producer({ createPartitioner: library.Partitioners.DefaultPartitioner, ...config })
      stage.finally(() => producer.disconnect())
      await producer.connect()
      return producer
    },
    async consumer(config, from = shared()) {
      const consumer = from.consumer({ maxWaitTimeInMs: 100, ...config } as never)
      stage.finally(() => consumer.disconnect())
      await consumer.connect()
      return consumer
    },
    async admin(config, from = shared()) {
      const admin = from.admin(config)
      stage.finally(() => admin.disconnect())
      await admin.connect()
      return admin
    },
    async topic(base = 'topic', numPartitions = 1) {
      const topic = stage.unique(base)
      await client.createTopics({ topics: [{ topic, numPartitions }] })
      await stage.known(topic, numPartitions)
      return topic
    },
    async known(topic, partitions = 1) {
      await client.waitForTopic({ topic, partitions })
      // Leaders learn last that they are.
      await client.topicOffsets({ topics: [topic] })
    },
    async gone(topic) {
      const left = async (): Promise<boolean> => (await client.metadata()).topics.some(({ name }) => name === topic)
      while (await left());
    },
    async fill(topic, messages) {
      // kafkajs itself would write twice where a new leader is late.
      await using writer = new Writer({ addr: [...brokers], topic })
      await writer.writeMessages(
        messages.map(({ value, key = null, partition, timestamp }) => ({
          key,
          value,
          ...(partition !== undefined && { partition }),
          ...(timestamp !== undefined && { time: new Date(Number(timestamp)) }),
        })),
      )
    },
    finally(end) {
      ends.push(end)
    },
    note(step, value) {
      if (seen.has(step)) throw new Error(`a scenario notes '${step}' twice`)
      seen.set(step, notation.of(value))
    },
    async call(step, run) {
      try {
        const answer = await run()
        stage.note(step, { answers: answer })
        return answer
      } catch (error) {
        stage.note(step, { rejects: error })
        return undefined
      }
    },
    watch(client, ...keys) {
      const events: { type: string; payload: unknown }[] = []
      const { events: names, on } = client as unknown as {
        events: Record<string, string>
        on(name: string, listener: (event: { type: string; payload: unknown }) => void): void
      }
      for (const key of keys) on(names[key]!, ({ type, payload }) => void events.push({ type, payload }))
      return events
    },
    logged: (...wanted) =>
      [...new Set(lines)].filter(line => wanted.some(namespace => line.includes(`[${namespace}]`))).sort(),
  }

  try {
    await play(stage)
    // Before anything is closed: which of the clients ends first is chance.
    if (!seen.has('log')) stage.note('log', stage.logged(...namespaces))
    return seen
  } finally {
    for (const end of ends.reverse()) await Promise.resolve(end()).catch(() => {})
    await client.close()
  }
}
