import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { Deadline } from '../base/deadline.ts'
import { isTemporary, messageOf, type ProtocolError, TimeoutError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import { guardedLogger } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import { only } from '../base/settings.ts'
import { type CallOptions, linkSignals, sleep } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, hasCode, type KafkaError } from '../protocol/errors.ts'
import { IsolationLevel } from '../protocol/offsets.ts'
import type { Transport } from '../transport/transport.ts'
import { type AssignedPartition, Beginnings, type OwnPartition } from './beginnings.ts'
import { ClassicProtocol } from './classic/classic-protocol.ts'
import { type ConsumerGroupConfig, groupSettingsOf, hookSettings, type MembershipSettings } from './config.ts'
import { AutoProtocol } from './consumer/auto-protocol.ts'
import { ConsumerProtocol } from './consumer/consumer-protocol.ts'
import { Coordinator } from './coordinator.ts'
import { GroupClosedError, isOutdated } from './errors.ts'
import type { GroupOffsets } from './generation.ts'
import type {
  AssignedOptions,
  CommitIdentity,
  Division,
  GroupChanges,
  GroupProtocol,
  TopicPartitions,
} from './group-protocol.ts'
import { Hooks } from './hooks.ts'
import { type StoreOptions, storeOffsets, type TopicIds } from './offsets.ts'
import { Subscription } from './subscription.ts'
import type { TopicPattern } from './topic-pattern.ts'

export interface GroupMembershipConfig extends ConsumerGroupConfig {
  /** In place of topics. */
  readonly pattern?: TopicPattern
  /** A member may have no topics: it is one of the group and reads nothing. */
  readonly mayBeIdle?: boolean
  readonly transport: Transport
  /** Of a group that begins at the end: so many milliseconds before it. Default 0. */
  readonly startWithin?: number
  /** Whose end a group begins at. Default: ReadUncommitted. */
  readonly isolationLevel?: IsolationLevel
}

export interface BeginOptions {
  /** Aborted when they are to be given back. */
  readonly signal: AbortSignal
  /** What of these was given back last, nobody else has had since. */
  readonly unbroken: boolean
  /** Why others can't be read that were given, too; undefined where none is, or that was told before. */
  readonly refused: KafkaError | ProtocolError | undefined
}

/** What a membership tells of. Each promise is awaited before it goes on; one call is over before the next begins. */
export interface MembershipListener {
  /** These are this member's, too, from now on. */
  assigned(added: readonly AssignedPartition[], options: BeginOptions): Promise<void> | void
  /** These are to be given back. What was done with them can be committed until the promise resolves. */
  revoked(removed: readonly AssignedPartition[], cause: unknown): Promise<void>
  /** These are another's already. */
  lost(removed: readonly AssignedPartition[], cause: unknown): Promise<void>
  /** What keeps the member from its partitions, or from some of them. It goes on trying, unless this is `final`. */
  failed(error: unknown, final: boolean): void
}

export interface CommitOptions extends CallOptions {
  /** Default: as of now. */
  identity?: CommitIdentity
  topicIds: TopicIds
  /** What is committed with each offset. Default: what later members are to know of where the group began. */
  metadata?(topic: string, partition: number): string | null
  /** Of the message before what is committed (KIP-320). Default: −1, unknown. */
  leaderEpoch?(topic: string, partition: number): number
  /** Told of each partition that is stored, be it that others are not. */
  stored?(topic: string, partition: number): void
}

const protocols = { classic: ClassicProtocol, consumer: ConsumerProtocol, auto: AutoProtocol }

/** Until topics that this member may not read are tried again, in milliseconds. */
const refusedInterval = 30_000

/** One member of a group, by whatever protocol: adds to the partitions it is given where to begin, and commits. */
export class GroupMembership {
  readonly id: string
  readonly #subscription: Subscription
  readonly settings: MembershipSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly errorLogger: Logger
  readonly #transport: Transport
  readonly #onEvent: EventSink | undefined
  readonly #coordinator: Coordinator
  readonly #protocol: GroupProtocol
  /** Its user's; whoever listens calls them, for it knows when. */
  readonly hooks: Hooks
  readonly #beginnings: Beginnings
  readonly #config: GroupMembershipConfig
  /** What this member has, by topic and partition. */
  readonly #owned = new Map<string, Map<number, AssignedPartition>>()
  /** Topics that its user was told it can't read. */
  readonly #refused = new Set<string>()
  /** Tries refused topics again; ends before anything is given back. */
  #retrying: { readonly stop: AbortController; readonly done: Promise<void> } | undefined
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  /** How long giving back may take, in milliseconds. */
  #patience: number
  /** Ends the stay in the group, for a while or for good. */
  #staying = new AbortController()
  /** Why it stands aside, until it comes back. */
  #aside: string | undefined
  readonly #back = new Condition()

  /** Throws a ConfigError for settings that can't work; connects to nothing yet. */
  constructor(config: GroupMembershipConfig) {
    const { id, topics, membership } = groupSettingsOf(config)
    const { transport, brokers } = config
    this.id = id
    const subscription = new Subscription(topics, config.pattern ?? null)
    this.#subscription = subscription
    this.settings = membership
    this.#config = config
    this.#transport = transport
    this.clock = transport.clock
    this.logger = guardedLogger(config.logger, transport.logger)
    this.errorLogger = guardedLogger(config.errorLogger, this.logger)
    this.#onEvent = transport.onEvent
    const { clock, logger } = this
    this.hooks = new Hooks({ ...only(config, hookSettings), groupId: id, clock, logger: this.errorLogger })
    const { timeout, startOffset } = membership
    const cluster = transport.cluster(brokers)
    const coordinator = new Coordinator({ cluster, groupId: id, timeout, clock, logger })
    const { isolationLevel = IsolationLevel.ReadUncommitted } = config
    this.#coordinator = coordinator
    this.#patience = membership.rebalanceTimeout
    const Protocol = protocols[membership.protocol]
    this.#protocol = new Protocol({ groupId: id, subscription, membership, coordinator, cluster, clock, logger })
    const place = { groupId: id, coordinator, cluster }
    this.#beginnings = new Beginnings({
      ...place,
      transport,
      brokers,
      subscription,
      startOffset,
      startWithin: this.startWithin,
      clock,
      isolationLevel,
      timeout,
      logger,
    })
  }

  /** Joins, and stays until `close`. To be called once. */
  start(listener: MembershipListener): void {
    const changes: GroupChanges = {
      assigned: (added, options) => this.#assigned(added, options, listener),
      revoked: (removed, cause) => this.#removed(removed, cause, listener.revoked.bind(listener)),
      lost: (removed, cause) => this.#removed(removed, cause, listener.lost.bind(listener)),
      failed: error => this.#failed(error, listener),
    }
    // It lives on when the call that began it is long over.
    const running = this.#transport.detached(() => this.#live(changes))
    this.#running = running.catch(error => this.#failed(error, listener, true))
  }

  /** Those that it reads, as far as they are known. */
  get topics(): readonly string[] {
    return this.#subscription.topics
  }

  async #live(changes: GroupChanges): Promise<void> {
    const closing = this.#closing.signal
    while (!closing.aborted) {
      const stay = linkSignals(closing)
      this.#staying = stay.controller
      await this.#protocol.run(changes, { signal: stay.signal }).finally(() => stay.release())
      if (closing.aborted) return
      await this.#leave(messageOf(stay.signal.reason), undefined)
      while (this.#aside !== undefined && !closing.aborted) await this.#back.wait({ signal: closing }).catch(() => {})
    }
  }

  /** Whether it left the group for a while, or is about to. */
  get isAside(): boolean {
    return this.#aside !== undefined
  }

  /** Gives everything back and leaves the group, for this reason, until `comeBack`. */
  standAside(reason: string): void {
    if (this.#aside !== undefined || this.#closing.signal.aborted) return
    this.logger.warn(`group ${this.id}: ${reason}: leaving the group until more is asked for`)
    this.#aside = reason
    this.#staying.abort(new GroupClosedError(reason))
  }

  /**
   * How long all may take that is done before partitions are given back, in milliseconds: what the group waits for, or
   * who closes.
   */
  get patience(): number {
    return this.#patience
  }

  /** Joins again if it stands aside. */
  comeBack(): void {
    if (this.#aside === undefined) return
    this.#aside = undefined
    this.#back.ring()
  }

  /** Of a group that begins at the end: so many milliseconds before it. */
  get startWithin(): number {
    return this.#config.startWithin ?? 0
  }

  identity(): CommitIdentity {
    return this.#protocol.identity()
  }

  /** Who divided the group as it is now, and how. */
  division(): Division {
    return this.#protocol.division()
  }

  /** Of all its topics, as they were when it was given partitions last. */
  topicIds(): TopicIds {
    return this.#beginnings.topicIds()
  }

  /** What commits of a topic carry. */
  note(topic: string): string | null {
    return this.#beginnings.note(topic)
  }

  /**
   * What the group has committed in these partitions, by `topic/partition`, −1 for nothing: once no transaction has a
   * commit open there (KIP-447). Those of a topic that was made anew since are left out. Asks for as long as it takes, or
   * until the signal aborts.
   */
  async committed(partitions: readonly OwnPartition[], signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    for (;;) {
      try {
        return await this.#coordinator.persist(() => this.#beginnings.committed(partitions, signal), {
          signal,
          withinMs: this.settings.sessionTimeout,
        })
      } catch (error) {
        if (signal.aborted || !isTemporary(error)) throw error
        this.logger.warn(`group ${this.id}: what it has committed is not known yet: ${messageOf(error)}`)
        if (hasCode(error, ErrorCode.UnknownTopicID)) await this.#learnTopics(partitions, signal)
      }
    }
  }

  /** A coordinator knows other topics of these names: what is known of them is of another life. */
  async #learnTopics(partitions: readonly OwnPartition[], signal: AbortSignal): Promise<void> {
    const names = [...new Set(partitions.map(({ topic }) => topic))]
    const cluster = this.#transport.cluster(this.#config.brokers)
    await cluster.refresh(names, { signal, timeoutMs: this.settings.timeout }).catch(() => {})
  }

  /** Has the group divided anew. */
  rejoin(cause: unknown): void {
    this.#protocol.rejoin(cause)
  }

  /** See GroupProtocol. */
  pulse(): void {
    this.#protocol.pulse()
  }

  /**
   * Commits; failures that pass are tried again for as long as the member's place would be kept without a heartbeat.
   */
  async commit(offsets: GroupOffsets, { identity, ...options }: CommitOptions): Promise<void> {
    const { sessionTimeout } = this.settings
    const partitions = Object.values(offsets).reduce((sum, topic) => sum + Object.keys(topic).length, 0)
    const until = new Deadline(sessionTimeout, this.clock)
    const keeps = this.#keeping(offsets)
    for (;;) {
      const used = identity ?? this.identity()
      try {
        await this.#store(offsets, used, { withinMs: until.remaining, ...options })
        this.#onEvent?.({ type: 'commit', groupId: this.id, partitions })
        return
      } catch (error) {
        if (isOfAnotherEpoch(error) && identity === undefined && !until.passed && keeps()) {
          // It went on since, or goes on now, while these partitions stay: that is known soon.
          await until.bound(this.#protocol.renewed(options), () => error)
          if (this.identity().generationIdOrMemberEpoch !== used.generationIdOrMemberEpoch && keeps()) continue
        }
        this.#onEvent?.({ type: 'commit', groupId: this.id, partitions, error })
        const now = this.identity()
        const current =
          used.memberId === now.memberId && used.generationIdOrMemberEpoch === now.generationIdOrMemberEpoch
        if (current && isOutdated(error)) this.rejoin(error)
        throw error
      }
    }
  }

  /** Whether this member still has these partitions, without a break. */
  #keeping(offsets: GroupOffsets): () => boolean {
    const own = Object.entries(offsets).flatMap(([topic, partitions]) =>
      Object.keys(partitions).map(id => [topic, Number(id), this.#owned.get(topic)?.get(Number(id))] as const),
    )
    return () => own.every(([topic, id, partition]) => this.#owned.get(topic)?.get(id) === partition)
  }

  async #store(
    offsets: GroupOffsets,
    identity: CommitIdentity,
    {
      topicIds,
      metadata = topic => this.#beginnings.note(topic),
      leaderEpoch = () => -1,
      ...options
    }: CommitOptions & StoreOptions,
  ): Promise<void> {
    const { retentionTime } = this.settings
    const terms = { identity, topicIds, retentionTime, metadata, leaderEpoch }
    const place = {
      groupId: this.id,
      coordinator: this.#coordinator,
      cluster: this.#transport.cluster(this.#config.brokers),
    }
    const stored = (topic: string, partition: number): void => {
      this.#beginnings.stored(topic, topicIds[topic] ?? zeroUuid, partition, offsets[topic]![partition]!)
      options.stored?.(topic, partition)
    }
    await storeOffsets(place, terms, offsets, { ...options, stored })
  }

  /**
   * Gives everything back, within `patience` milliseconds, and leaves the group; a static member stays until its
   * session ends, unless `leave` says otherwise.
   */
  async close({ patience, leave }: { patience: number; leave: boolean | undefined }): Promise<void> {
    this.#patience = patience
    this.#closing.abort(new GroupClosedError(`group ${this.id} was closed`))
    if (this.#running !== undefined && (await this.#within(this.#running, patience)) === 'late')
      this.errorLogger.error(
        `group ${this.id}: what works on its partitions is still running after ${patience} ms; leaving without it`,
      )
    await this.#leave('the consumer was closed', leave)
    this.#coordinator.release()
  }

  async #leave(reason: string, leave: boolean | undefined): Promise<void> {
    const { timeout } = this.settings
    const late = new AbortController()
    const cancel = this.clock.after(timeout, () => late.abort(new TimeoutError(`not done within ${timeout} ms`)))
    await this.#protocol.leave(reason, { leave, signal: late.signal })
    cancel()
  }

  async #assigned(
    added: TopicPartitions,
    { signal, unbroken }: AssignedOptions,
    listener: MembershipListener,
  ): Promise<void> {
    const refused = await this.#begin(added, { signal, unbroken }, listener)
    if (refused.size === 0) return
    const stop = linkSignals(signal)
    const done = this.#retryRefused(refused, stop.signal, listener).finally(() => stop.release())
    this.#retrying = { stop: stop.controller, done }
  }

  /**
   * Finds out where to begin, holds on to it, and passes the partitions on; answers those of topics that can't be read.
   */
  async #begin(
    added: TopicPartitions,
    { signal, unbroken }: AssignedOptions,
    listener: MembershipListener,
  ): Promise<TopicPartitions> {
    const { id: groupId, logger } = this
    const found = await this.#persist(() => this.#beginnings.find(added, { signal }), signal, listener)
    const partitions = await this.#hold(found.partitions, signal)
    signal.throwIfAborted()
    for (const partition of partitions) {
      const topic = this.#owned.get(partition.topic) ?? new Map<number, AssignedPartition>()
      this.#owned.set(partition.topic, topic)
      topic.set(partition.partition, partition)
    }
    const { memberId, generationIdOrMemberEpoch: generationId } = this.identity()
    const assignments = Object.fromEntries(
      [...new Set([...this.topics, ...this.#owned.keys()])].map(topic => [
        topic,
        [...(this.#owned.get(topic)?.keys() ?? [])],
      ]),
    )
    logger.info(`group ${groupId}: generation ${generationId} as ${memberId}: ${describe(assignments)}`)
    this.#onEvent?.({ type: 'rebalance', groupId, generationId, memberId, assignments })
    const news = [...found.refused]
      .filter(([topic, error]) => !this.#refused.has(topic) && !isTemporary(error))
      .map(([, error]) => error)
    for (const error of found.refused.values()) this.errorLogger.error(`group ${groupId}: ${messageOf(error)}`)
    for (const topic of found.refused.keys()) this.#refused.add(topic)
    for (const { topic } of partitions) this.#refused.delete(topic)
    await listener.assigned(partitions, { signal, unbroken, refused: news[0] })
    return new Map([...added].filter(([topic]) => found.refused.has(topic)))
  }

  /**
   * Commits where the group begins, before anything is handed out: what is written from now on is read, whoever has the
   * partition next. Where that is refused for now, it is committed with what is read.
   */
  async #hold(partitions: readonly AssignedPartition[], signal: AbortSignal): Promise<readonly AssignedPartition[]> {
    const open = partitions.filter(({ offset, committed }) => committed < 0 && offset >= 0)
    if (open.length === 0) return partitions
    const offsets: Record<string, Record<number, number>> = Object.create(null)
    for (const { topic, partition, offset } of open) {
      offsets[topic] ??= {}
      offsets[topic][partition] = offset
    }
    try {
      await this.commit(offsets, { topicIds: this.topicIds(), signal })
    } catch (error) {
      if (signal.aborted || isOutdated(error)) throw error
      this.errorLogger.error(`group ${this.id}: where it begins could not be committed: ${messageOf(error)}`)
      return partitions
    }
    this.#beginnings.held(open)
    return partitions.map(own => (own.committed < 0 ? { ...own, committed: own.offset } : own))
  }

  async #removed(removed: TopicPartitions, cause: unknown, tell: MembershipListener['revoked']): Promise<void> {
    this.#retrying?.stop.abort()
    await this.#retrying?.done
    this.#retrying = undefined
    const partitions = [...removed].flatMap(([topic, ids]) => ids.flatMap(id => this.#owned.get(topic)?.get(id) ?? []))
    const { generationIdOrMemberEpoch: generationId } = this.identity()
    // What is given back can be committed until it is.
    await tell(partitions, cause)
    for (const { topic, partition } of partitions) this.#owned.get(topic)?.delete(partition)
    const why = cause === undefined ? 'its user is done with it' : messageOf(cause)
    this.logger.info(`group ${this.id}: generation ${generationId} is over: ${why}`)
    this.#onEvent?.({ type: 'generationEnd', groupId: this.id, generationId, error: cause })
  }

  /** Topics that could not be read may be some day. */
  async #retryRefused(refused: TopicPartitions, signal: AbortSignal, listener: MembershipListener): Promise<void> {
    for (let left = refused; left.size > 0; ) {
      try {
        await sleep(refusedInterval, { signal, clock: this.clock })
        left = await this.#begin(left, { signal, unbroken: false }, listener)
      } catch (error) {
        if (signal.aborted) return
        this.logger.warn(`group ${this.id}: ${messageOf(error)}`)
      }
    }
  }

  /** Tries until it works, while the member keeps its place by heartbeats; tells what lasts. */
  async #persist<T>(task: () => Promise<T>, signal: AbortSignal, listener: MembershipListener): Promise<T> {
    const { sessionTimeout } = this.settings
    for (;;) {
      try {
        return await this.#coordinator.persist(task, { signal, withinMs: sessionTimeout })
      } catch (error) {
        if (signal.aborted || !isTemporary(error)) throw error
        // A transaction that commits for the group ends, by its timeout at the latest: nothing has failed.
        if (hasCode(error, ErrorCode.UnstableOffsetCommit)) this.logger.warn(`group ${this.id}: ${messageOf(error)}`)
        else this.#failed(error, listener)
      }
    }
  }

  #failed(error: unknown, listener: MembershipListener, final = false): void {
    this.errorLogger.error(`group ${this.id}: ${messageOf(error)}`)
    listener.failed(error, final)
  }

  #within(work: Promise<void>, milliseconds: number): Promise<'done' | 'late'> {
    return new Promise(resolve => {
      const cancel = this.clock.after(milliseconds, () => resolve('late'))
      void work.then(() => {
        cancel()
        resolve('done')
      })
    })
  }
}

/** What is committed may count, as of another epoch. */
function isOfAnotherEpoch(error: unknown): boolean {
  return hasCode(error, ErrorCode.StaleMemberEpoch, ErrorCode.IllegalGeneration, ErrorCode.RebalanceInProgress)
}

function describe(partitions: Record<string, number[]>): string {
  return Object.entries(partitions)
    .map(([topic, ids]) => `${topic}[${ids.join(',')}]`)
    .join(' ')
}
