import { ConnectionError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, hasCode } from '../protocol/errors.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { strangerError } from '../socket/peer.ts'
import type { AnyBroker } from './any-broker.ts'
import type { BrokerLinks } from './broker-links.ts'
import type { Brokers } from './brokers.ts'
import type { TopicLayout } from './layout.ts'
import type { Settings } from './settings.ts'
import type { TopicCache } from './topic-cache.ts'

export type Layouts = ReadonlyMap<string, TopicLayout>

/** Answers that another broker would give, too. */
const refusals: readonly number[] = [ErrorCode.ClusterAuthorizationFailed, ErrorCode.TopicAuthorizationFailed]

/** Asks any broker for the cluster's metadata and spreads the news. */
export class MetadataLoader {
  readonly #settings: Settings
  readonly #links: BrokerLinks
  readonly #anyBroker: AnyBroker
  readonly #directory: Brokers
  readonly #topics: TopicCache
  #first = true

  constructor(settings: Settings, links: BrokerLinks, anyBroker: AnyBroker, directory: Brokers, topics: TopicCache) {
    this.#settings = settings
    this.#links = links
    this.#anyBroker = anyBroker
    this.#directory = directory
    this.#topics = topics
  }

  /** What to believe of these topics, failed ones included. One try. */
  async load(names: readonly string[], { create }: { create: boolean }): Promise<Layouts> {
    const connection = await this.#anyBroker.any('control')
    const wanted = this.#first ? [...new Set([...names, ...this.#settings.metadataTopics])] : names
    const layouts = new Map<string, TopicLayout>()
    const told = await this.ask(connection, wanted, create)
    this.#first = false
    for (const topic of told) layouts.set(topic.name!, this.#topics.hear(topic.name!, topic))
    for (const name of wanted) if (!layouts.has(name)) this.#topics.deny(name)
    // A negative answer is to be asked again of another broker.
    if (wanted.some(name => layouts.get(name)?.error !== null || this.#topics.isDoubtful(name)))
      this.#anyBroker.avoid(connection)
    else this.#anyBroker.trust(connection)
    this.#settings.onEvent?.({ type: 'metadataRefresh', brokers: this.#directory.known.length, topics: told.length })
    return layouts
  }

  /** The topics asked for, as this broker tells of them. */
  async ask(connection: BrokerConnection, names: readonly string[], create: boolean): Promise<WireTopics> {
    try {
      const request = { topics: names.map(name => ({ name })), allowAutoTopicCreation: create }
      return this.#hear(
        await connection.request(Metadata, request, { timeoutMs: this.#settings.dialTimeout }),
        names,
        connection.broker,
      )
    } catch (error) {
      this.#anyBroker.avoid(connection, error)
      throw error
    }
  }

  #hear(response: ResponseOf<typeof Metadata>, asked: readonly string[], broker: string): WireTopics {
    const { clusterId } = this.#directory
    if (clusterId !== null && response.clusterId !== null && response.clusterId !== clusterId) {
      this.#links.forgetGuess()
      // What our own list leads to is the cluster, whatever was remembered of it.
      if (this.#directory.clusterId !== null || !this.#directory.isSeed(broker))
        throw strangerError(broker, { clusterId, nodeId: -1 }, response.clusterId)
    }
    if (response.errorCode === ErrorCode.RebootstrapRequired) this.#directory.forget()
    const error = errorFor(response.errorCode)
    if (error !== null)
      throw hasCode(error, ...refusals)
        ? error
        : new ConnectionError(broker, `no metadata: ${error.message}`, { cause: error })
    // A broker that is just starting may not have heard of any yet.
    if (response.brokers.length === 0)
      throw new ConnectionError(this.#directory.seedNames, 'the metadata names no brokers')
    this.#links.closeIdleTo(this.#directory.hear(response))
    const wanted = new Set(asked)
    // One nobody asked for would be asked for from now on.
    return response.topics.filter(({ name }) => name !== null && wanted.has(name))
  }
}

type WireTopics = ResponseOf<typeof Metadata>['topics']
