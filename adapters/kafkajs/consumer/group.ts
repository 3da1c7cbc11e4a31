import { type Deferred, deferred } from '../../../src/base/deferred.ts'
import { isTemporary } from '../../../src/base/errors.ts'
import type { BeginOptions } from '../../../src/group/assignments.ts'
import type { AssignedPartition } from '../../../src/group/beginnings.ts'
import type { GroupMembership } from '../../../src/group/group-membership.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import type { Connection } from '../context.ts'
import { protocolError } from '../protocol-errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Logger, TopicPartition, TopicPartitions } from '../types/common.ts'
import type { Commits } from './commits.ts'
import { GroupNews } from './group-news.ts'
import { Holding } from './holding.ts'
import type { OwnPartition } from './own-partition.ts'
import { byTopic, Pauses, type SomePartitions } from './pauses.ts'
import { beginStay, type Stay, type StayParts } from './stay.ts'
import type { Stock } from './stock.ts'

/** What is done before the member leaves takes so long at most, in milliseconds. */
const mostPatience = 5_000

export interface GroupParts
  extends Pick<StayParts, 'settings' | 'topics' | 'balancers' | 'logger' | 'events' | 'offsets' | 'onNews'> {
  readonly autoCommit: boolean
  /** Whether the consumer is not being stopped. */
  isRunning(): boolean
  /** It can't be a member. */
  failed(error: Error): void
}

/** One stay in the group: what this member has, what is fetched of it, and what is committed. */
export class Group {
  readonly news: GroupNews
  readonly #parts: GroupParts
  readonly #logger: Logger
  /** Undefined until it is connected. */
  #stay: Stay | undefined
  readonly #holding: Holding
  readonly #pauses = new Pauses()
  readonly #joined: Deferred<void> = deferred()
  #isMember = false
  #joinsSince = 0
  #heartbeatAt = 0

  constructor(parts: GroupParts) {
    this.#parts = parts
    this.#logger = parts.logger.namespace('ConsumerGroup')
    this.news = new GroupNews(parts)
    this.#holding = new Holding(parts)
  }

  /** Resolves once it has joined, or failed to. */
  async join(connection: Connection): Promise<void> {
    this.#stay = beginStay(connection, {
      ...this.#parts,
      logger: this.#logger,
      own: this.#holding.own,
      pauses: this.#pauses,
      isMember: () => this.#isMember,
      generation: () => this.generation,
    })
    this.#joinsSince = this.#now
    this.#membership.start({
      assigned: (added, options) => this.#assigned(added, options),
      revoked: (removed, cause) => this.#revoked(removed, cause),
      lost: (removed, cause) => this.#lost(removed, cause),
      failed: (error, final) => this.#failed(error, final),
    })
    await this.#joined.promise
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
    this.#holding.rest()
    this.gotOn()
  }

  /** More is asked for: who left because a handler took too long is back. */
  asked(): void {
    this.#membership.comeBack()
  }

  /** Nothing was done within so many milliseconds. */
  neglected(interval: number): void {
    this.#membership.standAside(`a handler took longer than ${interval} ms (maxPollInterval)`)
    this.#holding.rest()
  }

  seek(place: TopicPartition, offset: number): void {
    this.#holding.seek(place, offset, this.#stay)
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
    return byTopic([...this.#holding.own.values()].filter(({ topic, partition }) => this.#pauses.has(topic, partition)))
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
      all: [...this.#holding.own.values(), ...ours],
      division: this.#membership.division(),
      duration: Math.round(this.#now - this.#joinsSince),
    })
    const { hooks, patience } = this.#membership
    await hooks.assigned(ours, signal, patience / 2)
    this.#holding.take(ours, this.#stay!)
    this.#joined.resolve()
    this.#parts.onNews()
  }

  async #revoked(removed: readonly AssignedPartition[], cause: unknown): Promise<void> {
    this.#holding.leave(removed, this.#stay!)
    if (this.#parts.isRunning()) this.news.rebalancing(this.identity, cause)
    await this.#holding.giveBack(removed, this.#stay!)
    this.#joinsSince = this.#now
  }

  async #lost(removed: readonly AssignedPartition[], cause: unknown): Promise<void> {
    this.news.forgotten(this.identity, cause)
    this.#holding.lose(removed, this.#stay!)
    this.#joinsSince = this.#now
    await this.#membership.hooks.lost(removed, this.#membership.patience / 2)
  }

  /** What passes is outlasted once it was a member; before that, and what does not pass, is the end of this stay. */
  #failed(error: unknown, final: boolean): void {
    if (this.#isMember && !final && isTemporary(error)) return
    this.#parts.failed(kafkaJSError(error))
    this.#joined.resolve()
  }
}
