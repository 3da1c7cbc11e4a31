import type { AddressLike } from '../base/address.ts'
import { ClosedError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { FramePool } from '../socket/frame-pool.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Transport } from '../transport/transport.ts'
import { BatchQueue } from './batch-queue.ts'
import { BrokerFetcher, type FetchAnswer } from './broker-fetcher.ts'
import type { FetchSettings } from './config.ts'
import { readResponse } from './fetch-response.ts'
import { type FetchedBatch, SharedFrame } from './fetched.ts'
import type { ReaderMetrics } from './metrics.ts'
import { OffsetResolver } from './offset-resolver.ts'
import { Outcomes } from './outcomes.ts'
import { Placement } from './placement.ts'
import { pollTime } from './poll-time.ts'
import type { Place, Position } from './position.ts'
import { PrefetchBudget } from './prefetch-budget.ts'
import { Troubles } from './troubles.ts'

export interface FetcherParts {
  readonly transport: Transport
  readonly brokers: AddressLike
  readonly settings: FetchSettings
  readonly logger: Logger
  readonly counters: ReaderMetrics
  /** Called when `take` may have something new. */
  onNews(): void
  /** Called when a broker is asked. */
  onAsk?(broker: number): void
  /** Called when a broker has answered, whatever it said; `durationMs` after it was asked. */
  onAnswer?(broker: number, durationMs: number): void
  /** Called when partitions were read on without anything to hand out: there may be something to commit. */
  onPassed(): void
}

/**
 * Fetches ahead what is added, until it is removed: and keeps the batches that wait to be read.
 */
export class Fetcher {
  readonly #parts: FetcherParts
  readonly #cluster: Cluster
  readonly #troubles: Troubles
  readonly #queue = new BatchQueue()
  readonly #pool: FramePool
  /** Taken by answers under way for what they may bring, and by frames that are still read from. */
  readonly #budget: PrefetchBudget
  readonly #key: string
  readonly #ending = new AbortController()
  /** By name. */
  readonly #positions = new Map<string, Position>()
  readonly #placement: Placement
  readonly #outcomes: Outcomes
  /** When the caller last changed what is to be read. */
  #changedAt = 0

  constructor(parts: FetcherParts) {
    const { transport, brokers, settings, logger, counters } = parts
    const { clock, onEvent } = transport
    this.#parts = parts
    this.#cluster = transport.cluster(brokers)
    this.#key = this.#cluster.newKey()
    this.#pool = new FramePool(settings.queueBytes)
    this.#budget = new PrefetchBudget(settings.queueBytes)
    const resolver = new OffsetResolver(this.#cluster, settings.isolationLevel, this.#ending.signal)
    this.#troubles = new Troubles({ clock, logger, counters, maxAttempts: settings.maxAttempts, onEvent })
    this.#placement = new Placement({
      cluster: this.#cluster,
      clock,
      resolver,
      makeBroker: id => this.#brokerFetcher(id),
      lookedUp: outcome => this.#outcomes.lookedUp(outcome),
      remade: (position, topicId) => this.#outcomes.remade(position, topicId),
    })
    this.#outcomes = new Outcomes({
      ...parts,
      cluster: this.#cluster,
      resolver,
      troubles: this.#troubles,
      queue: this.#queue,
      placement: this.#placement,
    })
  }

  /** What is being read, paused partitions included. */
  get positions(): Iterable<Position> {
    return this.#positions.values()
  }

  get count(): number {
    return this.#positions.size
  }

  position(topic: string, partition: number): Position | undefined {
    return this.#positions.get(`${topic}/${partition}`)
  }

  /** Messages that wait to be read. */
  get queueLength(): number {
    return this.#queue.messages
  }

  /** Fetches these, too. Partitions that were being fetched keep their position, their queue and their request. */
  add(positions: Iterable<Position>): void {
    const now = this.#now
    for (const position of positions) {
      this.#positions.set(position.name, position)
      position.begunAt = now
      if (position.state !== 'paused') this.#placement.settle(position)
    }
    this.#changed()
  }

  /** Fetches these no more; what was fetched of them and not taken is dropped. */
  remove(positions: Iterable<Position>): void {
    for (const position of [...positions]) {
      if (!this.#positions.delete(position.name)) continue
      position.drop()
      this.#placement.remove(position)
      this.#troubles.forget(position)
    }
    this.#queue.sweep()
    this.#changed()
  }

  /** Reads on elsewhere; what was fetched of these and not taken is dropped. */
  moveTo(positions: Iterable<Position>, place: Place): void {
    this.#move(positions, position => position.moveTo(place))
  }

  /** Reads on elsewhere in the topic that this one is of: where another has the name by now, that is told of. */
  sendBack(position: Position, place: Place): void {
    this.#move([position], () => position.restart(place))
  }

  #move(positions: Iterable<Position>, move: (position: Position) => void): void {
    for (const position of positions) {
      position.rewound()
      move(position)
      position.begunAt = this.#now
      this.#troubles.forget(position)
      if (position.state !== 'paused') this.#placement.settle(position)
    }
    this.#queue.sweep()
    this.#changed()
  }

  /** Fetches nothing of these until `resume`. `nextOf`: the next offset to hand out. */
  pause(positions: Iterable<Position>, nextOf: (position: Position) => number): void {
    for (const position of positions) {
      position.pause(nextOf(position))
      this.#placement.remove(position)
    }
    this.#queue.sweep()
    this.#changed()
  }

  resume(positions: Iterable<Position>): void {
    for (const position of positions) {
      if (position.state !== 'paused') continue
      position.resume()
      if (position.begunAt !== undefined) position.begunAt = this.#now
      this.#placement.settle(position)
    }
    this.#changed()
  }

  /**
   * The next batch, not yet verified; its frame is the caller's to release. Throws what keeps positions from being read
   * (see Troubles), once the queue is empty; that messages were lost, before what came in their place.
   */
  take(): FetchedBatch | undefined {
    const notice = this.#troubles.noticeBefore(() => this.#queue.nextOf)
    if (notice !== undefined) throw notice.error
    const fetched = this.#queue.take()
    if (fetched !== undefined) return fetched
    const told = this.#troubles.next(this.#positions.values())
    if (told !== undefined) throw told.error
    return undefined
  }

  /** The same, up to where something is to be told: that is left for `take`. */
  takeSilently(): FetchedBatch | undefined {
    return this.#troubles.hasNoticeBefore(() => this.#queue.nextOf) ? undefined : this.#queue.take()
  }

  /** The batch has been handed out, and what it holds ends at `behind`. */
  finished(fetched: FetchedBatch, behind: number): void {
    fetched.position.finished(fetched, behind)
    if (fetched.next > behind) this.#parts.onPassed()
  }

  /** A batch could not be read from this offset on: it is fetched again, a while later. */
  damaged(fetched: FetchedBatch, from: number, error: unknown): void {
    this.#outcomes.damaged(fetched, from, error)
    this.#queue.sweep()
    this.#placement.plan()
  }

  /** What was damaged came whole. */
  mended(position: Position): void {
    position.damagedAt = -1
    this.#troubles.recovered(position)
  }

  /** Ends at once; what was taken stays valid until released. Resolves once brokers were told, in bounded time. */
  async close(): Promise<void> {
    const reason = new ClosedError('the reader was closed')
    this.#ending.abort(reason)
    this.remove(this.#positions.values())
    const told = this.#placement.close()
    this.#cluster.releaseKey(this.#key)
    await told
  }

  get #now(): number {
    return this.#parts.transport.clock.monotonic()
  }

  #changed(): void {
    this.#changedAt = this.#now
    this.#placement.plan()
  }

  #brokerFetcher(id: number): BrokerFetcher {
    const { transport, settings, counters, onAsk } = this.#parts
    return new BrokerFetcher(id, {
      cluster: this.#cluster,
      clock: transport.clock,
      settings,
      counters,
      budget: this.#budget,
      pool: this.#pool,
      key: this.#key,
      signal: this.#ending.signal,
      brokers: () => this.#placement.brokers,
      pollTime: now =>
        pollTime(settings, now - this.#changedAt, {
          settled: this.#placement.settled,
          shared: this.#cluster.lanesMerge,
        }),
      isFull: () => settings.queueCapacity > 0 && this.#queue.messages >= settings.queueCapacity,
      astray: positions => {
        for (const position of positions) this.#placement.settle(position)
      },
      asked: () => onAsk?.(id),
      answered: answer => this.#answered(answer),
      failed: (asked, error) => {
        for (const each of asked) this.#outcomes.fail(each, error, { astray: true })
      },
      landed: () => this.#placement.plan(),
    })
  }

  #answered({ broker, asked, response, frame, durationMs }: FetchAnswer): boolean {
    const { counters, settings, transport, onNews, onAnswer } = this.#parts
    onAnswer?.(broker, durationMs)
    const shared = new SharedFrame(reusable => {
      this.#budget.give(broker, frame.length)
      if (reusable) this.#pool.give(frame)
      this.#placement.plan()
    })
    this.#budget.take(broker, frame.length)
    shared.hold()
    const queued = this.#queue.messages
    let fruitful = false
    try {
      for (const outcome of readResponse(response, asked, settings.isolationLevel, broker))
        if (outcome.position.era === outcome.era) fruitful = this.#outcomes.fetched(outcome, shared) || fruitful
    } finally {
      shared.release()
    }
    counters.fetches++
    counters.readTime.observe(durationMs)
    counters.fetchBytes.observe(frame.length)
    counters.fetchSize.observe(this.#queue.messages - queued)
    transport.onEvent?.({
      type: 'fetch',
      broker: String(broker),
      partitions: asked.size,
      bytes: frame.length,
      durationMs,
    })
    if (this.#queue.messages > queued) onNews()
    return fruitful
  }
}
