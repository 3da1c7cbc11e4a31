import { ConnectionError, TimeoutError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, hasCode } from '../protocol/errors.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { isStrangerError, strangerError } from '../socket/peer.ts'
import type { AnyBroker } from './any-broker.ts'
import type { BrokerLinks } from './broker-links.ts'
import type { Brokers } from './brokers.ts'
import type { TopicLayout } from './layout.ts'
import type { Settings } from './settings.ts'
import type { TopicCache } from './topic-cache.ts'

export type Layouts = ReadonlyMap<string, TopicLayout>

/** Answers that another broker would give, too. */
const refusals: readonly number[] = [ErrorCode.ClusterAuthorizationFailed, ErrorCode.TopicAuthorizationFailed]
/** How long a broker is not asked again, where there are others, after it denied something, in milliseconds. */
const avoidedFor = 10_000

/** Asks any broker for the cluster's metadata and spreads the news. */
export class MetadataLoader {
  readonly #settings: Settings
  readonly #links: BrokerLinks
  readonly #anyBroker: AnyBroker
  readonly #directory: Brokers
  readonly #topics: TopicCache
  /** Brokers whose last answer was negative, as host:port, and when that was. */
  readonly #negative = new Map<string, number>()
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
    const connection = await this.#anyBroker.any('control', this.#avoided())
    const wanted = this.#first ? [...new Set([...names, ...this.#settings.metadataTopics])] : names
    const layouts = new Map<string, TopicLayout>()
    let negative = true
    try {
      const told = await this.ask(connection, wanted, create)
      this.#first = false
      for (const topic of told) layouts.set(topic.name!, this.#topics.hear(topic.name!, topic))
      for (const name of wanted) if (!layouts.has(name)) this.#topics.deny(name)
      negative = wanted.some(name => layouts.get(name)?.error !== null || this.#topics.isDenied(name))
      this.#settings.onEvent?.({ type: 'metadataRefresh', brokers: this.#directory.known.length, topics: told.length })
    } finally {
      if (negative) this.#negative.set(connection.broker, this.#settings.clock.monotonic())
      else this.#negative.delete(connection.broker)
    }
    return layouts
  }

  /** A negative answer is to be asked again of another broker. When all gave one, the first may be asked again. */
  #avoided(): ReadonlySet<string> {
    const since = this.#settings.clock.monotonic() - avoidedFor
    for (const [broker, at] of this.#negative) if (at < since) this.#negative.delete(broker)
    if ([...this.#directory.addresses()].every(address => this.#negative.has(address))) this.#negative.clear()
    return new Set(this.#negative.keys())
  }

  /** The topics asked for, as this broker tells of them. */
  async ask(connection: BrokerConnection, names: readonly string[], create: boolean): Promise<WireTopics> {
    try {
      const request = { topics: names.map(name => ({ name })), allowAutoTopicCreation: create }
      return this.#hear(await connection.request(Metadata, request, { timeoutMs: this.#settings.dialTimeout }), names, connection.broker)
    } catch (error) {
      // A broker this slow with what any can answer is stuck: the next try goes to another. So it does from a stranger.
      if (error instanceof TimeoutError || isStrangerError(error)) connection.abort(error)
      throw error
    }
  }

  #hear(response: ResponseOf<typeof Metadata>, asked: readonly string[], broker: string): WireTopics {
    const { clusterId } = this.#directory
    if (clusterId !== null && response.clusterId !== null && response.clusterId !== clusterId)
      throw strangerError(broker, { clusterId, nodeId: -1 }, response.clusterId)
    if (response.errorCode === ErrorCode.RebootstrapRequired) this.#directory.forget()
    const error = errorFor(response.errorCode)
    if (error !== null)
      throw hasCode(error, ...refusals) ? error : new ConnectionError(broker, `no metadata: ${error.message}`, { cause: error })
    // A broker that is just starting may not have heard of any yet.
    if (response.brokers.length === 0) throw new ConnectionError(this.#directory.seedNames, 'the metadata names no brokers')
    this.#links.closeIdleTo(this.#directory.hear(response))
    const wanted = new Set(asked)
    // One nobody asked for would be asked for from now on.
    return response.topics.filter(({ name }) => name !== null && wanted.has(name))
  }
}

type WireTopics = ResponseOf<typeof Metadata>['topics']
