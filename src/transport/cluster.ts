import type { Address } from '../base/address.ts'
import { Deadline } from '../base/deadline.ts'
import { ConnectionError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { AnyBroker } from './any-broker.ts'
import { BrokerLinks } from './broker-links.ts'
import { Brokers } from './brokers.ts'
import { Coalesce } from './coalesce.ts'
import type { Settings } from './config.ts'
import { type CoordinatorKind, Coordinators } from './coordinators.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import type { BrokerInfo, LeaderHint, TopicLayout, TopicPartition } from './layout.ts'
import { type Layouts, MetadataLoader } from './metadata-loader.ts'
import { Patience, type WaitOptions } from './patience.ts'
import type { Pool } from './pool.ts'
import { Refreshes } from './refreshes.ts'
import { TopicCache } from './topic-cache.ts'
import { TopicFinder, type TopicOptions } from './topic-finder.ts'

export type { CoordinatorKind } from './coordinators.ts'

export type { WaitOptions } from './patience.ts'
export type { TopicOptions } from './topic-finder.ts'

/** One Kafka cluster as one Transport knows it: its brokers, the layouts of topics in use, coordinators and connections. */
export class Cluster {
  readonly #settings: Settings
  readonly #pool: Pool
  readonly #directory: Brokers
  readonly #links: BrokerLinks
  readonly #anyBroker: AnyBroker
  readonly #topics: TopicCache
  readonly #coordinators: Coordinators
  readonly #loader: MetadataLoader
  readonly #patience: Patience
  readonly #asking: Coalesce<Layouts>
  readonly #finder: TopicFinder
  readonly #refreshes: Refreshes

  constructor(settings: Settings, pool: Pool, seeds: readonly Address[]) {
    this.#settings = settings
    this.#pool = pool
    const directory = new Brokers(seeds, settings.clock)
    this.#directory = directory
    this.#links = new BrokerLinks(pool, directory)
    this.#anyBroker = new AnyBroker(pool, this.#links, directory, settings.clock)
    this.#topics = new TopicCache(settings.clock)
    this.#coordinators = new Coordinators(
      () => this.#anyBroker.any('control'),
      broker => this.#meet(broker),
    )
    this.#loader = new MetadataLoader(settings, this.#links, this.#anyBroker, directory, this.#topics)
    this.#patience = new Patience(settings, this.#anyBroker, directory)
    this.#asking = new Coalesce(names => this.#loader.load(names, { create: false }))
    this.#finder = new TopicFinder(settings, directory, this.#patience, this.#asking, this.#loader)
    this.#refreshes = new Refreshes(settings)
  }

  /** The bootstrap list as text. */
  get name(): string {
    return this.#directory.seedNames
  }

  /** −1 until known. With KRaft any broker may be named: each passes on what is for the controller. */
  get controllerId(): number {
    return this.#directory.controllerId
  }

  /** null until known. */
  get clusterId(): string | null {
    return this.#directory.clusterId
  }

  /** True when the adapter limits connections: lanes may then share one, so long polls must be short. */
  get lanesMerge(): boolean {
    return this.#settings.adapter.limits?.connections !== undefined
  }

  /** Brokers as last heard of; a new list whenever anything changed. */
  brokers(): readonly BrokerInfo[] {
    return this.#directory.known
  }

  /** The layout of a topic as far as it is known, at once. An old or doubtful one is given too, and refreshed behind its back. */
  peek(topic: string): TopicLayout | undefined {
    const layout = this.#topics.use(topic)
    if (layout !== undefined && this.#refreshes.wanted(this.#topics.isDenied(topic))) this.#refreshQuietly()
    return layout
  }

  /** Whether the last answer denied this topic, which is kept for a while all the same: it may have been deleted. */
  isDenied(topic: string): boolean {
    return this.#topics.isDenied(topic)
  }

  /** The name of a topic in use, by its id (KIP-516). */
  nameOf(topicId: string): string | undefined {
    return this.#topics.nameOf(topicId)
  }

  /** The layout of a topic, asking the cluster if need be. Rejects with the topic's KafkaError. */
  async topic(name: string, options: TopicOptions = {}): Promise<TopicLayout> {
    const known = this.peek(name)
    if (known !== undefined) return known
    const found = await this.#finder.find(name, options)
    this.#refreshes.begin()
    return found
  }

  /**
   * Asks anew, for these topics or for all in use: what to do upon NotLeaderForPartition and the like. Calls meanwhile share one request. The
   * first goes out at once, those soon after are spaced by the backoff.
   */
  refresh(topics?: readonly string[], options: WaitOptions = {}): Promise<void> {
    return this.#refreshes.forCause(
      () => this.#patience.run('metadata', options, () => this.#asking.ask(topics ?? this.#topics.inUse())),
      turn => abortable(turn, options.signal),
    )
  }

  /** Waits until every broker that can be reached knows these topics and their leaders: those just made are not known everywhere at once. */
  async awaitTopics(topics: readonly string[], options: WaitOptions = {}): Promise<void> {
    await this.#patience.run('new topics', options, async () => {
      for (const layouts of await this.#loader.loadFromAll(topics)) {
        for (const name of topics) {
          const layout = layouts.get(name)
          if (layout?.error) throw layout.error
          if (layout === undefined || layout.partitions.some(({ leader }) => leader < 0))
            throw new KafkaError(ErrorCode.LeaderNotAvailable, name)
        }
      }
    })
  }

  /** Waits until no broker that can be reached knows these topics, given with their ids: one under the same name may have been made since. */
  async awaitDeleted(topics: ReadonlyMap<string, string>, options: WaitOptions = {}): Promise<void> {
    for (const name of topics.keys()) this.#topics.forget(name)
    await this.#patience.run('deleted topics', options, async () => {
      for (const layouts of await this.#loader.loadFromAll([...topics.keys()])) {
        for (const { name, id, error } of layouts.values()) {
          if (error === null && topics.get(name) === id) throw new ConnectionError(this.name, `topic ${name} is not deleted everywhere yet`)
        }
      }
    })
    for (const [name, id] of topics) if (this.#topics.use(name)?.id === id) this.#topics.forget(name)
  }

  /**
   * Takes in the leader that an answer names (KIP-951), if its epoch is news and its address known. False: whom to ask is as unknown as
   * before, so refresh.
   */
  learnLeader({ topic, partition }: TopicPartition, { leaderId, leaderEpoch, endpoints }: LeaderHint): boolean {
    const endpoint = endpoints.find(({ nodeId }) => nodeId === leaderId)
    // A leader without an address would only be looked up again.
    if (endpoint === undefined && this.#directory.get(leaderId) === undefined) return false
    if (!this.#topics.learnLeader(topic, partition, leaderId, leaderEpoch)) return false
    if (endpoint !== undefined) this.#directory.add({ ...endpoint, id: leaderId })
    return true
  }

  /**
   * An open connection out of the pool. Send on it at once and ask again for the next request, since it is closed when idle. Rejects with a
   * ConnectionError, or an AuthenticationError, when it can't be opened: after one try for a broker, after one of each for `any`.
   */
  async connection(brokerId: number | 'any' | 'controller', lane: Lane, options: ConnectionOptions = {}): Promise<BrokerConnection> {
    const id = brokerId === 'controller' ? this.controllerId : brokerId
    if (id === 'any' || id === -1) {
      const { timeoutMs = this.#settings.requestTimeout, signal } = options
      return new Deadline(timeoutMs, this.#settings.clock).bound(
        this.#anyBroker.any(lane),
        () => this.#anyBroker.late('connecting'),
        signal && { signal },
      )
    }
    let broker = this.#directory.get(id)
    if (broker === undefined) {
      await this.refresh([], options)
      broker = this.#directory.get(id)
    }
    if (broker === undefined) throw new ConnectionError(this.#directory.seedNames, `broker ${id} is not in the cluster's metadata`)
    return this.#links.connection(broker, lane, options)
  }

  /** Ends a connection that its user alone had (by a key), and what still waits on it. One that lanes share stays. */
  release(connection: BrokerConnection): void {
    this.#pool.release(connection)
  }

  /** The same for all connections of a key, those being opened included. */
  releaseKey(key: string): void {
    this.#pool.releaseKey(key)
  }

  /** The broker id of a group's or transaction's coordinator; cached. Waits while none is available. */
  async coordinator(kind: CoordinatorKind, key: string, options: WaitOptions = {}): Promise<number> {
    return this.#patience.run(`the coordinator of ${kind} ${key}`, options, () => this.#coordinators.find(kind, key))
  }

  /** What to do upon NotCoordinator, CoordinatorNotAvailable and lost connections. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  /** A broker named outside of metadata. When that has it elsewhere, either may be the older news: metadata, asked anew, decides. */
  async #meet(broker: BrokerInfo): Promise<void> {
    const known = this.#directory.get(broker.id)
    if (known === undefined) this.#directory.add(broker)
    else if (known.host !== broker.host || known.port !== broker.port)
      await this.refresh([], { timeoutMs: this.#settings.dialTimeout }).catch(() => {})
  }

  #refreshQuietly(): void {
    const names = this.#refreshes.isDue ? this.#topics.inUse() : this.#topics.denied()
    this.#refreshes.inBackground(
      this.name,
      () => this.#asking.ask(names, { fresh: false }),
      () => this.#topics.denied().length === 0,
    )
  }

  /** How long calls wait that give no bound of their own, in milliseconds. */
  get patience(): number {
    return this.#patience.usual
  }
}
