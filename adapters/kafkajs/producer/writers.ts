import type { RequiredAcks } from '../../../src/protocol/acks.ts'
import type { WriterConfig } from '../../../src/writer/config.ts'
import { Writer } from '../../../src/writer/writer.ts'
import type { Connection } from '../context.ts'
import { retrySettings } from '../retry.ts'
import type { ProducerConfig } from '../types/producer.ts'

/** What a call may choose, and a Writer has for all it writes. */
export interface Manner {
  readonly acks: number
  /** Milliseconds. */
  readonly timeout: number
}

/** Nobody has as many manners; a program that makes up a new timeout for each send gets the usual one. */
const mostWriters = 24
const usualTimeout = 30_000
/** Brokers say what is too large; kafkajs asks no further. */
const messageBytes = 0x7fff_0000
/** A timer's most. */
const mostMilliseconds = 0x7fff_ffff

/** The Writers of one producer, which share its connections: one for each manner of writing that it was asked for. */
export class Writers {
  readonly #connection: Connection
  readonly #config: ProducerConfig
  readonly #writers = new Map<string, Writer>()
  /** The last one asked for: most programs have but one. */
  #last: { readonly manner: Manner; readonly writer: Writer } | undefined
  #transactional: Writer | undefined

  constructor(connection: Connection, config: ProducerConfig) {
    this.#connection = connection
    this.#config = config
  }

  for(manner: Manner): Writer {
    const { acks, timeout } = manner
    const last = this.#last
    if (last?.manner.acks === acks && last.manner.timeout === timeout) return last.writer
    const key = `${acks} ${timeout}`
    let writer = this.#writers.get(key)
    if (writer === undefined) {
      if (this.#writers.size >= mostWriters && timeout !== usualTimeout)
        return this.for({ ...manner, timeout: usualTimeout })
      const idempotent = this.#config.idempotent === true
      writer = new Writer({ ...writerConfig(this.#connection, this.#config, manner), idempotent })
      this.#writers.set(key, writer)
    }
    this.#last = { manner, writer }
    return writer
  }

  /** The one that writes transactions. */
  transactional(transactionalId: string): Writer {
    const { transactionTimeout } = this.#config
    this.#transactional ??= new Writer({
      ...writerConfig(this.#connection, this.#config, { acks: -1, timeout: usualTimeout }),
      transactionalId,
      ...(transactionTimeout !== undefined && { transactionTimeout }),
    })
    return this.#transactional
  }

  /** Waits for what was given; never rejects, for each call is told of its own. */
  async close(): Promise<void> {
    const all = [...this.#writers.values(), ...(this.#transactional ? [this.#transactional] : [])]
    await Promise.allSettled(all.map(writer => writer.close()))
  }
}

function writerConfig(
  { addr, transport, requestTimeout }: Connection,
  { retry = {}, allowAutoTopicCreation = true, lingerMs }: ProducerConfig,
  { acks, timeout }: Manner,
): WriterConfig {
  const { retries, initialRetryTime, maxRetryTime } = retrySettings(retry)
  // A Writer gives brokers half of the time that it has itself.
  const writeTimeout = Math.max(1, Math.min(requestTimeout, 2 * timeout))
  return {
    addr,
    transport,
    requiredAcks: acks as RequiredAcks,
    writeTimeout,
    readTimeout: requestTimeout,
    maxAttempts: Math.max(1, retries + 1),
    writeBackoffMin: Math.max(1, initialRetryTime),
    writeBackoffMax: Math.max(1, maxRetryTime),
    deliveryTimeout: patience(retry, writeTimeout),
    messageBytes,
    maxBufferedBytes: 256 * 1024 * 1024,
    allowAutoTopicCreation,
    ...(lingerMs !== undefined && { batchTimeout: lingerMs }),
  }
}

/** How long kafkajs would try: all its waits, as many requests that time out, and a moment for the last to say so. */
function patience(retry: ProducerConfig['retry'], timeout: number): number {
  const { retries, initialRetryTime, maxRetryTime, multiplier } = retrySettings(retry)
  let total = timeout + 1000
  let wait = initialRetryTime
  for (let i = 0; i < retries && total < mostMilliseconds; i++) {
    total += wait + timeout
    wait = Math.min(wait * multiplier, maxRetryTime)
  }
  return Math.min(total, mostMilliseconds)
}
