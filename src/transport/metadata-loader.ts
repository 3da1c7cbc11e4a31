import { ConnectionError, TimeoutError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { AnyBroker } from './any-broker.ts'
import type { Brokers } from './brokers.ts'
import type { Settings } from './config.ts'
import type { TopicLayout } from './layout.ts'
import type { Pool } from './pool.ts'
import type { TopicCache } from './topic-cache.ts'

export type Layouts = ReadonlyMap<string, TopicLayout>

/** Asks any broker for the cluster's metadata and spreads the news. */
export class MetadataLoader {
  readonly #settings: Settings
  readonly #pool: Pool
  readonly #anyBroker: AnyBroker
  readonly #directory: Brokers
  readonly #topics: TopicCache
  #first = true

  constructor(settings: Settings, pool: Pool, anyBroker: AnyBroker, directory: Brokers, topics: TopicCache) {
    this.#settings = settings
    this.#pool = pool
    this.#anyBroker = anyBroker
    this.#directory = directory
    this.#topics = topics
  }

  /** The layouts of these topics, failed ones included. One try. */
  async load(names: readonly string[], { create }: { create: boolean }): Promise<Layouts> {
    const connection = await this.#anyBroker.any('control')
    const wanted = this.#first ? [...new Set([...names, ...this.#settings.metadataTopics])] : names
    const response = await this.#ask(connection, wanted, create)
    this.#first = false
    return this.#hear(response, wanted)
  }

  /** What every broker says of these topics; those that can't be reached are left out. One try. */
  async loadFromAll(names: readonly string[]): Promise<Layouts[]> {
    if (this.#directory.known.length === 0) await this.load([], { create: false })
    const told = await Promise.allSettled(
      this.#directory.known.map(async broker => {
        const connection = await this.#pool.connection(broker, 'control')
        return this.#hear(await this.#ask(connection, names, false), names)
      }),
    )
    const answers = told.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    const failed = told.find(each => each.status === 'rejected')
    if (answers.length === 0 && failed !== undefined) throw failed.reason
    return answers
  }

  async #ask(connection: BrokerConnection, names: readonly string[], create: boolean): Promise<ResponseOf<typeof Metadata>> {
    try {
      const request = { topics: names.map(name => ({ name })), allowAutoTopicCreation: create }
      return await connection.request(Metadata, request, { timeoutMs: this.#settings.dialTimeout })
    } catch (error) {
      // A broker this slow with what any can answer is stuck: the next try goes to another.
      if (error instanceof TimeoutError) connection.abort(error)
      throw error
    }
  }

  #hear(response: ResponseOf<typeof Metadata>, asked: readonly string[]): Layouts {
    if (response.errorCode === ErrorCode.RebootstrapRequired) this.#directory.forget()
    if (response.errorCode !== 0) throw new KafkaError(response.errorCode)
    // A broker that is just starting may not have heard of any yet.
    if (response.brokers.length === 0) throw new ConnectionError(this.#directory.seedNames, 'the metadata names no brokers')
    for (const gone of this.#directory.hear(response)) this.#pool.closeIdleTo(gone)
    const layouts = new Map<string, TopicLayout>()
    const wanted = new Set(asked)
    for (const told of response.topics) {
      // One nobody asked for would be asked for from now on.
      if (told.name !== null && wanted.has(told.name)) layouts.set(told.name, this.#topics.hear(told.name, told))
    }
    this.#settings.onEvent?.({ type: 'metadataRefresh', brokers: response.brokers.length, topics: response.topics.length })
    return layouts
  }
}
