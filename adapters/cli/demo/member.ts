import { type AddressLike, ClosedError, Reader, Transport, type TransportConfig } from '../../../src/index.ts'
import type { Ledger, Order } from './ledger.ts'

export interface Membership {
  brokers: AddressLike
  groupId: string
  topic: string
  transport: TransportConfig
}

interface Listener {
  tell(): void
  fail(error: unknown): void
}

/** One member of the demo's group: reads batches, hands each order to the ledger and commits what it handed over. */
export class Member {
  readonly name: string
  readonly #transport: Transport
  readonly #reader: Reader
  #orders = 0
  #partitions = 0
  readonly #leaving = new AbortController()
  #reading: Promise<void> | undefined
  #news: Listener = { tell() {}, fail() {} }

  constructor(name: string, { brokers, groupId, topic, transport }: Membership) {
    this.name = name
    this.#transport = new Transport({
      ...transport,
      onEvent: event => {
        if (event.type !== 'rebalance') return
        this.#partitions = event.assignments[topic]?.length ?? 0
        this.#news.tell()
      },
    })
    this.#reader = new Reader({
      brokers,
      groupId,
      topic,
      transport: this.#transport,
      maxWait: 500,
      heartbeatInterval: 500,
    })
  }

  get orders(): number {
    return this.#orders
  }

  get partitions(): number {
    return this.#partitions
  }

  /** Reads until `leave()`. There are news after each batch and each rebalance. */
  start(ledger: Ledger, news: Listener): void {
    this.#news = news
    this.#reading = this.#read(ledger)
    this.#reading.catch(error => news.fail(error))
  }

  async #read(ledger: Ledger): Promise<void> {
    const { signal } = this.#leaving
    try {
      for await (const batch of this.#reader.batches({ signal })) {
        const messages = batch.messages()
        for (const message of messages) ledger.deliver(JSON.parse(message.text()) as Order)
        this.#orders += messages.length
        const last = messages.at(-1)
        if (last !== undefined) await this.#reader.commitMessages(last)
        this.#news.tell()
      }
    } catch (error) {
      if (error !== signal.reason) throw error
    }
  }

  /**
   * Ends with the batch at hand, which is committed, and leaves the group. Rejects with what ended the reading, if
   * anything did.
   */
  async leave(): Promise<void> {
    this.#leaving.abort(new ClosedError(`${this.name} leaves`))
    try {
      await this.#reading
    } finally {
      await this.#reader.close()
      await this.#transport.close()
    }
  }
}
