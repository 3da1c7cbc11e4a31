import type { EventSink } from '../../../src/base/events.ts'
import type { Client } from '../../../src/client/client.ts'
import type { Cluster } from '../../../src/transport/cluster.ts'
import { listTopics } from '../../../src/transport/list-topics.ts'
import type { Connection, Context } from '../context.ts'
import type { Events } from '../events.ts'
import { kafkaJSError } from '../translate.ts'
import type { ConsumerEvents } from '../types/consumer.ts'

export interface LinkParts {
  readonly context: Context
  readonly events: Events<ConsumerEvents>
  readonly metadataMaxAge: number
  onEvent: EventSink
}

/** A consumer's connection, whenever there is one, and what subscriptions ask of it. */
export class Link {
  readonly #parts: LinkParts
  #opening: Promise<Connection> | undefined
  #connection: Connection | undefined

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  /** The connection there is, or a new one. */
  connect(): Promise<Connection> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async disconnect(): Promise<void> {
    const opening = this.#opening
    this.#opening = undefined
    this.#connection = undefined
    const connection = await opening?.catch(() => undefined)
    await connection?.close()
  }

  async #open(): Promise<Connection> {
    const { context, events, metadataMaxAge, onEvent } = this.#parts
    const opening = context.open({ events, metadataMaxAge, onEvent })
    try {
      const connection = await opening
      this.#connection = connection
      return connection
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  /** Names, and those of the topics there are that a pattern matches; each pattern is told of with them. */
  async topicsOf(
    list: readonly (string | RegExp)[],
    tell: (found: { pattern: string; matched: string[] }) => void,
  ): Promise<string[]> {
    const { transport, addr } = await this.connect()
    const hasPatterns = list.some(each => each instanceof RegExp)
    const all = hasPatterns ? await ask(() => listTopics(transport.cluster(addr), {})) : []
    return list.flatMap(each => {
      if (!(each instanceof RegExp)) return [each]
      const matched = all.map(({ name }) => name).filter(name => each.test(name))
      tell({ pattern: each.toString(), matched })
      return matched
    })
  }

  /** Asks for topics, and has them made if there are none and brokers allow it. Rejects with an error of kafkajs's. */
  async learn(topics: readonly string[], create: boolean): Promise<void> {
    const { transport, addr } = await this.connect()
    const cluster = transport.cluster(addr)
    await ask(() => Promise.all(topics.map(topic => cluster.topic(topic, { create }))))
  }

  /** Calls the Client. Rejects with an error of kafkajs's. */
  async ask<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const { client } = await this.connect()
    return await ask(() => call(client))
  }

  /** What is known of the cluster; undefined without a connection. */
  get known(): Cluster | undefined {
    return this.#connection?.cluster
  }
}

async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (error) {
    throw kafkaJSError(error)
  }
}
