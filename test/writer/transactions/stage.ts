import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import type { Logger } from '../../../src/base/logger.ts'
import { Broker, type BrokerConfig } from '../../../src/broker/index.ts'
import { Client } from '../../../src/client/client.ts'
import type { AnyApi, RequestOf } from '../../../src/protocol/api.ts'
import { IsolationLevel } from '../../../src/protocol/offsets.ts'
import { Transport } from '../../../src/transport/transport.ts'
import type { WriterConfig } from '../../../src/writer/config.ts'
import type { Transaction } from '../../../src/writer/transactions/transaction.ts'
// Imported here, it need not be when a writer begins: virtual time goes on during an import.
import '../../../src/writer/transactions/open.ts'
import { Writer } from '../../../src/writer/writer.ts'
import { FrameAdapter } from '../../support/frame-adapter.ts'
import { LeapingClock } from '../../support/leaping-clock.ts'

export type Features = NonNullable<BrokerConfig['features']>

/** For `describe.each`: the protocol of KIP-98, and that of KIP-890. */
export const protocols: readonly (readonly [name: string, features: Features])[] = [
  ['the first protocol', {}],
  ['the second protocol', { 'transaction.version': 2 }],
]

export const transactionalId = 'payments'
export const topic = 't'

/**
 * An embedded cluster with a topic `t`, writers of transactions to it, and what befalls their requests. Time passes only
 * when nothing else goes on.
 */
export class Stage {
  readonly clock = new LeapingClock()
  readonly broker: Broker
  readonly frames: FrameAdapter
  readonly transport: Transport
  readonly logged: string[] = []
  /** By a network nothing befalls. */
  readonly client: Client
  readonly #plain: Transport
  readonly #writers: Writer[] = []

  constructor(features: Features, { partitions = 1, ...config }: BrokerConfig & { partitions?: number } = {}) {
    const { clock } = this
    this.broker = new Broker({
      clock,
      natives,
      features,
      topics: [{ name: topic, partitions }],
      autoCreateTopics: false,
      ...config,
    })
    const adapter = memory(this.broker, natives)
    const note = (message: string): void => void this.logged.push(message)
    const logger: Logger = { debug() {}, info() {}, warn: note, error: note }
    this.frames = new FrameAdapter(adapter)
    this.transport = new Transport({ adapter: this.frames, natives, clock, logger, backoff: { min: 5, max: 50 } })
    this.#plain = new Transport({ adapter, natives, clock })
    this.client = new Client({ addr: this.broker.addresses, transport: this.#plain })
  }

  open(config: Partial<WriterConfig> = {}): Writer {
    const { broker, transport } = this
    const writer = new Writer({ addr: broker.addresses, topic, transport, transactionalId, ...config })
    this.#writers.push(writer)
    return writer
  }

  /** Answers the next `times` requests of an API in its own way. Counts all of them. */
  answer<A extends AnyApi>(api: A, times: number, answer: (request: RequestOf<A>) => unknown) {
    const seen = { count: 0 }
    const stop = this.broker.control(api, request => (seen.count++ < times ? (answer(request) as never) : undefined))
    return Object.assign(seen, { stop })
  }

  /** Counts the requests of an API that came to a broker, by what the answer picks of them. */
  watch<A extends AnyApi, T>(api: A, pick: (request: RequestOf<A>) => T): T[] {
    const seen: T[] = []
    this.broker.control(api, request => {
      seen.push(pick(request))
      return undefined
    })
    return seen
  }

  /** The values a reader of what is committed gets, and where it has to stop. */
  async committed(partition = 0): Promise<string[]> {
    return this.#read(partition, IsolationLevel.ReadCommitted)
  }

  async written(partition = 0): Promise<string[]> {
    return this.#read(partition, IsolationLevel.ReadUncommitted)
  }

  /** The offset that a group has committed in partition 0; −1 without one. */
  async offset(groupId: string): Promise<number> {
    const { topics } = await this.client.offsetFetch({ groupId, topics: { [topic]: [0] } })
    return topics[topic]![0]!.committedOffset
  }

  /** Whether a transaction is open, or may be for those who read what is committed. */
  async isOpen(partition = 0): Promise<boolean> {
    const { transactions } = await this.client.listTransactions({ states: ['Ongoing'] })
    const isolationLevel = IsolationLevel.ReadCommitted
    const answer = await this.client.fetch({ topic, partition, offset: 0, maxWait: 0, isolationLevel })
    return transactions.length > 0 || answer.lastStableOffset < answer.highWatermark
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writers.map(writer => writer.close({ signal: AbortSignal.abort() })))
    await this.broker.close()
    await this.transport.close()
    await this.#plain.close()
    this.clock.close()
  }

  async #read(partition: number, isolationLevel: IsolationLevel): Promise<string[]> {
    const texts: string[] = []
    for (let offset = 0; ; ) {
      const answer = await this.client.fetch({ topic, partition, offset, maxWait: 0, isolationLevel })
      if (answer.error !== null) throw answer.error
      for (const message of answer.records) texts.push(message.text())
      const end = isolationLevel === IsolationLevel.ReadCommitted ? answer.lastStableOffset : answer.highWatermark
      if (answer.nextOffset === offset || answer.nextOffset >= end) return texts
      offset = answer.nextOffset
    }
  }
}

/** What the promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { readonly temporary?: boolean }> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  )
  if (outcome === undefined) throw new Error('it was not rejected')
  return outcome
}

/** A transaction with one message, committed. */
export function write(writer: Writer, value: string): Promise<void> {
  return writer.transaction((tx: Transaction) => tx.writeMessages({ value }))
}
