import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { isTemporary, messageOf, TimeoutError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import { guardedLogger } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import { only } from '../base/settings.ts'
import { linkSignals } from '../base/signals.ts'
import { ErrorCode, hasCode } from '../protocol/errors.ts'
import { IsolationLevel } from '../protocol/offsets.ts'
import type { Transport } from '../transport/transport.ts'
import { Assignments, type MembershipListener } from './assignments.ts'
import { Beginnings, type OwnPartition } from './beginnings.ts'
import { ClassicProtocol } from './classic/classic-protocol.ts'
import { type CommitOptions, Commits } from './commits.ts'
import {
  type ConsumerGroupConfig,
  groupSettingsOf,
  hookSettings,
  type InnerSettings,
  type MembershipSettings,
} from './config.ts'
import { AutoProtocol } from './consumer/auto-protocol.ts'
import { ConsumerProtocol } from './consumer/consumer-protocol.ts'
import { Coordinator } from './coordinator.ts'
import { GroupClosedError } from './errors.ts'
import type { GroupOffsets } from './generation.ts'
import type { CommitIdentity, Division, GroupChanges, GroupProtocol } from './group-protocol.ts'
import { Hooks } from './hooks.ts'
import type { TopicIds } from './offsets.ts'
import { OwnPartitions } from './own-partitions.ts'
import { Subscription } from './subscription.ts'

export interface GroupMembershipConfig extends ConsumerGroupConfig, InnerSettings {
  readonly transport: Transport
  /** Whose end a group begins at. Default: ReadUncommitted. */
  readonly isolationLevel?: IsolationLevel
}

const protocols = { classic: ClassicProtocol, consumer: ConsumerProtocol, auto: AutoProtocol }

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
  readonly #own = new OwnPartitions()
  readonly #commits: Commits
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
    const { timeout, startOffset, startWithin } = membership
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
      startWithin,
      clock,
      isolationLevel,
      timeout,
      logger,
    })
    this.#commits = new Commits({
      ...place,
      settings: membership,
      protocol: this.#protocol,
      beginnings: this.#beginnings,
      own: this.#own,
      clock,
      onEvent: transport.onEvent,
    })
  }

  /** Joins, and stays until `close`. To be called once. */
  start(listener: MembershipListener): void {
    const { id: groupId, clock, logger, errorLogger } = this
    const assignments = new Assignments(
      {
        groupId,
        sessionTimeout: this.settings.sessionTimeout,
        protocol: this.#protocol,
        coordinator: this.#coordinator,
        subscription: this.#subscription,
        beginnings: this.#beginnings,
        commits: this.#commits,
        own: this.#own,
        clock,
        logger,
        errorLogger,
        onEvent: this.#onEvent,
      },
      listener,
    )
    // It lives on when the call that began it is long over.
    const running = this.#transport.detached(() => this.#live(assignments))
    this.#running = running.catch(error => assignments.failed(error, true))
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

  /** See Commits. */
  commit(offsets: GroupOffsets, options: CommitOptions): Promise<void> {
    return this.#commits.store(offsets, options)
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
