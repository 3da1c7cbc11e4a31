import type { AddressLike } from '../base/address.ts'
import { backoffDelay } from '../base/backoff.ts'
import { ClosedError, IsoKafkaError, messageOf, TimeoutError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { FramePool } from '../socket/frame-pool.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { Transport } from '../transport/transport.ts'
import { BatchQueue } from './batch-queue.ts'
import type { FetchSettings } from './config.ts'
import { limitOf } from './fetch-request.ts'
import { FetchResponse } from './fetch-response.ts'
import type { FetchedBatch } from './fetched.ts'
import { Flight } from './flight.ts'
import type { ReaderMetrics } from './metrics.ts'
import { OffsetResolver } from './offset-resolver.ts'
import type { Position } from './position.ts'
import { PrefetchBudget } from './prefetch-budget.ts'

export interface FetcherParts {
  readonly transport: Transport
  readonly brokers: AddressLike
  readonly settings: FetchSettings
  readonly logger: Logger
  readonly counters: ReaderMetrics
  /** Called when `take` may have something new. */
  onNews(): void
}

/** How long a partition that was read before may fail in passing ways until a read is told: longer than the election of a new leader. */
const patience = 30_000

/**
 * Fetches ahead, at each broker for all partitions it leads in one request; the next goes out before the last answer is decoded, as long as
 * what waits to be read stays within `queueBytes`. There is no loop: whatever changes calls `plan`.
 */
export class Fetcher {
  private readonly parts: FetcherParts
  private readonly cluster: Cluster
  private readonly whereabouts: OffsetResolver
  /** Names this reader's connections: on a shared one its long polls would hold up others. */
  private readonly key = crypto.getRandomValues(new Uint8Array(8)).join('.')
  private readonly pool: FramePool
  private readonly queue = new BatchQueue()
  /** What is being fetched. */
  private readonly byName = new Map<string, Position>()
  /** By broker id. */
  private readonly flights = new Map<number, Flight>()
  private readonly connections = new Map<number, BrokerConnection>()
  private readonly intake: FetchResponse
  /** Taken by answers under way for what they may bring, and by frames that are still read from. */
  private readonly room: PrefetchBudget
  private turn = 0
  private failure: { readonly error: unknown; readonly position: Position; readonly passing: boolean } | undefined
  private cancelTimer: (() => void) | undefined
  private closed = false

  constructor(parts: FetcherParts) {
    const { transport, brokers, settings } = parts
    this.parts = parts
    this.cluster = transport.cluster(brokers)
    this.pool = new FramePool(settings.queueBytes)
    this.room = new PrefetchBudget(settings.queueBytes)
    const { queue, pool, room } = this
    this.whereabouts = new OffsetResolver(parts, this)
    this.intake = new FetchResponse({ ...parts, fetcher: this, whereabouts: this.whereabouts, queue, pool, room })
  }

  get positions(): readonly Position[] {
    return [...this.byName.values()]
  }

  /** Messages that wait to be read. */
  get queueLength(): number {
    return this.queue.messages
  }

  /** Fetches these, too. Partitions that were being fetched keep their position, their queue and their request. */
  add(positions: Iterable<Position>): void {
    for (const position of positions) this.byName.set(position.name, position)
    this.plan()
  }

  /** Fetches these no more; what was fetched of them and not taken is dropped. */
  remove(positions: Iterable<Position>): void {
    for (const { name } of positions) {
      const position = this.byName.get(name)
      if (position === undefined) continue
      position.live = false
      this.byName.delete(name)
    }
    if (this.failure?.position.live === false) this.failure = undefined
    this.queue.sweep()
    this.plan()
  }

  /** Fetches these from now on, and nothing else. */
  assign(positions: readonly Position[]): void {
    const kept = new Set(positions)
    this.remove(this.positions.filter(position => !kept.has(position)))
    this.add(positions)
  }

  /** Begins anew at another offset: for what was fetched and can't be used. */
  move(position: Position, offset: number, retryAfter = 0): void {
    const moved = position.movedTo(offset)
    moved.retryAt = this.now + retryAfter
    this.remove([position])
    this.add([moved])
  }

  /**
   * The next batch, not yet verified; its frame is the caller's to release. Throws what kept positions from being fetched, once the queue
   * is empty.
   */
  take(): FetchedBatch | undefined {
    const fetched = this.queue.take()
    if (fetched !== undefined) return fetched
    const failure = this.failure
    this.failure = undefined
    if (failure?.position.live) throw failure.error
    for (const { failed } of this.byName.values()) if (failed !== undefined) throw failed
    return undefined
  }

  /** Ends at once; what was taken stays valid until released. */
  close(): void {
    this.closed = true
    this.remove(this.positions)
    this.cancelTimer?.()
    const reason = new ClosedError('the reader was closed')
    for (const flight of this.flights.values()) flight.recall(reason)
    this.cluster.releaseKey(this.key)
    this.whereabouts.close(reason)
  }

  /** Starts whatever can be started. */
  plan(): void {
    if (this.closed) return
    const now = this.now
    const byLeader = new Map<number, Position[]>()
    const lost: Position[] = []
    const vague: Position[] = []
    let wake = Number.POSITIVE_INFINITY
    for (const position of this.byName.values()) {
      if (position.flying || position.sought || position.failed !== undefined) continue
      if (position.retryAt > now) {
        wake = Math.min(wake, position.retryAt)
        continue
      }
      const layout = this.cluster.peek(position.topic)
      const leader = layout?.partitions[position.partition]?.leader ?? -1
      if (position.lost || leader < 0) lost.push(position)
      else if (!this.isSameTopic(position, layout!)) this.giveUp(position, layout!)
      else if (position.offset < 0) vague.push(position)
      else if (byLeader.has(leader)) byLeader.get(leader)!.push(position)
      else byLeader.set(leader, [position])
    }
    if (lost.length > 0) void this.whereabouts.locate(lost)
    if (vague.length > 0) void this.whereabouts.resolve(vague)
    const leaders = new Set([...byLeader.keys(), ...this.flights.keys()]).size
    for (const [leader, positions] of byLeader) {
      const flight = this.flights.get(leader)
      if (flight === undefined) this.launch(leader, positions, { leaders, untilWake: wake - now })
      // That ends its connection, which is not worth it for an answer that is due soon.
      else if (flight.waits && Math.abs(flight.dueAt - now) > this.parts.settings.backoff.min)
        flight.recall(new ClosedError('another partition is to be fetched too'))
    }
    this.cancelTimer?.()
    this.cancelTimer = wake === Number.POSITIVE_INFINITY ? undefined : this.parts.transport.clock.after(wake - now, () => this.plan())
  }

  /** A failure of one position: it is tried again later, and if it lasts (or won't pass by itself) a read is told, unless `quiet`. */
  fail(position: Position, error: unknown, { lost = false, quiet = false }: { lost?: boolean; quiet?: boolean } = {}): void {
    if (!position.live) return
    const { counters, settings, logger } = this.parts
    const now = this.now
    if (position.failures++ === 0) position.failingSince = now
    position.retryAt = now + backoffDelay(position.failures, settings.backoff)
    position.lost ||= lost
    counters.errors++
    if (error instanceof TimeoutError || (error instanceof KafkaError && error.timeout)) counters.timeouts++
    const passes = error instanceof IsoKafkaError && error.temporary
    if (quiet || (passes && (position.failures < settings.maxAttempts || (position.proven && now - position.failingSince < patience)))) {
      logger.debug(`${position.name}: fetching failed (${position.failures}): ${messageOf(error)}`)
    } else this.report(position, error, { passing: true })
  }

  /** The position was fetched: what it failed with before is no news any more. */
  succeed(position: Position): void {
    position.failures = 0
    position.proven = true
    if (this.failure?.passing && this.failure.position === position) this.failure = undefined
  }

  /** Makes a read reject; a `passing` failure only until the position is fetched with success. */
  report(position: Position, error: unknown, { passing = false }: { passing?: boolean } = {}): void {
    this.parts.logger.warn(`${position.name}: fetching failed: ${messageOf(error)}`)
    this.failure ??= { error, position, passing }
    this.parts.onNews()
  }

  private get now(): number {
    return this.parts.transport.clock.monotonic()
  }

  /** A topic of the same name but another id is another topic: an offset means nothing in it. */
  private isSameTopic(position: Position, layout: TopicLayout): boolean {
    if (position.offset < 0 || position.topicId === zeroUuid) position.topicId = layout.id
    return position.topicId === layout.id || layout.id === zeroUuid
  }

  private giveUp(position: Position, layout: TopicLayout): void {
    position.failed = new KafkaError(
      ErrorCode.OffsetOutOfRange,
      `topic ${position.topic} was deleted and made anew (id ${position.topicId}, now ${layout.id}): offset ${position.offset} of partition ${position.partition} means nothing in it`,
    )
    this.report(position, position.failed)
  }

  private launch(leader: number, positions: Position[], { leaders, untilWake }: { leaders: number; untilWake: number }): void {
    const { settings } = this.parts
    const { queueCapacity } = settings
    const asked = positions.reduce((sum, position) => sum + limitOf(position, settings), 0)
    const maxBytes = this.room.for(leader, leaders, { most: Math.min(asked, 0x7fffffff), least: settings.maxBytes })
    if (maxBytes === 0) return
    if (queueCapacity > 0 && this.queue.messages >= queueCapacity) return
    // Where lanes share a connection, and where a partition is soon to be tried again, the broker must not sit on it for long.
    const patient = this.cluster.lanesMerge ? Math.min(settings.maxWait, mergedMaxWait) : settings.maxWait
    const maxWaitMs = Math.ceil(Math.min(patient, Math.max(0, untilWake)))
    // Brokers fill an answer in the order asked: each partition is to come first in its turn.
    const first = this.turn++ % positions.length
    const plan = { leader, positions: [...positions.slice(first), ...positions.slice(0, first)], maxBytes, maxWaitMs }
    void this.fly(new Flight(this.cluster, plan, { minBytes: settings.minBytes, dueAt: this.now + maxWaitMs }))
  }

  private async fly(flight: Flight): Promise<void> {
    const { leader, positions, maxBytes, maxWaitMs } = flight.plan
    const { counters, settings } = this.parts
    this.flights.set(leader, flight)
    this.room.take(leader, maxBytes)
    for (const position of positions) position.flying = true
    const started = this.now
    try {
      const connection = await flight.connect(this.key)
      if (this.connections.get(leader) !== connection) {
        this.connections.set(leader, connection)
        counters.dials++
        counters.dialTime.observe(this.now - started)
      }
      const sent = this.now
      const { response, frame } = await flight.send(connection, this.pool, settings)
      const took = this.now - sent
      const fruitful = this.intake.take(flight.plan, response, frame, took)
      // A broker that has nothing and says so at once, rather than wait as it was asked to, would be asked without a pause.
      const pause = fruitful ? 0 : Math.min(settings.backoff.min, Math.max(maxWaitMs, 1)) - took
      if (pause > 0) for (const position of positions) position.retryAt = Math.max(position.retryAt, this.now + pause)
    } catch (error) {
      if (!flight.recalled) for (const position of positions) this.fail(position, error, { lost: true })
      // What was not answered still holds up all behind it on its connection.
      if (error instanceof TimeoutError) flight.recall(error)
    }
    for (const position of positions) position.flying = false
    this.room.give(leader, maxBytes)
    this.flights.delete(leader)
    this.plan()
  }
}

// Commits of every member wait behind each fetch of a shared connection.
const mergedMaxWait = 20
