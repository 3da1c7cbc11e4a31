import type { Clock } from '../base/clock.ts'
import { zeroUuid } from '../bytes/reader.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { BrokerFetcher } from './broker-fetcher.ts'
import type { LookupOutcome, OffsetResolver } from './offset-resolver.ts'
import type { Position } from './position.ts'
import { sourceOf } from './replica-choice.ts'

export interface PlacementParts {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly resolver: OffsetResolver
  makeBroker(id: number): BrokerFetcher
  /** What became of a lookup. */
  lookedUp(outcome: LookupOutcome): void
  /** The position's topic was deleted, and another of that name and this id made. */
  remade(position: Position, topicId: string): void
}

/**
 * Which positions are fetched from which broker. Those that are at none are settled: placed at the broker that leads
 * them, once their leader and their offset are known. There is no loop: whatever changes calls `plan`.
 */
export class Placement {
  readonly #parts: PlacementParts
  /** By broker id. */
  readonly #brokers = new Map<number, BrokerFetcher>()
  /** Those at no broker, neither paused nor failed. */
  readonly #unsettled = new Set<Position>()
  /** When one of the unsettled may be settled, by the monotonic clock. */
  #settleAt = Number.POSITIVE_INFINITY
  #planning = false
  #closed = false
  #timer: { readonly at: number; cancel(): void } | undefined

  constructor(parts: PlacementParts) {
    this.#parts = parts
  }

  /** Brokers that fetch something, or are about to. */
  get brokers(): number {
    let count = 0
    for (const { active } of this.#brokers.values()) if (active) count++
    return count
  }

  /** Whether each position that is to be fetched is at its broker. */
  get settled(): boolean {
    return this.#unsettled.size === 0
  }

  /** The position is to be fetched from wherever that may be now. */
  settle(position: Position): void {
    this.remove(position)
    position.relocate()
    this.#unsettled.add(position)
    this.#settleAt = 0
  }

  /** The position is not to be fetched. */
  remove(position: Position): void {
    this.#unsettled.delete(position)
    this.#brokers.get(position.broker)?.remove(position)
  }

  /** Starts whatever can be started. */
  plan(): void {
    if (this.#planning || this.#closed) return
    this.#planning = true
    const now = this.#parts.clock.monotonic()
    // A request may find that positions are led from elsewhere by now.
    do {
      if (this.#settleAt <= now) this.#settle(now)
      for (const broker of this.#brokers.values()) broker.fetch()
    } while (this.#settleAt <= now)
    this.#planning = false
    let at = this.#settleAt
    for (const { wakeAt } of this.#brokers.values()) at = Math.min(at, wakeAt)
    this.#wakeAt(at)
  }

  /** Asks for what must be known of these before they are placed. */
  lookUp(positions: readonly Position[], task: () => Promise<LookupOutcome[]>): void {
    for (const position of positions) position.asking = true
    void task().then(outcomes => {
      for (const outcome of outcomes) {
        if (outcome.position.era !== outcome.era) continue
        outcome.position.asking = false
        this.#parts.lookedUp(outcome)
      }
      this.plan()
    })
  }

  /** Resolves once brokers know that nothing more is fetched, in bounded time. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await Promise.all([...this.#brokers.values()].map(broker => broker.close()))
  }

  #wakeAt(at: number): void {
    if (at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (at === Number.POSITIVE_INFINITY) return
    const { clock } = this.#parts
    const cancel = clock.after(at - clock.monotonic(), () => {
      this.#timer = undefined
      this.plan()
    })
    this.#timer = { at, cancel }
  }

  #settle(now: number): void {
    const { cluster, resolver, remade } = this.#parts
    const lost = new Map<string, Position[]>()
    const sought = new Map<number, Position[]>()
    const unsure = new Map<number, Position[]>()
    this.#settleAt = Number.POSITIVE_INFINITY
    let layout: TopicLayout | undefined
    for (const position of this.#unsettled) {
      const { topic, partition } = position
      if (position.asking) continue
      if (position.retryAt > now) {
        this.#settleAt = Math.min(this.#settleAt, position.retryAt)
        continue
      }
      if (layout?.name !== topic) layout = cluster.peek(topic)
      const leader = layout?.partitions[partition]?.leader ?? -1
      if (position.astray || leader < 0) push(lost, topic, position)
      else if (isRemade(position, layout!.id)) {
        this.#unsettled.delete(position)
        remade(position, layout!.id)
      } else if (position.sought !== undefined) push(sought, leader, position)
      else if (position.unsure) push(unsure, leader, position)
      else this.#place(position, sourceOf(position, layout, now))
    }
    for (const [topic, positions] of lost) this.lookUp(positions, () => resolver.locate(topic, positions))
    for (const [leader, positions] of sought) {
      for (const position of positions) position.validate()
      this.lookUp(positions, () => resolver.resolve(leader, positions))
    }
    for (const [leader, positions] of unsure) {
      for (const position of positions) position.validate()
      this.lookUp(positions, () => resolver.validate(leader, positions))
    }
  }

  #place(position: Position, id: number): void {
    let broker = this.#brokers.get(id)
    if (broker === undefined) {
      broker = this.#parts.makeBroker(id)
      this.#brokers.set(id, broker)
    }
    this.#unsettled.delete(position)
    position.placed(id)
    broker.add(position)
  }
}

/** A topic of the same name but another id is another topic: an offset means nothing in it. */
function isRemade(position: Position, topicId: string): boolean {
  if (position.sought !== undefined || position.topicId === zeroUuid) position.topicId = topicId
  return !position.isOf(topicId)
}

function push<K>(lists: Map<K, Position[]>, key: K, position: Position): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [position])
  else list.push(position)
}
