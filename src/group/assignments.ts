import type { Clock } from '../base/clock.ts'
import { isTemporary, messageOf, type ProtocolError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import { linkSignals, sleep } from '../base/signals.ts'
import { ErrorCode, hasCode, type KafkaError } from '../protocol/errors.ts'
import type { AssignedPartition, Beginnings } from './beginnings.ts'
import type { Commits } from './commits.ts'
import type { Coordinator } from './coordinator.ts'
import { isOutdated } from './errors.ts'
import type { AssignedOptions, GroupChanges, GroupProtocol, TopicPartitions } from './group-protocol.ts'
import type { OwnPartitions } from './own-partitions.ts'
import type { Subscription } from './subscription.ts'

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

export interface AssignmentsParts {
  readonly groupId: string
  readonly sessionTimeout: number
  readonly protocol: GroupProtocol
  readonly coordinator: Coordinator
  readonly subscription: Subscription
  readonly beginnings: Beginnings
  readonly commits: Commits
  readonly own: OwnPartitions
  readonly clock: Clock
  readonly logger: Logger
  readonly errorLogger: Logger
  readonly onEvent: EventSink | undefined
}

/** Until topics that this member may not read are tried again, in milliseconds. */
const refusedInterval = 30_000

/** What the protocol gives and takes, passed on with where to begin, which is held on to by a commit before that. */
export class Assignments implements GroupChanges {
  readonly #parts: AssignmentsParts
  readonly #listener: MembershipListener
  /** Topics that its user was told it can't read. */
  readonly #refused = new Set<string>()
  /** Tries refused topics again; ends before anything is given back. */
  #retrying: { readonly stop: AbortController; readonly done: Promise<void> } | undefined

  constructor(parts: AssignmentsParts, listener: MembershipListener) {
    this.#parts = parts
    this.#listener = listener
  }

  async assigned(added: TopicPartitions, { signal, unbroken }: AssignedOptions): Promise<void> {
    const refused = await this.#begin(added, { signal, unbroken })
    if (refused.size === 0) return
    const stop = linkSignals(signal)
    const done = this.#retryRefused(refused, stop.signal).finally(() => stop.release())
    this.#retrying = { stop: stop.controller, done }
  }

  revoked(removed: TopicPartitions, cause: unknown): Promise<void> {
    return this.#removed(removed, cause, 'revoked')
  }

  lost(removed: TopicPartitions, cause: unknown): Promise<void> {
    return this.#removed(removed, cause, 'lost')
  }

  failed(error: unknown, final = false): void {
    this.#parts.errorLogger.error(`group ${this.#parts.groupId}: ${messageOf(error)}`)
    this.#listener.failed(error, final)
  }

  /**
   * Finds out where to begin, holds on to it, and passes the partitions on; answers those of topics that can't be read.
   */
  async #begin(added: TopicPartitions, { signal, unbroken }: AssignedOptions): Promise<TopicPartitions> {
    const { groupId, protocol, subscription, beginnings, own, logger, errorLogger, onEvent } = this.#parts
    const found = await this.#persist(() => beginnings.find(added, { signal }), signal)
    const partitions = await this.#hold(found.partitions, signal)
    signal.throwIfAborted()
    own.add(partitions)
    const { memberId, generationIdOrMemberEpoch: generationId } = protocol.identity()
    const assignments = own.byTopic(subscription.topics)
    logger.info(`group ${groupId}: generation ${generationId} as ${memberId}: ${describe(assignments)}`)
    onEvent?.({ type: 'rebalance', groupId, generationId, memberId, assignments })
    const news = [...found.refused]
      .filter(([topic, error]) => !this.#refused.has(topic) && !isTemporary(error))
      .map(([, error]) => error)
    for (const error of found.refused.values()) errorLogger.error(`group ${groupId}: ${messageOf(error)}`)
    for (const topic of found.refused.keys()) this.#refused.add(topic)
    for (const { topic } of partitions) this.#refused.delete(topic)
    await this.#listener.assigned(partitions, { signal, unbroken, refused: news[0] })
    return new Map([...added].filter(([topic]) => found.refused.has(topic)))
  }

  /**
   * Commits where the group begins, before anything is handed out: what is written from now on is read, whoever has the
   * partition next. Where that is refused for now, it is committed with what is read.
   */
  async #hold(partitions: readonly AssignedPartition[], signal: AbortSignal): Promise<readonly AssignedPartition[]> {
    const { groupId, beginnings, commits, errorLogger } = this.#parts
    const open = partitions.filter(({ offset, committed }) => committed < 0 && offset >= 0)
    if (open.length === 0) return partitions
    const offsets: Record<string, Record<number, number>> = Object.create(null)
    for (const { topic, partition, offset } of open) {
      offsets[topic] ??= {}
      offsets[topic][partition] = offset
    }
    try {
      await commits.store(offsets, { topicIds: beginnings.topicIds(), signal })
    } catch (error) {
      if (signal.aborted || isOutdated(error)) throw error
      errorLogger.error(`group ${groupId}: where it begins could not be committed: ${messageOf(error)}`)
      return partitions
    }
    beginnings.held(open)
    return partitions.map(own => (own.committed < 0 ? { ...own, committed: own.offset } : own))
  }

  async #removed(removed: TopicPartitions, cause: unknown, how: 'revoked' | 'lost'): Promise<void> {
    const { groupId, protocol, own, logger, onEvent } = this.#parts
    this.#retrying?.stop.abort()
    await this.#retrying?.done
    this.#retrying = undefined
    const partitions = own.among(removed)
    const { generationIdOrMemberEpoch: generationId } = protocol.identity()
    // What is given back can be committed until it is.
    await this.#listener[how](partitions, cause)
    own.delete(partitions)
    const why = cause === undefined ? 'its user is done with it' : messageOf(cause)
    logger.info(`group ${groupId}: generation ${generationId} is over: ${why}`)
    onEvent?.({ type: 'generationEnd', groupId, generationId, error: cause })
  }

  /** Topics that could not be read may be some day. */
  async #retryRefused(refused: TopicPartitions, signal: AbortSignal): Promise<void> {
    const { groupId, clock, logger } = this.#parts
    for (let left = refused; left.size > 0; ) {
      try {
        await sleep(refusedInterval, { signal, clock })
        left = await this.#begin(left, { signal, unbroken: false })
      } catch (error) {
        if (signal.aborted) return
        logger.warn(`group ${groupId}: ${messageOf(error)}`)
      }
    }
  }

  /** Tries until it works, while the member keeps its place by heartbeats; tells what lasts. */
  async #persist<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { groupId, coordinator, sessionTimeout, logger } = this.#parts
    for (;;) {
      try {
        return await coordinator.persist(task, { signal, withinMs: sessionTimeout })
      } catch (error) {
        if (signal.aborted || !isTemporary(error)) throw error
        // A transaction that commits for the group ends, by its timeout at the latest: nothing has failed.
        if (hasCode(error, ErrorCode.UnstableOffsetCommit)) logger.warn(`group ${groupId}: ${messageOf(error)}`)
        else this.failed(error)
      }
    }
  }
}

function describe(partitions: Record<string, number[]>): string {
  return Object.entries(partitions)
    .map(([topic, ids]) => `${topic}[${ids.join(',')}]`)
    .join(' ')
}
