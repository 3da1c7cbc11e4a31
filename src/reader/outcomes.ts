import { backoffDelay } from '../base/backoff.ts'
import { messageOf, ProtocolError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { LastOffset } from '../protocol/offsets.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Transport } from '../transport/transport.ts'
import type { BatchQueue } from './batch-queue.ts'
import type { FetchSettings } from './config.ts'
import type { FetchOutcome } from './fetch-response.ts'
import type { FetchedBatch, SharedFrame } from './fetched.ts'
import type { LogOffset } from './log-offset.ts'
import { LogTruncationError } from './log-truncation-error.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { LookupOutcome, OffsetResolver } from './offset-resolver.ts'
import { type Bounds, type OutOfRange, whereNow } from './out-of-range.ts'
import type { Placement } from './placement.ts'
import type { Asked, Position } from './position.ts'
import { choiceAge, replicaRest } from './replica-choice.ts'
import type { Troubles } from './troubles.ts'

export interface OutcomesParts {
  readonly cluster: Cluster
  readonly transport: Transport
  readonly settings: FetchSettings
  readonly logger: Logger
  readonly counters: ReaderMetrics
  readonly resolver: OffsetResolver
  readonly troubles: Troubles
  readonly queue: BatchQueue
  readonly placement: Placement
  onNews(): void
  onPassed(): void
}

/** Until a batch that can't be decoded is fetched again, in milliseconds. */
const damagedBackoff = 1_000

/** Decides what becomes of positions by what lookups and fetches bring. */
export class Outcomes {
  readonly #parts: OutcomesParts

  constructor(parts: OutcomesParts) {
    this.#parts = parts
  }

  lookedUp(outcome: LookupOutcome): void {
    const { position } = outcome
    if (outcome.kind === 'failed') return this.fail(outcome, outcome.error, { astray: true })
    if (outcome.kind === 'bounds') return this.#outOfBounds(outcome)
    if (outcome.kind === 'epochEnd') {
      position.unsure = false
      const place = outcome.end && position.partsAt(outcome.end)
      if (place !== undefined) return this.#parted(outcome, place)
      position.checkedEpoch = outcome.currentLeaderEpoch
    } else if (outcome.kind === 'located') position.astray = false
    else if (outcome.offset >= 0) position.resolved(outcome)
    // No message is as young as that: what comes from now on is.
    else position.sought = LastOffset
    this.#parts.placement.settle(position)
  }

  /** Takes in what was answered of one position; whether that is anything. */
  fetched(outcome: FetchOutcome, frame: SharedFrame): boolean {
    const { position, era } = outcome
    if (outcome.kind === 'fetched') {
      const { batches, passed, epochs, currentLeaderEpoch: checkedEpoch, offset, end, highWatermark, largest } = outcome
      const moved = offset > position.offset
      position.end = end
      position.highWatermark = highWatermark
      if (largest > 0) position.batchBytes = largest
      if (position.damagedAt < 0) this.#parts.troubles.recovered(position)
      position.answered(outcome, { passed, epochs, checkedEpoch })
      if (moved && batches.length === 0) this.#parts.onPassed()
      for (const batch of batches) {
        const { from, next } = batch
        const fetched = { position, era, batch: batch.batch, frame, from, next, highWaterMark: end }
        this.#parts.queue.push(fetched)
        position.queued(fetched)
      }
      return moved
    }
    if (outcome.kind === 'nearer' && !position.isAtReplica) return this.#goNearer(outcome, outcome.replica)
    const trouble = 'error' in outcome ? outcome.error : outcome.kind
    if (this.#leaveReplica(position, trouble)) {
      if (outcome.kind === 'moved') position.astray ||= !this.#parts.cluster.learnLeader(position, outcome.hint)
    } else if (outcome.kind === 'parted') this.#parted(outcome, outcome)
    else if (outcome.kind === 'outOfRange') {
      const { broker } = position
      this.#parts.placement.settle(position)
      position.validate()
      this.#parts.placement.lookUp([position], () => this.#parts.resolver.bounds(broker, position))
    } else if (outcome.kind === 'moved') {
      this.#parts.counters.rebalances++
      const learned = this.#parts.cluster.learnLeader(position, outcome.hint)
      this.fail(outcome, outcome.error, { astray: !learned })
    } else if (outcome.kind === 'failed') this.fail(outcome, outcome.error)
    return true
  }

  /** A failure of one position; it is tried again later. */
  fail({ position, era }: Asked, error: unknown, { astray = false, quiet = false } = {}): void {
    if (position.era !== era || this.#leaveReplica(position, error)) return
    this.#retry(position, this.#parts.troubles.note(position, error, { quiet }), { astray })
    this.#parts.onNews()
  }

  /** A batch could not be read from this offset on: it is fetched again, a while later. */
  damaged({ position, era }: FetchedBatch, from: number, error: unknown): void {
    if (position.era !== era) return
    const failing = this.#parts.troubles.note(position, error)
    if (position.isAtReplica) position.leaveReplica(this.#parts.transport.clock.monotonic() + replicaRest)
    const before = position.damagedAt
    position.restart({ offset: from, leaderEpoch: position.epochBefore(from) })
    position.damagedAt = from
    // Another place is another trouble.
    this.#retry(position, before === from || before < 0 ? failing : { ...failing, failures: 1 }, {
      after: damagedBackoff,
    })
  }

  /** The position's topic was deleted, and another of that name made. */
  remade(position: Position, topicId: string): void {
    const { topic, partition, offset } = position
    const text = `topic ${topic} was deleted and made anew (id ${position.topicId}, now ${topicId}): offset ${offset} of partition ${partition} means nothing in it`
    position.giveUp(this.#parts.troubles.note(position, new KafkaError(ErrorCode.OffsetOutOfRange, text)))
    this.#parts.onNews()
  }

  /** Reads on from a replica that its leader named; whether anything comes of that. */
  #goNearer(asked: Asked, id: number): boolean {
    const { position } = asked
    const { cluster, transport, placement } = this.#parts
    const now = transport.clock.monotonic()
    const { leader = -1, isr = [] } = cluster.peek(position.topic)?.partitions[position.partition] ?? {}
    if (id === position.broker) {
      this.fail(asked, new ProtocolError(`broker ${id} says that ${position.name} is to be read from itself`))
      return true
    }
    // It was not told where we are.
    if (position.leaderUntil > now) return false
    const isKnown = isr.includes(id) && cluster.brokers().some(broker => broker.id === id)
    if (isKnown) position.replica = { id, leader, until: now + choiceAge }
    else {
      // The leader goes on naming it, and gives nothing: it is not told where we are until more is known.
      position.leaveReplica(now + replicaRest)
      position.astray = true
    }
    placement.settle(position)
    return true
  }

  /** What a replica does not give, its leader may; whether the position was at a replica. */
  #leaveReplica(position: Position, trouble: unknown): boolean {
    if (!position.isAtReplica) return false
    const { transport, placement, logger } = this.#parts
    logger.debug(
      `${position.name}: read from its leader again, not from broker ${position.broker}: ${messageOf(trouble)}`,
    )
    position.leaveReplica(transport.clock.monotonic() + replicaRest)
    placement.settle(position)
    return true
  }

  /**
   * Messages were lost that were read. Where a policy says where to go on, that is where the logs part: nothing that
   * follows is to be missed, nor read twice.
   */
  #parted(asked: Asked, place: LogOffset): void {
    const { troubles, settings, logger, placement, onNews } = this.#parts
    const { position } = asked
    const error = new LogTruncationError(position.topic, position.partition, position.offset, place.offset)
    const policy = position.outOfRange ?? settings.offsetOutOfRange
    if (policy === 'error') return this.fail(asked, error)
    if (policy === undefined) troubles.notice(position, error)
    else logger.warn(`${messageOf(error)}; reading goes on from there`)
    position.parted(place)
    placement.settle(position)
    onNews()
  }

  #outOfBounds(outcome: Asked & Bounds): void {
    const { position } = outcome
    // Up to where was read there was a log.
    if (position.leaderEpoch >= 0 && position.offset > outcome.last && outcome.last >= outcome.first)
      return this.#parted(outcome, { offset: outcome.last, leaderEpoch: -1 })
    this.#applyPolicy(outcome, whereNow(position, outcome, this.#parts), outcome)
  }

  #applyPolicy(asked: Asked, { place, error, quiet }: OutOfRange, { first, last }: Bounds): void {
    const { position } = asked
    if (place === undefined) return this.fail(asked, error, { quiet })
    const { stored } = position.progress ?? { stored: first }
    position.holds = stored < first || stored > last
    const failing = this.#parts.troubles.note(position, error, { quiet })
    position.rewound()
    position.jumpTo(place)
    // Where it is deleted faster than it is read, and where a broker lies, this comes again.
    this.#retry(position, failing)
  }

  #retry(position: Position, failing: NonNullable<Position['failing']>, { astray = false, after = 0 } = {}): void {
    const { clock } = this.#parts.transport
    const wait = after || backoffDelay(failing.failures, this.#parts.settings.backoff, clock)
    position.failed(failing, { retryAt: clock.monotonic() + wait, astray })
    this.#parts.placement.settle(position)
  }
}
