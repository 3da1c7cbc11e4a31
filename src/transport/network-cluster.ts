import type { Address } from '../base/address.ts'
import { Deadline } from '../base/deadline.ts'
import { ConnectionError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { AnyBroker } from './any-broker.ts'
import { BrokerLinks } from './broker-links.ts'
import { Brokers } from './brokers.ts'
import { Coalesce } from './coalesce.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import { type BrokerInfo, isGuess, type LeaderHint, type TopicLayout, type TopicPartition } from './layout.ts'
import { type Layouts, MetadataLoader } from './metadata-loader.ts'
import { Patience, type WaitOptions } from './patience.ts'
import type { Pool } from './pool.ts'
import { Refreshes } from './refreshes.ts'
import type { Settings } from './settings.ts'
import { TopicCache } from './topic-cache.ts'
import { TopicFinder, type TopicOptions } from './topic-finder.ts'

/**
 * Brokers that are remembered may be gone, and what is sent there lost without a word: they get so long, in
 * milliseconds, before it is asked who there is.
 */
const guessPatience = 1_500

/**
 * One Kafka cluster as far as a Writer needs to know it: its brokers, the layouts of topics in use, and connections.
 */
export class NetworkCluster {
  protected readonly settings: Settings
  protected readonly pool: Pool
  protected readonly directory: Brokers
  protected readonly links: BrokerLinks
  protected readonly anyBroker: AnyBroker
  protected readonly topics: TopicCache
  protected readonly loader: MetadataLoader
  protected readonly tries: Patience
  readonly #asking: Coalesce<Layouts>
  readonly #finder: TopicFinder
  readonly #refreshes: Refreshes

  constructor(settings: Settings, pool: Pool, seeds: readonly Address[]) {
    this.settings = settings
    this.pool = pool
    const directory = new Brokers(seeds, settings)
    this.directory = directory
    this.links = new BrokerLinks(pool, directory, () => this.forgetGuesses())
    this.anyBroker = new AnyBroker(pool, this.links, directory, settings.clock)
    this.topics = new TopicCache(settings.clock, directory.recall, settings.metadataTtl)
    this.loader = new MetadataLoader(settings, this.links, this.anyBroker, directory, this.topics)
    this.tries = new Patience(settings, this.anyBroker, directory)
    this.#asking = new Coalesce(names => this.loader.load(names, { create: false }))
    this.#finder = new TopicFinder(settings, directory, this.tries, this.#asking, this.loader)
    this.#refreshes = new Refreshes(settings, () => this.topics.partitions)
  }

  /** The bootstrap list as text. */
  get name(): string {
    return this.directory.seedNames
  }

  /** Brokers as last heard of; a new list whenever anything changed. */
  brokers(): readonly BrokerInfo[] {
    return this.directory.known
  }

  /**
   * The layout of a topic as far as it is known, at once. An old or doubtful one is given too, and refreshed behind its
   * back; so is one that is remembered from before (`isGuess`).
   */
  peek(topic: string): TopicLayout | undefined {
    const layout = this.topics.use(topic)
    if (layout === undefined) return undefined
    if (isGuess(layout)) {
      this.#refreshes.begin()
      if (this.directory.preferred < 0) this.directory.preferred = layout.partitions[0]!.leader
    }
    if (this.#refreshes.wanted(this.topics.isToAsk(topic))) this.#refreshQuietly()
    return layout
  }

  /** Whether the last answer denied this topic, which is kept for a while all the same: it may have been deleted. */
  isDenied(topic: string): boolean {
    return this.topics.isDenied(topic)
  }

  /**
   * The layout of a topic, asking the cluster if need be: what is remembered from before does not do. Rejects with the
   * topic's KafkaError.
   */
  async topic(name: string, options: TopicOptions = {}): Promise<TopicLayout> {
    const known = this.peek(name)
    if (known !== undefined && !isGuess(known)) return known
    const found = await this.#finder.find(name, options)
    this.#refreshes.begin()
    return found
  }

  /**
   * Asks anew, for these topics or for all in use: what to do upon NotLeaderForPartition and the like. Calls meanwhile
   * share one request. The first goes out at once, those soon after are spaced by the backoff.
   */
  refresh(topics?: readonly string[], options: WaitOptions = {}): Promise<void> {
    return this.#refreshes.forCause(
      () => this.tries.run('metadata', options, () => this.#asking.ask(topics ?? this.topics.inUse())),
      turn => abortable(turn, options.signal),
    )
  }

  /**
   * Takes in the leader that an answer names (KIP-951), if its epoch is news and its address known. False: whom to ask
   * is as unknown as before, so refresh.
   */
  learnLeader({ topic, partition }: TopicPartition, { leaderId, leaderEpoch, endpoints }: LeaderHint): boolean {
    const endpoint = endpoints.find(({ nodeId }) => nodeId === leaderId)
    // A leader without an address would only be looked up again.
    if (endpoint === undefined && this.directory.get(leaderId) === undefined) return false
    if (!this.topics.learnLeader(topic, partition, leaderId, leaderEpoch)) return false
    if (endpoint !== undefined) this.directory.add({ ...endpoint, id: leaderId })
    return true
  }

  /**
   * An open connection out of the pool. Send on it at once and ask again for the next request, since it is closed when
   * idle. Rejects with a ConnectionError, or an AuthenticationError, when it can't be opened: after one try for a
   * broker, after one of each for `any`.
   */
  async connection(id: number | 'any', lane: Lane, options: ConnectionOptions = {}): Promise<BrokerConnection> {
    if (id === 'any' || id === -1) {
      const { timeoutMs = this.settings.requestTimeout, signal } = options
      return new Deadline(timeoutMs, this.settings.clock).bound(
        this.anyBroker.any(lane),
        () => this.anyBroker.late('connecting'),
        signal && { signal },
      )
    }
    let broker = this.directory.get(id)
    if (broker === undefined) {
      await this.refresh([], options)
      broker = this.directory.get(id)
    }
    if (broker === undefined)
      throw new ConnectionError(this.directory.seedNames, `broker ${id} is not in the cluster's metadata`)
    return this.directory.isGuess ? this.#guess(broker, lane, options) : this.links.connection(broker, lane, options)
  }

  /**
   * Who answered for `any` could not do it (`error` says why, if it is more than an answer): others are asked first for
   * a while.
   */
  avoid(connection: BrokerConnection, error?: unknown): void {
    this.anyBroker.avoid(connection, error)
  }

  /** To where a broker is remembered: if it can't be reached there, metadata is to say where it is. */
  async #guess(broker: BrokerInfo, lane: Lane, options: ConnectionOptions): Promise<BrokerConnection> {
    try {
      const timeoutMs = Math.min(options.timeoutMs ?? guessPatience, guessPatience)
      return await this.links.connection(broker, lane, { ...options, timeoutMs })
    } catch (error) {
      if (this.directory.isGuess) this.directory.drop(broker)
      throw error
    }
  }

  #refreshQuietly(): void {
    const names = this.#refreshes.isDue ? this.topics.inUse() : this.topics.toAsk()
    this.#refreshes.inBackground(
      this.name,
      () => this.#asking.ask(names, { fresh: false }),
      () => this.topics.toAsk().length === 0,
    )
  }

  /** What is remembered is of another cluster. */
  protected forgetGuesses(): void {
    if (this.directory.forgetGuess()) this.topics.forgetGuesses()
  }
}
