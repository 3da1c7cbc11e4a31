import type { AddressLike } from '../base/address.ts'
import { backoffDelay } from '../base/backoff.ts'
import { ClosedError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { LastOffset } from '../protocol/offsets.ts'
import { FramePool } from '../socket/frame-pool.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { Transport } from '../transport/transport.ts'
import { BatchQueue } from './batch-queue.ts'
import { BrokerFetcher, type FetchAnswer } from './broker-fetcher.ts'
import type { FetchSettings } from './config.ts'
import { type FetchOutcome, readResponse } from './fetch-response.ts'
import { type FetchedBatch, SharedFrame } from './fetched.ts'
import type { ReaderMetrics } from './metrics.ts'
import { type LookupOutcome, OffsetResolver } from './offset-resolver.ts'
import { type OutOfRange, whereNow } from './out-of-range.ts'
import { pollTime } from './poll-time.ts'
import type { Asked, Place, Position } from './position.ts'
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
  /** Called when partitions were read on without anything to hand out: there may be something to commit. */
  onPassed(): void
}

/** Until a batch that can't be decoded is fetched again, in milliseconds. */
const damagedBackoff = 1_000

/**
 * Fetches ahead what is added, until it is removed: places each position at the broker that leads it, looks up what must be known for that, and
 * takes in what comes of it. There is no loop: whatever changes calls `plan`.
 */
export class Fetcher {
  readonly #parts: FetcherParts
  readonly #cluster: Cluster
  readonly #resolver: OffsetResolver
  readonly #troubles: Troubles
  readonly #queue = new BatchQueue()
  readonly #pool: FramePool
  /** Taken by answers under way for what they may bring, and by frames that are still read from. */
  readonly #budget: PrefetchBudget
  readonly #key = crypto.getRandomValues(new Uint8Array(8)).join('.')
  readonly #ending = new AbortController()
  /** By name. */
  readonly #positions = new Map<string, Position>()
  /** By broker id. */
  readonly #brokers = new Map<number, BrokerFetcher>()
  /** Those at no broker, neither paused nor failed. */
  readonly #unsettled = new Set<Position>()
  /** When one of the unsettled may be settled, by the monotonic clock. */
  #settleAt = Number.POSITIVE_INFINITY
  /** When the caller last changed what is to be read. */
  #changedAt = 0
  #planning = false
  #timer: { readonly at: number; cancel(): void } | undefined

  constructor(parts: FetcherParts) {
    const { transport, brokers, settings, logger, counters } = parts
    const { clock, onEvent } = transport
    this.#parts = parts
    this.#cluster = transport.cluster(brokers)
    this.#pool = new FramePool(settings.queueBytes)
    this.#budget = new PrefetchBudget(settings.queueBytes)
    this.#resolver = new OffsetResolver(this.#cluster, settings.isolationLevel, this.#ending.signal)
    this.#troubles = new Troubles({ clock, logger, counters, maxAttempts: settings.maxAttempts, onEvent })
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
      this.#unsettle(position)
    }
    this.#changed()
  }

  /** Fetches these no more; what was fetched of them and not taken is dropped. */
  remove(positions: Iterable<Position>): void {
    for (const position of [...positions]) {
      if (!this.#positions.delete(position.name)) continue
      position.drop()
      this.#unplace(position)
      this.#troubles.forget(position)
    }
    this.#queue.sweep()
    this.#changed()
  }

  /** Reads on elsewhere; what was fetched of these and not taken is dropped. */
  moveTo(positions: Iterable<Position>, place: Place): void {
    for (const position of positions) {
      position.progress?.rewind()
      position.moveTo(place)
      position.begunAt = this.#now
      this.#troubles.forget(position)
      this.#unplace(position)
      if (position.state !== 'paused') this.#unsettle(position)
    }
    this.#queue.sweep()
    this.#changed()
  }

  /** Fetches nothing of these until `resume`. `nextOf`: the next offset to hand out. */
  pause(positions: Iterable<Position>, nextOf: (position: Position) => number): void {
    for (const position of positions) {
      position.pause(nextOf(position))
      this.#unplace(position)
    }
    this.#queue.sweep()
    this.#changed()
  }

  resume(positions: Iterable<Position>): void {
    for (const position of positions) {
      if (position.state !== 'paused') continue
      position.resume()
      this.#unsettle(position)
    }
    this.#changed()
  }

  /**
   * The next batch, not yet verified; its frame is the caller's to release. Throws what keeps positions from being read (see Troubles), once
   * the queue is empty.
   */
  take(): FetchedBatch | undefined {
    const fetched = this.#queue.take()
    if (fetched !== undefined) return fetched
    const told = this.#troubles.next(this.#positions.values())
    if (told !== undefined) throw told.error
    return undefined
  }

  /** A batch could not be read from this offset on: it is fetched again, a while later. */
  damaged({ position, era }: FetchedBatch, from: number, error: unknown): void {
    if (position.era !== era) return
    const failing = this.#troubles.note(position, error)
    const before = position.damagedAt
    position.moveTo({ offset: from, leaderEpoch: -1 })
    position.damagedAt = from
    // Another place is another trouble.
    this.#retry(position, before === from || before < 0 ? failing : { ...failing, failures: 1 }, { after: damagedBackoff })
    this.#queue.sweep()
    this.plan()
  }

  /** What was damaged came whole. */
  mended(position: Position): void {
    position.damagedAt = -1
    this.#troubles.recovered(position)
  }

  /** Ends at once; what was taken stays valid until released. */
  close(): void {
    const reason = new ClosedError('the reader was closed')
    this.#ending.abort(reason)
    this.remove(this.#positions.values())
    this.#timer?.cancel()
    this.#cluster.releaseKey(this.#key)
  }

  /** Starts whatever can be started. */
  plan(): void {
    if (this.#planning || this.#ending.signal.aborted) return
    this.#planning = true
    // A request may find that positions are led from elsewhere by now.
    do {
      if (this.#settleAt <= this.#now) this.#settle()
      for (const broker of this.#brokers.values()) broker.fetch()
    } while (this.#settleAt <= this.#now)
    this.#planning = false
    this.#wakeAt([...this.#brokers.values()].reduce((at, { wakeAt }) => Math.min(at, wakeAt), this.#settleAt))
  }

  get #now(): number {
    return this.#parts.transport.clock.monotonic()
  }

  #changed(): void {
    this.#changedAt = this.#now
    this.plan()
  }

  #wakeAt(at: number): void {
    if (at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (at === Number.POSITIVE_INFINITY) return
    const cancel = this.#parts.transport.clock.after(at - this.#now, () => {
      this.#timer = undefined
      this.plan()
    })
    this.#timer = { at, cancel }
  }

  #unsettle(position: Position): void {
    this.#unsettled.add(position)
    this.#settleAt = 0
  }

  #unplace(position: Position): void {
    this.#unsettled.delete(position)
    this.#brokers.get(position.broker)?.positions.delete(position)
  }

  /** Places what can be placed at its broker; asks for what must be known first. */
  #settle(): void {
    const now = this.#now
    const lost = new Map<string, Position[]>()
    const sought = new Map<number, Position[]>()
    this.#settleAt = Number.POSITIVE_INFINITY
    let layout: TopicLayout | undefined
    for (const position of this.#unsettled) {
      const { topic, partition } = position
      if (position.asking) continue
      if (position.retryAt > now) {
        this.#settleAt = Math.min(this.#settleAt, position.retryAt)
        continue
      }
      if (layout?.name !== topic) layout = this.#cluster.peek(topic)
      const leader = layout?.partitions[partition]?.leader ?? -1
      if (position.astray || leader < 0) push(lost, topic, position)
      else if (this.#isRemade(position, layout!.id)) this.#giveUp(position, layout!.id)
      else if (position.sought !== undefined) push(sought, leader, position)
      else this.#place(position, leader)
    }
    for (const [topic, positions] of lost) this.#lookUp(positions, () => this.#resolver.locate(topic, positions))
    for (const [leader, positions] of sought) {
      for (const position of positions) position.validate()
      this.#lookUp(positions, () => this.#resolver.resolve(leader, positions))
    }
  }

  #place(position: Position, id: number): void {
    let broker = this.#brokers.get(id)
    if (broker === undefined) {
      broker = this.#brokerFetcher(id)
      this.#brokers.set(id, broker)
    }
    this.#unsettled.delete(position)
    position.placed(id)
    broker.positions.add(position)
  }

  #brokerFetcher(id: number): BrokerFetcher {
    const { transport, settings, counters } = this.#parts
    return new BrokerFetcher(id, {
      cluster: this.#cluster,
      clock: transport.clock,
      settings,
      counters,
      budget: this.#budget,
      pool: this.#pool,
      key: this.#key,
      signal: this.#ending.signal,
      brokers: () => [...this.#brokers.values()].reduce((count, { active }) => count + Number(active), 0),
      pollTime: now => pollTime(settings, now - this.#changedAt, { settled: this.#unsettled.size === 0, shared: this.#cluster.lanesMerge }),
      isFull: () => settings.queueCapacity > 0 && this.#queue.messages >= settings.queueCapacity,
      astray: positions => this.#relocate(positions),
      answered: answer => this.#answered(answer),
      failed: (asked, error) => {
        for (const each of asked) this.#fail(each, error, { astray: true })
      },
      landed: () => this.plan(),
    })
  }

  #relocate(positions: Iterable<Position>): void {
    for (const position of positions) {
      this.#unplace(position)
      position.relocate()
      this.#unsettle(position)
    }
  }

  /** A topic of the same name but another id is another topic: an offset means nothing in it. */
  #isRemade(position: Position, topicId: string): boolean {
    if (position.sought !== undefined || position.topicId === zeroUuid) position.topicId = topicId
    return !position.isOf(topicId)
  }

  #giveUp(position: Position, topicId: string): void {
    const { topic, partition, offset } = position
    const text = `topic ${topic} was deleted and made anew (id ${position.topicId}, now ${topicId}): offset ${offset} of partition ${partition} means nothing in it`
    this.#unsettled.delete(position)
    position.giveUp(this.#troubles.note(position, new KafkaError(ErrorCode.OffsetOutOfRange, text)))
    this.#parts.onNews()
  }

  #lookUp(positions: readonly Position[], task: () => Promise<LookupOutcome[]>): void {
    for (const position of positions) position.asking = true
    void task().then(outcomes => {
      if (this.#ending.signal.aborted) return
      for (const outcome of outcomes) this.#lookedUp(outcome)
      this.plan()
    })
  }

  #lookedUp(outcome: LookupOutcome): void {
    const { position, era } = outcome
    if (position.era !== era) return
    position.asking = false
    if (outcome.kind === 'failed') this.#fail(outcome, outcome.error, { astray: true })
    else {
      if (outcome.kind === 'located') position.astray = false
      else if (outcome.kind === 'bounds') this.#applyPolicy(outcome, whereNow(position, outcome, this.#parts))
      else if (outcome.offset >= 0) position.resolved(outcome.offset)
      // No message is as young as that: what comes from now on is.
      else position.sought = LastOffset
      this.#unsettle(position)
    }
  }

  #applyPolicy(asked: Asked, { place, error, quiet }: OutOfRange): void {
    const { position } = asked
    if (place === undefined) return this.#fail(asked, error, { quiet })
    const failing = this.#troubles.note(position, error, { quiet })
    position.progress?.rewind()
    position.moveTo(place)
    // Where it is deleted faster than it is read, and where a broker lies, this comes again.
    this.#retry(position, failing)
  }

  /** A failure of one position; it is tried again later. */
  #fail({ position, era }: Asked, error: unknown, { astray = false, quiet = false } = {}): void {
    if (position.era !== era) return
    this.#retry(position, this.#troubles.note(position, error, { quiet }), { astray })
    this.#parts.onNews()
  }

  #retry(position: Position, failing: NonNullable<Position['failing']>, { astray = false, after = 0 } = {}): void {
    const wait = after || backoffDelay(failing.failures, this.#parts.settings.backoff)
    this.#unplace(position)
    position.failed(failing, { retryAt: this.#now + wait, astray })
    this.#unsettle(position)
  }

  #answered({ broker, asked, response, frame, durationMs }: FetchAnswer): boolean {
    const { counters, settings, transport, onNews } = this.#parts
    const shared = new SharedFrame(reusable => {
      this.#budget.give(broker, frame.length)
      if (reusable) this.#pool.give(frame)
      this.plan()
    })
    this.#budget.take(broker, frame.length)
    shared.hold()
    const queued = this.#queue.messages
    let fruitful = false
    try {
      for (const outcome of readResponse(response, asked, settings.isolationLevel, broker))
        if (outcome.position.era === outcome.era) fruitful = this.#fetched(outcome, shared) || fruitful
    } finally {
      shared.release()
    }
    counters.fetches++
    counters.readTime.observe(durationMs)
    counters.fetchBytes.observe(frame.length)
    counters.fetchSize.observe(this.#queue.messages - queued)
    transport.onEvent?.({ type: 'fetch', broker: String(broker), partitions: asked.length, bytes: frame.length, durationMs })
    if (this.#queue.messages > queued) onNews()
    return fruitful
  }

  /** Takes in what was answered of one position; whether that is anything. */
  #fetched(outcome: FetchOutcome, frame: SharedFrame): boolean {
    const { position, era } = outcome
    if (outcome.kind === 'fetched') {
      const { batches, passed, offset, end, largest } = outcome
      const moved = offset > position.offset
      position.end = end
      if (largest > 0) position.batchBytes = largest
      if (position.damagedAt < 0) this.#troubles.recovered(position)
      position.answered(outcome, passed)
      if (moved && batches.length === 0) this.#parts.onPassed()
      for (const batch of batches) {
        const fetched = { ...batch, position, era, frame, highWaterMark: end }
        this.#queue.push(fetched)
        position.queued(fetched)
      }
      return moved
    }
    if (outcome.kind === 'parted') {
      this.#troubles.notice(position, parted(position, outcome.offset))
      position.progress?.rewind()
      position.parted(outcome.offset)
      this.#parts.onNews()
    } else if (outcome.kind === 'outOfRange') {
      const { broker } = position
      this.#relocate([position])
      position.validate()
      this.#lookUp([position], () => this.#resolver.bounds(broker, position))
    } else if (outcome.kind === 'moved') {
      this.#parts.counters.rebalances++
      const learned = this.#cluster.learnLeader(position, outcome.hint)
      this.#fail(outcome, outcome.error, { astray: !learned })
    } else this.#fail(outcome, outcome.error)
    return true
  }
}

function parted({ name, offset }: Position, common: number): KafkaError {
  const text = `${name} was read up to ${offset}, but its log now parts from that at ${common}: messages were lost in an unclean election, and reading goes on from there`
  return new KafkaError(ErrorCode.OffsetOutOfRange, text)
}

function push<K>(lists: Map<K, Position[]>, key: K, position: Position): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [position])
  else list.push(position)
}
