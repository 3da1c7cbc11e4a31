import { backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { ConfigError, isTemporary, messageOf, TimeoutError } from '../base/errors.ts'
import { guardedLogger } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import { given } from '../base/settings.ts'
import { type CallOptions, onAbort, sleep } from '../base/signals.ts'
import { ErrorCode, hasCode } from '../protocol/errors.ts'
import type { Cluster } from '../transport/cluster.ts'
import { ofTransport } from '../transport/config.ts'
import { requireTransport } from '../transport/require-transport.ts'
import { Transport } from '../transport/transport.ts'
import { keepAlive } from './classic/heartbeats.ts'
import { type Joined, Member } from './classic/member.ts'
import { type ConsumerGroupConfig, consumerGroupSettings, type Membership, membershipOf } from './config.ts'
import { Coordinator } from './coordinator.ts'
import { GroupClosedError } from './errors.ts'
import type { Generation } from './generation.ts'
import { fetchOffsets, isOutdated, storeOffsets } from './offsets.ts'
import { RunningGeneration } from './running-generation.ts'
import { watchPartitions } from './watch-partitions.ts'

const example = "{ id: 'group', brokers: 'host:port', topics: ['topic'] }"

/** Membership of a consumer group: gives the generations, one after another. Joins when first asked for one. */
export class ConsumerGroup {
  private readonly id: string
  private readonly topics: readonly string[]
  private readonly membership: Membership
  private readonly transport: Transport
  private readonly ownsTransport: boolean
  private readonly cluster: Cluster
  private readonly coordinator: Coordinator
  private readonly member: Member
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly errorLogger: Logger

  /** What `next` waits for: one of these two, or the end. */
  private offered: RunningGeneration | undefined
  private failure: { readonly error: unknown } | undefined
  private readonly bell = new Condition()
  private readonly closing = new AbortController()
  private working: Promise<void> | undefined
  private closed: Promise<void> | undefined
  /** Set for good when the coordinator refuses this member for good. */
  private fatal: { readonly error: unknown } | undefined

  /** Throws a ConfigError for settings that can't work; connects to nothing yet. */
  constructor(all: ConsumerGroupConfig) {
    const config = given('a ConsumerGroup', all, consumerGroupSettings, example, ofTransport)
    if (config.brokers === undefined) throw new ConfigError(`a ConsumerGroup needs ${example}`)
    if (typeof config.id !== 'string' || config.id === '') throw new ConfigError('a consumer group needs an id')
    if (
      !Array.isArray(config.topics) ||
      config.topics.length === 0 ||
      config.topics.some(topic => typeof topic !== 'string' || topic === '')
    )
      throw new ConfigError('a consumer group needs topics, a list of names')
    this.id = config.id
    this.topics = [...new Set(config.topics)]
    this.membership = membershipOf(config)
    this.ownsTransport = !config.transport
    this.transport = config.transport
      ? requireTransport(config.transport, 'cluster')
      : new Transport({ ...(config.logger && { logger: config.logger }) })
    this.cluster = this.transport.cluster(config.brokers)
    this.clock = this.transport.clock
    this.logger = guardedLogger(config.logger, this.transport.logger)
    this.errorLogger = guardedLogger(config.errorLogger, this.logger)
    const { id: groupId, topics, membership, cluster, clock, logger } = this
    this.coordinator = new Coordinator({ cluster, groupId, timeout: membership.timeout, clock })
    this.member = new Member({ groupId, topics, membership, coordinator: this.coordinator, cluster, logger })
  }

  /**
   * The next generation, once the one before is over and all its functions have returned. Rejects with what kept the group from it (each
   * failure once; it goes on trying, and the next call may succeed), with a GroupClosedError after close().
   */
  async next(options: CallOptions = {}): Promise<Generation> {
    for (;;) {
      options.signal?.throwIfAborted()
      if (this.closing.signal.aborted) throw new GroupClosedError(`group ${this.id} is closed`)
      const failure = this.fatal ?? this.failure
      this.failure = undefined
      if (failure !== undefined) throw failure.error
      const generation = this.offered
      this.offered = undefined
      if (generation !== undefined) return generation
      this.working ??= this.work()
      await this.bell.wait(options)
    }
  }

  /** Ends the generation, waits for its functions (at most `rebalanceTimeout`) and leaves the group; a static member stays until its session ends. */
  close(): Promise<void> {
    this.closed ??= this.shut()
    return this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async shut(): Promise<void> {
    const { rebalanceTimeout, groupInstanceId, timeout } = this.membership
    this.closing.abort(new GroupClosedError(`group ${this.id} was closed`))
    this.bell.ring()
    if (this.working !== undefined && (await this.within(this.working, rebalanceTimeout)) === 'late') {
      this.errorLogger.error(
        `group ${this.id}: a function of the last generation is still running after ${rebalanceTimeout} ms; leaving without it`,
      )
    }
    if (groupInstanceId === null) {
      const late = new AbortController()
      const cancel = this.clock.after(timeout, () => late.abort(new TimeoutError(`not done within ${timeout} ms`)))
      await this.leave('the consumer was closed', { signal: late.signal })
      cancel()
    }
    this.coordinator.release()
    if (this.ownsTransport) await this.transport.close()
  }

  /** Generation after generation, until closed. */
  private async work(): Promise<void> {
    const { signal } = this.closing
    const { timeout, rebalanceTimeout } = this.membership
    // A coordinator on the move is none of the caller's business, unless it stays away for long.
    let quietUntil = this.clock.monotonic() + timeout
    for (let failures = 0; !signal.aborted && this.fatal === undefined; ) {
      try {
        const joined = await this.member.join({ signal })
        const generation = await this.begin(joined)
        failures = 0
        await this.live(generation, joined)
        quietUntil = this.clock.monotonic() + rebalanceTimeout
        this.takeIn(generation.cause)
      } catch (error) {
        if (signal.aborted) return
        failures++
        this.takeIn(error)
        const late = this.clock.monotonic() - quietUntil
        // A group may be divided again and again while its members come, but not for ever.
        if (isTemporary(error) ? late > 0 : hasMovedOn(error) && late > rebalanceTimeout) {
          this.report(error)
          quietUntil = this.clock.monotonic() + timeout
        }
        await this.recover(error, failures).catch(() => {})
      }
    }
  }

  /** What an error says about our membership. */
  private takeIn(error: unknown): void {
    if (hasCode(error, ErrorCode.UnknownMemberId)) this.member.id = ''
    if (hasCode(error, ErrorCode.FencedInstanceID)) {
      // Another process has the same instance id: joining again would only throw that one out.
      this.fatal = { error }
      this.bell.ring()
    }
  }

  /** Waits as the error asks for; rejects when closed meanwhile. */
  private async recover(error: unknown, failures: number): Promise<void> {
    const { joinGroupBackoff } = this.membership
    const { signal } = this.closing
    const options = { signal, clock: this.clock }
    this.logger.info(`group ${this.id}: joining failed: ${messageOf(error)}`)
    if (hasMovedOn(error)) {
      // Join the round that is under way, at once.
      if (failures > 1) await sleep(backoffDelay(failures, { min: 10, max: Math.max(10, joinGroupBackoff) }), options)
    } else if (isTemporary(error)) {
      await sleep(backoffDelay(failures, { min: 100, max: Math.max(100, joinGroupBackoff) }), options)
    } else {
      this.report(error)
      await this.leave('joining failed', { signal })
      await sleep(backoffDelay(1, { min: joinGroupBackoff, max: joinGroupBackoff }), options)
    }
  }

  private report(error: unknown): void {
    this.errorLogger.error(`group ${this.id}: ${messageOf(error)}`)
    this.failure = { error }
    this.bell.ring()
  }

  private async begin({ generationId, memberId, partitions }: Joined): Promise<RunningGeneration> {
    const { id: groupId, coordinator, cluster, membership } = this
    const { startOffset, sessionTimeout, groupInstanceId, retentionTime } = membership
    // Beyond the session timeout the place in the group would be lost anyway.
    const patience = { withinMs: sessionTimeout }
    const all = new Map(this.topics.map((topic): [string, readonly number[]] => [topic, []]))
    for (const [topic, ids] of partitions) all.set(topic, ids)
    const options = { ...patience, signal: this.closing.signal }
    const { assignments, topicIds } = await fetchOffsets(coordinator, cluster, groupId, all, startOffset, options)
    const by = { groupId, generationId, memberId, groupInstanceId, retentionTime, topicIds }
    const generation: RunningGeneration = new RunningGeneration({
      id: generationId,
      groupId,
      memberId,
      assignments,
      topicIds,
      commit: async (offsets, options) => {
        const partitions = Object.values(offsets).reduce((sum, topic) => sum + Object.keys(topic).length, 0)
        try {
          await storeOffsets(coordinator, cluster, by, offsets, { ...patience, ...options })
          this.transport.onEvent?.({ type: 'commit', groupId, partitions })
        } catch (error) {
          this.transport.onEvent?.({ type: 'commit', groupId, partitions, error })
          if (isOutdated(error)) generation.end(error)
          throw error
        }
      },
      onError: error => this.errorLogger.error(`group ${groupId}: a function of generation ${generationId} failed: ${messageOf(error)}`),
    })
    return generation
  }

  /** From the generation's beginning until the last of its functions has returned. */
  private async live(generation: RunningGeneration, { counts }: Joined): Promise<void> {
    const { id: groupId, membership, clock, cluster, logger } = this
    const { onEvent } = this.transport
    const over = new AbortController()
    const end = (): void => generation.end(this.closing.signal.reason)
    if (this.closing.signal.aborted) end()
    const forget = this.closing.signal.aborted ? undefined : onAbort(this.closing.signal, end)
    const partitions = Object.fromEntries(Object.entries(generation.assignments).map(([topic, all]) => [topic, all.map(({ id }) => id)]))
    logger.info(`group ${groupId}: generation ${generation.id} as ${generation.memberId}: ${describe(partitions)}`)
    onEvent?.({ type: 'rebalance', groupId, generationId: generation.id, memberId: generation.memberId, assignments: partitions })

    const tasks = [keepAlive(generation, this.member, { membership, clock, signal: over.signal })]
    if (counts !== undefined && membership.watchPartitionChanges) {
      tasks.push(watchPartitions(generation, counts, { cluster, interval: membership.partitionWatchInterval, clock, logger }))
    }
    this.failure = undefined
    this.offered = generation
    this.bell.ring()
    await generation.over
    if (this.offered === generation) this.offered = undefined
    over.abort()
    forget?.()
    await Promise.all(tasks)
    logger.info(
      `group ${groupId}: generation ${generation.id} is over: ${generation.cause === undefined ? 'a function of it returned' : messageOf(generation.cause)}`,
    )
    onEvent?.({ type: 'generationEnd', groupId, generationId: generation.id, error: generation.cause })
  }

  private async leave(reason: string, options: CallOptions = {}): Promise<void> {
    if (this.member.id === '') return
    try {
      await this.member.leave(reason, options)
    } catch (error) {
      // The session timeout will do it then.
      this.logger.warn(`group ${this.id}: leaving failed: ${messageOf(error)}`)
    }
  }

  private within(work: Promise<void>, milliseconds: number): Promise<'done' | 'late'> {
    return new Promise(resolve => {
      const cancel = this.clock.after(milliseconds, () => resolve('late'))
      void work.then(() => {
        cancel()
        resolve('done')
      })
    })
  }
}

/** The group is being divided, or was while this member looked elsewhere. */
function hasMovedOn(error: unknown): boolean {
  return hasCode(error, ErrorCode.RebalanceInProgress) || isOutdated(error)
}

function describe(partitions: Record<string, number[]>): string {
  return Object.entries(partitions)
    .map(([topic, ids]) => `${topic}[${ids.join(',')}]`)
    .join(' ')
}
