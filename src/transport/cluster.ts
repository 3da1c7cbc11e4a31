import type { Address } from '../base/address.ts'
import { backoffDelay } from '../base/backoff.ts'
import { Deadline } from '../base/deadline.ts'
import { ConnectionError, isTemporary, messageOf } from '../base/errors.ts'
import { abortable, type CallOptions } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { AnyBroker } from './any-broker.ts'
import { Brokers } from './brokers.ts'
import { Coalesce } from './coalesce.ts'
import type { Settings } from './config.ts'
import { type CoordinatorKind, Coordinators } from './coordinators.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import type { BrokerInfo, LeaderHint, TopicLayout, TopicPartition } from './layout.ts'
import { type Layouts, MetadataLoader } from './metadata-loader.ts'
import type { Pool } from './pool.ts'
import { retry } from './retry.ts'
import { TopicCache } from './topic-cache.ts'

export type { CoordinatorKind } from './coordinators.ts'

export interface WaitOptions extends CallOptions {
  /** Bounds the wait, in milliseconds. Default: the transport's `requestTimeout`, but 10 s for a cluster that never answered yet. */
  timeoutMs?: number
}

export interface TopicOptions extends WaitOptions {
  /** Asks the broker to create the topic if it allows that, and waits until it has leaders. */
  create?: boolean
}

/** A cluster never reached before is given up sooner, so that a wrong address shows. */
const firstContact = 10_000

/** One Kafka cluster as one Transport knows it: its brokers, the layouts of topics in use, coordinators and connections. */
export class Cluster {
  readonly #settings: Settings
  readonly #pool: Pool
  readonly #directory: Brokers
  readonly #anyBroker: AnyBroker
  readonly #topics: TopicCache
  readonly #coordinators: Coordinators
  readonly #loader: MetadataLoader
  readonly #asking: Coalesce<Layouts>
  readonly #creating: Coalesce<Layouts>
  #refreshes = 0
  #refreshedAt = Number.NEGATIVE_INFINITY
  #nextTurn: Promise<void> | undefined
  /** No refresh behind anyone's back goes out before this moment. */
  #quietUntil = Number.NEGATIVE_INFINITY

  constructor(settings: Settings, pool: Pool, seeds: readonly Address[]) {
    this.#settings = settings
    this.#pool = pool
    this.#directory = new Brokers(seeds)
    this.#anyBroker = new AnyBroker(pool, this.#directory, settings.clock)
    this.#topics = new TopicCache(settings.clock, settings.metadataTtl)
    this.#coordinators = new Coordinators(() => this.#anyBroker.any('control'))
    this.#loader = new MetadataLoader(settings, pool, this.#anyBroker, this.#directory, this.#topics)
    this.#asking = new Coalesce(names => this.#loader.load(names, { create: false }))
    // Apart, lest a topic that is merely asked for be created.
    this.#creating = new Coalesce(names => this.#loader.load(names, { create: true }))
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

  /** The layout of a topic as far as it is known, at once. A stale one is given too, and refreshed behind its back. */
  peek(topic: string): TopicLayout | undefined {
    const found = this.#topics.use(topic)
    if (found?.stale) this.#refreshQuietly()
    return found?.layout
  }

  /** The name of a topic in use, by its id (KIP-516). */
  nameOf(topicId: string): string | undefined {
    return this.#topics.nameOf(topicId)
  }

  /** The layout of a topic, asking the cluster if need be. Rejects with the topic's KafkaError. */
  async topic(name: string, { create = false, ...options }: TopicOptions = {}): Promise<TopicLayout> {
    const known = this.peek(name)
    if (known !== undefined) return known
    const gather = create ? this.#creating : this.#asking
    const ask = async (): Promise<TopicLayout> => {
      const layout = (await gather.ask([name], { fresh: false })).get(name)
      if (layout === undefined) throw new ConnectionError(this.#directory.seedNames, `the metadata left out topic ${name}`)
      if (layout.error !== null) throw layout.error
      // A topic just created has no leaders for a moment.
      if (create && layout.partitions.every(({ leader }) => leader < 0)) throw new KafkaError(ErrorCode.LeaderNotAvailable)
      return layout
    }
    // Temporary as it is, an unknown topic that nobody creates would only be waited for.
    return this.#patiently(`topic ${name}`, options, ask, error => isAgain(error) && (create || !isUnknownTopic(error)))
  }

  /**
   * Asks anew, for these topics or for all in use: what to do upon NotLeaderForPartition and the like. Calls meanwhile share one request. The
   * first goes out at once, those soon after are spaced by the backoff.
   */
  async refresh(topics?: readonly string[], options: WaitOptions = {}): Promise<void> {
    const { clock } = this.#settings
    await abortable(this.#turn(), options.signal)
    const startedAt = clock.monotonic()
    await this.#patiently('metadata', options, () => this.#asking.ask(topics ?? this.#topics.inUse()))
    // Of those who shared a load, the first counts it.
    if (this.#refreshedAt > startedAt) return
    this.#refreshedAt = clock.monotonic()
    this.#refreshes++
  }

  /** Waits until every broker that can be reached knows these topics and their leaders: those just made are not known everywhere at once. */
  async awaitTopics(topics: readonly string[], options: WaitOptions = {}): Promise<void> {
    await this.#patiently('new topics', options, async () => {
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
    await this.#patiently('deleted topics', options, async () => {
      for (const layouts of await this.#loader.loadFromAll([...topics.keys()])) {
        for (const { name, id, error } of layouts.values()) {
          if (error === null && topics.get(name) === id) throw new ConnectionError(this.name, `topic ${name} is not deleted everywhere yet`)
        }
      }
    })
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
    return this.#pool.connection(broker, lane, options)
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
    const broker = await this.#patiently(`the coordinator of ${kind} ${key}`, options, () => this.#coordinators.find(kind, key))
    this.#directory.add(broker)
    return broker.id
  }

  /** What to do upon NotCoordinator, CoordinatorNotAvailable and lost connections. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  /** Resolves when the next refresh may go out: one wait that all share. */
  #turn(): Promise<void> {
    const { clock, backoff, lifetime } = this.#settings
    const since = clock.monotonic() - this.#refreshedAt
    if (since > 2 * backoff.max) this.#refreshes = 0
    const wait = this.#refreshes === 0 ? 0 : backoffDelay(this.#refreshes, backoff) - since
    if (this.#nextTurn === undefined && wait > 0) {
      this.#nextTurn = lifetime.sleep(wait).finally(() => {
        this.#nextTurn = undefined
      })
    }
    return this.#nextTurn ?? Promise.resolve()
  }

  #refreshQuietly(): void {
    const { clock, backoff, metadataTtl } = this.#settings
    const now = clock.monotonic()
    if (now < this.#quietUntil) return
    // What comes of it may leave the topic as stale as it was, and every use of it asks.
    this.#quietUntil = now + Math.min(backoff.max, metadataTtl)
    this.#asking.ask(this.#topics.inUse(), { fresh: false }).catch(error => {
      this.#settings.logger.warn(`${this.#directory.seedNames}: metadata not refreshed: ${messageOf(error)}`)
    })
  }

  /** Tries until it works, fails for good or the time is up. */
  #patiently<T>(what: string, { signal, timeoutMs = this.patience }: WaitOptions, task: () => Promise<T>, again = isAgain): Promise<T> {
    const { backoff, clock, lifetime, onEvent } = this.#settings
    return retry(task, {
      deadline: new Deadline(timeoutMs, clock),
      backoff,
      lifetime,
      again,
      late: last => last ?? this.#anyBroker.late(what),
      onRetry: (attempt, error) => onEvent?.({ type: 'retry', what, attempt, error }),
      ...(signal && { signal }),
    })
  }

  /** How long calls wait that give no bound of their own, in milliseconds. */
  get patience(): number {
    const { requestTimeout } = this.#settings
    return this.#directory.known.length === 0 ? Math.min(firstContact, requestTimeout) : requestTimeout
  }
}

function isAgain(error: unknown): boolean {
  return isTemporary(error) || (error instanceof KafkaError && error.code === ErrorCode.RebootstrapRequired)
}

function isUnknownTopic(error: unknown): boolean {
  return error instanceof KafkaError && error.code === ErrorCode.UnknownTopicOrPartition
}
