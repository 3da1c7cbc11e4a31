import type { Clock } from '../base/clock.ts'
import { TimeoutError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { Fetch } from '../protocol/fetch.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { FramePool } from '../socket/frame-pool.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { FetchSettings } from './config.ts'
import { fetchRequest, limitOf } from './fetch-request.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { Asked, Position } from './position.ts'
import type { PrefetchBudget } from './prefetch-budget.ts'
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
  readonly asked: readonly Asked[]
  readonly response: ResponseOf<typeof Fetch>
  readonly frame: Uint8Array
  readonly durationMs: number
}

/**
 * The fetches to one broker: one request at a time for all positions that are read there, on one connection. Positions
 * that come or go change the next request; the one under way is waited for, and what it brings for those that are gone
 * is dropped.
 */
export class BrokerFetcher {
  readonly id: number
  readonly positions = new Set<Position>()
  /** When there is more to be sent, by the monotonic clock, if nothing happens before. */
  wakeAt = Number.POSITIVE_INFINITY
  readonly #context: FetchContext
  #connection: BrokerConnection | undefined
  #busy = false
  /** The broker must not be asked before: it throttles us (KIP-219), or answers nothing at once. */
  #quietUntil = 0
  #turn = 0

  constructor(id: number, context: FetchContext) {
    this.id = id
    this.#context = context
  }

  /** Whether it holds a share of the prefetch: it has something to fetch or a request under way. */
  get active(): boolean {
    return this.#busy || this.positions.size > 0
  }

  /** Sends the next request, if there is anything to ask for, nothing is under way and there is room for the answer. */
  fetch(): void {
    const { clock, settings, budget, brokers, pollTime, isFull } = this.#context
    this.wakeAt = Number.POSITIVE_INFINITY
    if (this.#busy || this.positions.size === 0) return
    const now = clock.monotonic()
    if (this.#quietUntil > now) {
      this.wakeAt = this.#quietUntil
      return
    }
    const positions = this.#own()
    if (positions.length === 0 || isFull()) return
    const asked = positions.reduce((sum, position) => sum + limitOf(position, settings), 0)
    const maxBytes = budget.for(this.id, brokers(), { most: Math.min(asked, 0x7fffffff), least: settings.maxBytes })
    if (maxBytes === 0) return
    // Brokers fill an answer in the order asked: each partition is to come first in its turn.
    const first = this.#turn++ % positions.length
    const inTurn = [...positions.slice(first), ...positions.slice(0, first)].map(position => ({
      position,
      era: position.era,
    }))
    this.#busy = true
    for (const position of positions) position.began()
    budget.take(this.id, maxBytes)
    void this.#exchange(inTurn, maxBytes, Math.ceil(pollTime(now))).finally(() => {
      this.#busy = false
      budget.give(this.id, maxBytes)
      this.#context.landed()
    })
  }

  /** Those still led from here, of the topics they were of. */
  #own(): Position[] {
    const { cluster, astray } = this.#context
    const own: Position[] = []
    const others: Position[] = []
    let layout: TopicLayout | undefined
    for (const position of this.positions) {
      if (layout?.name !== position.topic) layout = cluster.peek(position.topic)
      if (layout?.partitions[position.partition]?.leader === this.id && position.isOf(layout.id)) own.push(position)
      else others.push(position)
    }
    if (others.length > 0) astray(others)
    return own
  }

  async #exchange(asked: readonly Asked[], maxBytes: number, maxWaitMs: number): Promise<void> {
    const { cluster, clock, settings, pool, signal, answered, failed } = this.#context
    try {
      const connection = await this.#connect(asked)
      const version = connection.version(Fetch)
      const request = fetchRequest(asked, topic => cluster.peek(topic), { maxWaitMs, maxBytes, version, settings })
      if (request.topics.length === 0) return
      const sent = clock.monotonic()
      const timeoutMs = maxWaitMs + settings.readBatchTimeout
      const { response, frame } = await connection.exchange(Fetch, request, { signal, pool, timeoutMs })
      const durationMs = clock.monotonic() - sent
      // Told of first: what is taken in makes positions ready for the next request.
      if (response.throttleTimeMs > 0) this.#quietUntil = clock.monotonic() + response.throttleTimeMs
      const fruitful = answered({ broker: this.id, asked, response, frame, durationMs })
      // A broker that has nothing and says so at once, rather than wait as it was asked to, would be asked without a
      // pause.
      const pause = fruitful ? 0 : Math.min(settings.backoff.min, Math.max(maxWaitMs, 1)) - durationMs
      if (pause > 0) this.#quietUntil = Math.max(this.#quietUntil, clock.monotonic() + pause)
    } catch (error) {
      // What was not answered still holds up all behind it on its connection.
      if (error instanceof TimeoutError && this.#connection !== undefined) cluster.release(this.#connection)
      failed(asked, error)
    }
  }

  async #connect(asked: readonly Asked[]): Promise<BrokerConnection> {
    const { cluster, clock, counters, key, signal } = this.#context
    const started = clock.monotonic()
    let connection: BrokerConnection
    try {
      connection = await cluster.connection(this.id, 'fetch', { key, signal })
    } catch (error) {
      throw unreachableLeader(error, this.id, asked[0]!.position.name)
    }
    if (this.#connection !== connection) {
      this.#connection = connection
      counters.dials++
      counters.dialTime.observe(clock.monotonic() - started)
    }
    return connection
  }
}
