import { type Address, formatAddress } from '../base/address.ts'
import { ConnectionError } from '../base/errors.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { type CoordinatorKind, Coordinators } from './coordinators.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import type { BrokerInfo } from './layout.ts'
import type { Layouts } from './metadata-loader.ts'
import { NetworkCluster } from './network-cluster.ts'
import type { WaitOptions } from './patience.ts'
import type { Pool } from './pool.ts'
import { layoutOf } from './read-layout.ts'
import type { Settings } from './settings.ts'

export type { CoordinatorKind } from './coordinators.ts'
export type { WaitOptions } from './patience.ts'
export type { TopicOptions } from './topic-finder.ts'

/**
 * One Kafka cluster as one Transport knows it: its brokers, the layouts of topics in use, coordinators and connections.
 */
export class Cluster extends NetworkCluster {
  readonly #coordinators: Coordinators

  constructor(settings: Settings, pool: Pool, seeds: readonly Address[]) {
    super(settings, pool, seeds)
    this.#coordinators = new Coordinators(
      this.anyBroker,
      settings.dialTimeout,
      (broker, denied) => this.#meet(broker, denied),
      this.directory.recall,
    )
  }

  /** −1 until known. With KRaft any broker may be named: each passes on what is for the controller. */
  get controllerId(): number {
    return this.directory.controllerId
  }

  /** null until known. */
  get clusterId(): string | null {
    return this.directory.clusterId
  }

  /** What a caller asked for himself says which cluster this is: what listens at its addresses is held to that. */
  meet(clusterId: string | null): void {
    this.directory.meet(clusterId)
  }

  /** True when the adapter limits connections: lanes may then share one, so long polls must be short. */
  get lanesMerge(): boolean {
    return this.settings.adapter.limits?.connections !== undefined
  }

  /** Whether a broker, as host:port, answered before what connected to it ended: when it can't be reached, it is away. */
  hasAnswered(broker: string): boolean {
    return this.pool.hasAnswered(broker)
  }

  /** Why no broker can be reached; undefined while one can. */
  get failure(): unknown {
    return this.anyBroker.failure
  }

  /** How long calls wait that give no bound of their own, in milliseconds. */
  get patience(): number {
    return this.tries.usual
  }

  /** A key for connections that nobody else shall share. */
  newKey(): string {
    return this.pool.newKey()
  }

  /** The name of a topic in use, by its id (KIP-516). */
  nameOf(topicId: string): string | undefined {
    return this.topics.nameOf(topicId)
  }

  override async connection(
    brokerId: number | 'any' | 'controller',
    lane: Lane,
    options: ConnectionOptions = {},
  ): Promise<BrokerConnection> {
    return super.connection(brokerId === 'controller' ? this.controllerId : brokerId, lane, options)
  }

  /**
   * Gives a broker's connections of these lanes no new requests: they lead astray, or one holds up what comes behind an
   * unanswered request. What is under way on them may still be answered.
   */
  letGo(brokerId: number, lanes: readonly Lane[]): void {
    const broker = this.directory.get(brokerId)
    if (broker === undefined) return
    const address = formatAddress(broker)
    this.pool.closeIdle(place => place.broker === address && lanes.includes(place.lane))
  }

  /** What a user's key alone has to a broker, if it is open and nothing waits on it. */
  idleConnection(brokerId: number, lane: Lane, key: string): BrokerConnection | undefined {
    const broker = this.directory.get(brokerId)
    return broker && this.pool.idle(broker, lane, key)
  }

  /** Ends a connection that its user alone had (by a key), and what still waits on it. One that lanes share stays. */
  release(connection: BrokerConnection): void {
    this.pool.release(connection)
  }

  /** The same for all connections of a key, those being opened included. */
  releaseKey(key: string): void {
    this.pool.releaseKey(key)
  }

  /**
   * Waits until every broker that can be reached knows these topics and their leaders: those just made are not known
   * everywhere at once.
   */
  async awaitTopics(topics: readonly string[], options: WaitOptions = {}): Promise<void> {
    await this.tries.run('new topics', options, async () => {
      for (const layouts of await this.#askAll(topics)) {
        for (const name of topics) {
          const layout = layouts.get(name)
          if (layout?.error) throw layout.error
          if (layout === undefined || layout.partitions.some(({ leader }) => leader < 0))
            throw new KafkaError(ErrorCode.LeaderNotAvailable, name)
        }
      }
    })
  }

  /**
   * Waits until no broker that can be reached knows these topics, given with their ids: one under the same name may
   * have been made since.
   */
  async awaitDeleted(topics: ReadonlyMap<string, string>, options: WaitOptions = {}): Promise<void> {
    for (const name of topics.keys()) this.topics.forget(name)
    await this.tries.run('deleted topics', options, async () => {
      for (const layouts of await this.#askAll([...topics.keys()])) {
        for (const { name, id, error } of layouts.values()) {
          if (error === null && topics.get(name) === id)
            throw new ConnectionError(this.name, `topic ${name} is not deleted everywhere yet`)
        }
      }
    })
    for (const [name, id] of topics) if (this.topics.use(name)?.id === id) this.topics.forget(name)
  }

  /** The broker id of a group's or transaction's coordinator; cached. Waits while none is available. */
  async coordinator(kind: CoordinatorKind, key: string, options: WaitOptions = {}): Promise<number> {
    return this.tries.run(`the coordinator of ${kind} ${key}`, options, () => this.#coordinators.find(kind, key))
  }

  /** What to do upon CoordinatorNotAvailable and lost connections. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  /** What to do upon NotCoordinator. */
  denyCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.deny(kind, key)
  }

  protected override forgetGuesses(): void {
    super.forgetGuesses()
    this.#coordinators.forgetAll()
  }

  /** What every broker says of these topics, believed or not; those that can't be reached are left out. One try. */
  async #askAll(names: readonly string[]): Promise<Layouts[]> {
    if (this.brokers().length === 0) await this.loader.load([], { create: false })
    const told = await Promise.allSettled(
      this.brokers().map(async broker => {
        const topics = await this.loader.ask(await this.links.connection(broker, 'control'), names, false)
        for (const topic of topics) this.topics.hear(topic.name!, topic)
        return new Map(topics.map(topic => [topic.name!, layoutOf(topic.name!, topic)]))
      }),
    )
    const answers = told.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    const failed = told.find(each => each.status === 'rejected')
    if (answers.length === 0 && failed !== undefined) throw failed.reason
    return answers
  }

  /**
   * A broker named outside of metadata. When that has it elsewhere, either may be the older news: metadata, asked anew,
   * decides. One that denied what it is said to be: its name may have led to another when it was dialed, and before
   * Kafka 4.4 nobody can be asked which broker it is.
   */
  async #meet(broker: BrokerInfo, denied: boolean): Promise<void> {
    const known = this.directory.get(broker.id)
    if (known === undefined) this.directory.add(broker)
    else if (known.host !== broker.host || known.port !== broker.port)
      await this.refresh([], { timeoutMs: this.settings.dialTimeout }).catch(() => {})
    if (denied) this.letGo(broker.id, ['control', 'group'])
  }
}
