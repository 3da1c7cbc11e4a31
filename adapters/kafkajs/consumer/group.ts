import { Condition } from '../../../src/base/condition.ts'
import { type Deferred, deferred } from '../../../src/base/deferred.ts'
import { isTemporary } from '../../../src/base/errors.ts'
import type { Logger as CoreLogger } from '../../../src/base/logger.ts'
import type { BeginOptions } from '../../../src/group/assignments.ts'
import type { GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import type { AssignedPartition } from '../../../src/group/beginnings.ts'
import { GroupMembership } from '../../../src/group/group-membership.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { FirstOffset, LastOffset } from '../../../src/protocol/offsets.ts'
import type { CommittedOffsets } from '../committed-offsets.ts'
import { coreLogger } from '../connecting.ts'
import type { Connection } from '../context.ts'
import type { Events } from '../events.ts'
import { protocolError } from '../protocol-errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Logger, TopicPartition, TopicPartitions } from '../types/common.ts'
import type { ConsumerEvents } from '../types/consumer.ts'
import { Commits } from './commits.ts'
import { GroupNews } from './group-news.ts'
import { OwnPartition } from './own-partition.ts'
import { byTopic, Pauses, type SomePartitions } from './pauses.ts'
import { type ConsumerSettings, isolationOf, membershipSettings, rebalanceHooks, type Topics } from './settings.ts'
import { Signs } from './signs.ts'
import { Stock } from './stock.ts'

/** What is done before the member leaves takes so long at most, in milliseconds. */
const mostPatience = 5_000

export interface GroupParts {
  readonly settings: ConsumerSettings
  readonly topics: Topics
  readonly balancers: readonly GroupBalancer[]
  /** The root. */
  readonly logger: Logger
  readonly events: Events<ConsumerEvents>
  readonly offsets: CommittedOffsets
  readonly autoCommit: boolean
  /** Whether the consumer is not being stopped. */
  isRunning(): boolean
  /** There may be something to hand out. */
  onNews(): void
  /** It can't be a member. */
  failed(error: Error): void
}

/** What a connection is needed for. */
interface Stay {
  readonly connection: Connection
  readonly membership: GroupMembership
  readonly commits: Commits
  readonly stock: Stock
  readonly signs: Signs
}

/** One stay in the group: what this member has, what is fetched of it, and what is committed. */
export class Group {
  readonly news: GroupNews
  readonly #parts: GroupParts
  readonly #logger: Logger
  /** Undefined until it is connected. */
  #stay: Stay | undefined
  /** By name. */
  readonly #own = new Map<string, OwnPartition>()
  readonly #pauses = new Pauses()
  /** Where partitions that are not this member's yet are to be read from. */
  readonly #seeks = new Map<string, number>()
  readonly #joined: Deferred<void> = deferred()
  /** Rings when a handler has done what it was at. */
  readonly #idle = new Condition()
  #isMember = false
  #joinsSince = 0
  #heartbeatAt = 0

  constructor(parts: GroupParts) {
    this.#parts = parts
    this.#logger = parts.logger.namespace('ConsumerGroup')
    this.news = new GroupNews(parts)
  }

  /** Resolves once it has joined, or failed to. */
  async join(connection: Connection): Promise<void> {
    this.#stay = this.#begin(connection)
    this.#joinsSince = this.#now
    this.#membership.start({
      assigned: (added, options) => this.#assigned(added, options),
      revoked: (removed, cause) => this.#revoked(removed, cause),
      lost: (removed, cause) => this.#lost(removed, cause),
      failed: (error, final) => this.#failed(error, final),
    })
    await this.#joined.promise
  }

  #begin(connection: Connection): Stay {
    const { settings, topics, balancers, events, offsets, onNews } = this.#parts
    const { transport, addr } = connection
    const { groupId } = settings
    const logger = coreLogger(this.#logger)
    const membership = new GroupMembership({
      id: groupId,
      brokers: addr,
      topics: [...topics.keys()],
      mayBeIdle: true,
      transport,
      isolationLevel: isolationOf(settings),
      logger: quiet(logger),
      errorLogger: logger,
      ...membershipSettings(settings, balancers),
      ...rebalanceHooks(settings),
    })
    const own = this.#own
    const commits = new Commits({ membership, own, groupId, events, offsets, clock: transport.clock })
    const pauses = this.#pauses
    const signs = new Signs({
      settings,
      events,
      clock: transport.clock,
      isIdle: () => this.#isMember && stock.isIdle,
      brokerIds: () => connection.cluster.brokers().map(({ id }) => id),
      generation: () => this.generation,
    })
    const stock = new Stock({
      connection,
      settings,
      own,
      pauses,
      logger: quiet(logger),
      onNews,
      onAsk: broker => signs.asked(broker),
      onAnswer: (broker, durationMs) => {
        membership.pulse()
        signs.answered(broker, durationMs)
      },
      renew: cause => membership.rejoin(cause),
    })
    return { connection, membership, commits, stock, signs }
  }

  get commits(): Commits {
    return this.#stay!.commits
  }

  get stock(): Stock {
    return this.#stay!.stock
  }

  get #membership(): GroupMembership {
    return this.#stay!.membership
  }

  /** Gives back what it has, once it is committed, and leaves. */
  async leave(): Promise<void> {
    const { settings } = this.#parts
    this.#joined.resolve()
    if (this.#stay === undefined) return
    const { membership, stock, signs } = this.#stay
    signs.stop()
    await membership.close({ patience: Math.min(settings.rebalanceTimeout, mostPatience), leave: undefined })
    await stock.close()
  }

  get hasJoined(): boolean {
    return this.#isMember
  }

  get memberId(): string {
    return this.#stay?.membership.identity().memberId ?? ''
  }

  /** What heartbeats tell. */
  get generation(): { groupId: string; memberId: string; groupGenerationId: number } {
    const groupGenerationId = this.#stay?.membership.identity().generationIdOrMemberEpoch ?? -1
    return { ...this.identity, groupGenerationId }
  }

  /** Who it is, for logs and events. */
  get identity(): { groupId: string; memberId: string } {
    return { groupId: this.#parts.settings.groupId, memberId: this.memberId }
  }

  /**
   * Rejects while what a handler works on is to be given back, and once it is another's. Heartbeats themselves go on
   * whatever handlers do.
   */
  heartbeat(own: OwnPartition): Promise<void> {
    if ((own.isLeaving || own.isGone) && this.#parts.isRunning())
      return Promise.reject(protocolError(ErrorCode.RebalanceInProgress))
    if (this.#now >= this.#heartbeatAt) {
      this.#heartbeatAt = this.#now + this.#parts.settings.heartbeatInterval
      this.#membership.pulse()
    }
    this.gotOn()
    return Promise.resolve()
  }

  /** The coordinator has answered a heartbeat. */
  heard(): void {
    this.#stay?.signs.heard()
  }

  /** A handler gets on, and so does the consumer. */
  gotOn(): void {
    this.#stay?.signs.gotOn()
  }

  /** A handler has done what it was at, or some of it. */
  rest(): void {
    this.#idle.ring()
    this.gotOn()
  }

  /** More is asked for: who left because a handler took too long is back. */
  asked(): void {
    this.#membership.comeBack()
  }

  /** Nothing was done within so many milliseconds. */
  neglected(interval: number): void {
    this.#membership.standAside(`a handler took longer than ${interval} ms (maxPollInterval)`)
    this.#idle.ring()
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    const own = this.#own.get(`${topic}/${partition}`)
    if (own === undefined || own.isLeaving) {
      this.#seeks.set(`${topic}/${partition}`, offset)
      return
    }
    this.stock.seek(own, offset)
    if (this.#parts.autoCommit && offset >= 0) void this.commits.sought(own, offset)
  }

  pause(list: readonly SomePartitions[]): void {
    this.#logger.info(`Pausing fetching from ${list.length} topics`, { topicPartitions: list })
    this.#pauses.pause(list)
    this.#stay?.stock.review()
  }

  resume(list: readonly SomePartitions[]): void {
    this.#logger.info(`Resuming fetching from ${list.length} topics`, { topicPartitions: list })
    this.#pauses.resume(list)
    this.#stay?.stock.review()
  }

  paused(): TopicPartitions[] {
    return byTopic([...this.#own.values()].filter(({ topic, partition }) => this.#pauses.has(topic, partition)))
  }

  isPaused({ topic, partition }: TopicPartition): boolean {
    return this.#pauses.has(topic, partition)
  }

  get #now(): number {
    return this.#stay!.connection.transport.clock.monotonic()
  }

  async #assigned(added: readonly AssignedPartition[], { signal, refused }: BeginOptions): Promise<void> {
    if (refused !== undefined) return this.#failed(refused, false)
    const { topics } = this.#parts
    const ours = added.filter(({ topic }) => topics.has(topic))
    if (ours.length < added.length) this.news.unsubscribed(this.generation, added)
    this.#isMember = true
    this.news.joined(this.identity, {
      all: [...this.#own.values(), ...ours],
      division: this.#membership.division(),
      duration: Math.round(this.#now - this.#joinsSince),
    })
    const { hooks, patience } = this.#membership
    await hooks.assigned(ours, signal, patience / 2)
    const begun = ours.map(given => this.#take(given))
    this.stock.add(begun)
    this.#joined.resolve()
    this.#parts.onNews()
  }

  #take({ topic, partition, topicId, committed }: AssignedPartition): OwnPartition {
    const { topics, settings, offsets, autoCommit } = this.#parts
    const { fromBeginning = false } = topics.get(topic) ?? {}
    const sought = this.#seeks.get(`${topic}/${partition}`)
    this.#seeks.delete(`${topic}/${partition}`)
    offsets.forget(settings.groupId, topic, partition)
    const usual = committed >= 0 ? committed : fromBeginning ? FirstOffset : LastOffset
    const own = new OwnPartition({ topic, partition, topicId, offset: sought ?? usual, fromBeginning })
    this.#own.set(own.name, own)
    if (sought !== undefined && sought >= 0 && autoCommit) void this.commits.sought(own, sought)
    return own
  }

  async #revoked(removed: readonly AssignedPartition[], cause: unknown): Promise<void> {
    const { autoCommit } = this.#parts
    const { hooks, patience } = this.#membership
    const own = this.#those(removed)
    for (const each of own) each.isLeaving = true
    this.stock.remove(own)
    if (this.#parts.isRunning()) this.news.rebalancing(this.identity, cause)
    await this.#untilIdle(own, patience * 0.6)
    await hooks.revoked(removed, patience / 4)
    // Who stops has committed what its handlers did.
    if (autoCommit && this.#parts.isRunning()) await this.commits.handOver(own)
    else await this.commits.settled()
    this.#release(own)
  }

  async #lost(removed: readonly AssignedPartition[], cause: unknown): Promise<void> {
    const own = this.#those(removed)
    this.news.forgotten(this.identity, cause)
    this.stock.remove(own)
    this.#release(own)
    await this.#membership.hooks.lost(removed, this.#membership.patience / 2)
  }

  #those(partitions: readonly AssignedPartition[]): OwnPartition[] {
    return partitions.flatMap(({ topic, partition }) => this.#own.get(`${topic}/${partition}`) ?? [])
  }

  #release(own: readonly OwnPartition[]): void {
    for (const each of own) {
      each.isGone = true
      this.#own.delete(each.name)
    }
    this.#joinsSince = this.#now
  }

  /** Until no handler works on these, or for so many milliseconds. */
  async #untilIdle(own: readonly OwnPartition[], withinMs: number): Promise<void> {
    let late = false
    const cancel = this.#stay!.connection.transport.clock.after(withinMs, () => {
      late = true
      this.#idle.ring()
    })
    while (own.some(({ isBusy }) => isBusy) && !late && !this.#membership.isAside) await this.#idle.wait()
    cancel()
  }

  /** What passes is outlasted once it was a member; before that, and what does not pass, is the end of this stay. */
  #failed(error: unknown, final: boolean): void {
    if (this.#isMember && !final && isTemporary(error)) return
    this.#parts.failed(kafkaJSError(error))
    this.#joined.resolve()
  }
}

/** What passes is for those who look closely. */
function quiet(logger: CoreLogger): CoreLogger {
  return { ...logger, warn: logger.debug }
}
