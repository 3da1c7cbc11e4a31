import type { Clock } from '../base/clock.ts'
import { TimeoutError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { Fetch } from '../protocol/fetch.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { FramePool } from '../socket/frame-pool.ts'
import type { Cluster } from '../transport/cluster.ts'
import { BrokerPositions } from './broker-positions.ts'
import type { FetchSettings } from './config.ts'
import { type AskedPartitions, FetchSession } from './fetch-session.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { Asked, Position } from './position.ts'
import type { PrefetchBudget } from './prefetch-budget.ts'
import { sourceOf } from './replica-choice.ts'
import { unreachableLeader } from './unreachable-leader.ts'

/** What the fetches to all brokers of a reader have in common. */
export interface FetchContext {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly settings: FetchSettings
  readonly counters: ReaderMetrics
  readonly budget: PrefetchBudget
  readonly pool: FramePool
  /** Names this reader's connections: on a shared one its long polls would hold up others. */
  readonly key: string
  readonly signal: AbortSignal
  /** How many brokers share the budget. */
  brokers(): number
  /** How long a broker may wait for messages now, in milliseconds. */
  pollTime(now: number): number
  /** Whether no more is to be fetched until some of what waits was taken. */
  isFull(): boolean
  /** It is asked now. */
  asked(): void
  /** These are not to be fetched from here any more. */
  astray(positions: readonly Position[]): void
  /**
   * Takes in an answer; whether anything came of it: one without messages or errors is that to a poll that waited in
   * vain.
   */
  answered(answer: FetchAnswer): boolean
  failed(asked: readonly Asked[], error: unknown): void
  /** A request has come to its end. */
  landed(): void
}

export interface FetchAnswer {
  readonly broker: number
  readonly asked: AskedPartitions
  readonly response: ResponseOf<typeof Fetch>
  readonly frame: Uint8Array
  readonly durationMs: number
}

/** First version of Fetch in which a leader tells that its log is another (KIP-595). */
const firstTruncated = 12
/** A session is kept for what may come to be fetched from its broker again within so many milliseconds. */
const lingering = 5_000
/** For the broker to forget a session, in milliseconds. */
const endingTimeout = 1_000

/**
 * The fetches to one broker: one request at a time for all positions that are read there, on one connection. Positions
 * that come or go change the next request; the one under way is waited for, and what it brings for those that are gone
 * is dropped.
 */
export class BrokerFetcher {
  readonly id: number
  readonly #positions = new BrokerPositions()
  /** When there is more to be sent, by the monotonic clock, if nothing happens before. */
  wakeAt = Number.POSITIVE_INFINITY
  readonly #context: FetchContext
  readonly #session: FetchSession
  #connection: BrokerConnection | undefined
  #busy = false
  /** The broker must not be asked before: it throttles us (KIP-219), or answers nothing at once. */
  #quietUntil = 0
  /** When one of the positions must go back to its leader, if not before. */
  #staysUntil = Number.POSITIVE_INFINITY
  /** Until then the broker is not told where this reader is, and sends it to no replica. */
  #nowhereUntil = 0
  /** Since when there is nothing to fetch, by the monotonic clock. */
  #idleSince: number | undefined

  constructor(id: number, context: FetchContext) {
    this.id = id
    this.#context = context
    this.#session = new FetchSession(this.#positions, context.settings, topic => context.cluster.peek(topic))
  }

  /** Whether it holds a share of the prefetch: it has something to fetch or a request under way. */
  get active(): boolean {
    return this.#busy || this.#positions.size > 0
  }

  /** To be fetched from here. */
  add(position: Position): void {
    this.#positions.add(position)
    this.#staysUntil = Math.min(this.#staysUntil, position.replica?.until ?? Number.POSITIVE_INFINITY)
    this.#nowhereUntil = Math.max(this.#nowhereUntil, position.leaderUntil)
  }

  remove(position: Position): void {
    this.#positions.remove(position)
  }

  /** Sends the next request, if there is anything to ask for, nothing is under way and there is room for the answer. */
  fetch(): void {
    const { clock, settings, budget, brokers, pollTime, isFull } = this.#context
    this.wakeAt = Number.POSITIVE_INFINITY
    if (this.#busy) return
    const now = clock.monotonic()
    if (this.#positions.size === 0) return this.#rest(now)
    this.#idleSince = undefined
    if (this.#quietUntil > now) {
      this.wakeAt = this.#quietUntil
      return
    }
    this.#sendAway(now)
    if (this.#positions.size === 0 || isFull()) return
    const most = Math.min(this.#session.bytes(), 0x7fffffff)
    const maxBytes = budget.for(this.id, brokers(), { most, least: settings.maxBytes })
    if (maxBytes === 0) return
    this.#busy = true
    budget.take(this.id, maxBytes)
    void this.#exchange(maxBytes, Math.ceil(pollTime(now))).finally(() => {
      this.#busy = false
      budget.give(this.id, maxBytes)
      this.#context.landed()
    })
  }

  /** Has the broker forget the session, in bounded time. Nothing is fetched any more. */
  async close(): Promise<void> {
    if (this.#session.isOpen && this.#connection?.closed === false) await this.#end('control')
  }

  /** With nothing to fetch, the session is given up after a while. */
  #rest(now: number): void {
    this.#idleSince ??= now
    if (!this.#session.isOpen) return
    this.wakeAt = this.#idleSince + lingering
    if (this.wakeAt > now) return
    this.wakeAt = Number.POSITIVE_INFINITY
    if (this.#connection?.closed !== false) return void this.#session.end()
    this.#busy = true
    void this.#end('fetch').finally(() => {
      this.#busy = false
      this.#context.landed()
    })
  }

  /** A session is its broker's, not its connection's: it can be ended past a poll that is under way. */
  async #end(lane: 'control' | 'fetch'): Promise<void> {
    const { cluster, key } = this.#context
    const request = { maxWaitMs: 0, minBytes: 0, ...this.#session.end() }
    const options = { timeoutMs: endingTimeout, ...(lane === 'fetch' ? { key } : {}) }
    try {
      const connection = await cluster.connection(this.id, lane, options)
      await connection.request(Fetch, request, options)
    } catch {
      // Brokers drop what is not used.
    }
  }

  /** Those that are read elsewhere by now, or are of another topic of the same name. */
  #sendAway(now: number): void {
    const { cluster, astray } = this.#context
    const all = now >= this.#staysUntil
    if (all) this.#staysUntil = Number.POSITIVE_INFINITY
    const others = this.#positions.astray(
      topic => cluster.peek(topic),
      (position, layout) => {
        if (sourceOf(position, layout, now) !== this.id || !position.isOf(layout!.id)) return false
        if (all && position.isAtReplica) this.#staysUntil = Math.min(this.#staysUntil, position.replica!.until)
        return true
      },
      all,
    )
    if (others.length > 0) astray(others)
  }

  async #exchange(maxBytes: number, maxWaitMs: number): Promise<void> {
    const { cluster, clock, settings, pool, signal, answered, failed } = this.#context
    const session = this.#session
    // What a connection can't be had for.
    let asked = (): Asked[] => [...this.#positions].map(position => ({ position, era: position.era }))
    try {
      const connection = await this.#connect()
      const sent = clock.monotonic()
      const version = connection.version(Fetch)
      if (version < firstTruncated && this.#doubt()) return
      const names = session.request(version, sent)
      asked = () => session.asked
      if (session.size === 0) return session.restart()
      const { minBytes, isolationLevel } = settings
      const rackId = this.#nowhereUntil > sent ? '' : settings.rack
      const request = { maxWaitMs, minBytes, maxBytes, isolationLevel, rackId, ...names }
      const timeoutMs = maxWaitMs + settings.readBatchTimeout
      const options = { signal, pool, timeoutMs, version: session.version }
      this.#context.asked()
      const { response, frame } = await connection.exchange(Fetch, request, options)
      const durationMs = clock.monotonic() - sent
      // Told of first: what is taken in makes positions ready for the next request.
      if (response.throttleTimeMs > 0) this.#quietUntil = clock.monotonic() + response.throttleTimeMs
      if (session.isBroken(response)) return pool.give(frame)
      const fruitful = answered({ broker: this.id, asked: session, response, frame, durationMs })
      session.answered(response, clock.monotonic())
      // A broker that has nothing and says so at once, rather than wait as it was asked to, would be asked without a
      // pause.
      const pause = fruitful ? 0 : Math.min(settings.backoff.min, Math.max(maxWaitMs, 1)) - durationMs
      if (pause > 0) this.#quietUntil = Math.max(this.#quietUntil, clock.monotonic() + pause)
    } catch (error) {
      // What was not answered still holds up all behind it on its connection.
      if (error instanceof TimeoutError && this.#connection !== undefined) cluster.release(this.#connection)
      const failedFor = asked()
      session.restart()
      failed(failedFor, error)
    }
  }

  /**
   * Brokers of before that version say nothing of a log that was cut: what a leader of before wrote is first asked
   * about. Whether there was such.
   */
  #doubt(): boolean {
    const { cluster, astray } = this.#context
    const doubted = [...this.#positions.changed].filter(position => {
      if (position.leaderEpoch < 0 || !this.#positions.has(position)) return false
      const epoch = cluster.peek(position.topic)?.partitions[position.partition]?.leaderEpoch ?? -1
      return epoch > Math.max(position.leaderEpoch, position.checkedEpoch)
    })
    for (const position of doubted) position.unsure = true
    astray(doubted)
    return doubted.length > 0
  }

  async #connect(): Promise<BrokerConnection> {
    const { cluster, clock, counters, key, signal } = this.#context
    const started = clock.monotonic()
    let connection: BrokerConnection
    try {
      connection = await cluster.connection(this.id, 'fetch', { key, signal })
    } catch (error) {
      const [first] = this.#positions
      throw unreachableLeader(error, this.id, first?.name ?? 'what was read')
    }
    if (this.#connection !== connection) {
      this.#connection = connection
      counters.dials++
      counters.dialTime.observe(clock.monotonic() - started)
    }
    return connection
  }
}
