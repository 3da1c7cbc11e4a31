import type { Clock } from '../base/clock.ts'
import { isTemporary, messageOf, ProtocolError, TimeoutError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { Failing, Position } from './position.ts'
import { isUnknownTopic } from './unknown-topic.ts'

export interface TroublesParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: ReaderMetrics
  readonly maxAttempts: number
  readonly onEvent: EventSink | undefined
}

/**
 * A first answer that is not there after so long is told of, however few the failures: a dial that hangs takes as long
 * as three quick ones.
 */
const patience = 3_500
/** A topic that was read and is unknown for so long was deleted. */
const deletedAfter = 30_000
/** Between two warnings of the same trouble. */
const warnInterval = 30_000

/**
 * What keeps partitions from being read, and who is told. All of it goes to the log, the event sink and `stats()`. A
 * read rejects with what won't pass by itself; with what may pass only before anything could be read, and only if
 * nothing else can be read either.
 */
export class Troubles {
  readonly #parts: TroublesParts
  /** Failures that no read was told of yet. */
  readonly #untold = new Set<Position>()
  /** News that a read is told of, whatever becomes of the position. */
  #notices: { readonly position: Position; readonly error: unknown }[] = []
  /** Something was read. */
  #proven = false

  constructor(parts: TroublesParts) {
    this.#parts = parts
  }

  /** A failure of this position. */
  note(position: Position, error: unknown, { quiet = false } = {}): Failing {
    const { clock, counters, logger, maxAttempts, onEvent } = this.#parts
    const { topic, partition, name } = position
    const now = clock.monotonic()
    const before = position.failing
    const failures = (before?.failures ?? 0) + 1
    counters.errors++
    if (error instanceof TimeoutError || (error instanceof KafkaError && error.timeout)) counters.timeouts++
    const since = before?.since ?? now
    const waited = now - (position.begunAt ?? since)
    const serious = quiet || !isTemporary(error) || failures >= maxAttempts || waited >= patience
    const warn = serious && (before?.warnedAt === undefined || now - before.warnedAt >= warnInterval)
    const line = `${name}: fetching failed (${failures}): ${messageOf(error)}`
    if (warn) logger.warn(line)
    else logger.debug(line)
    onEvent?.({ type: 'partitionTrouble', topic, partition, failures, error })
    if (!quiet) this.#untold.add(position)
    const warnedAt = warn ? now : before?.warnedAt
    return { error, since, sinceTime: before?.sinceTime ?? clock.now(), failures, quiet, warnedAt }
  }

  /** The position can be read. */
  recovered(position: Position): void {
    this.#proven = true
    position.begunAt = undefined
    const { failing } = position
    if (failing === undefined) return
    const { clock, logger, onEvent } = this.#parts
    const { topic, partition, name } = position
    position.failing = undefined
    this.#untold.delete(position)
    const durationMs = clock.monotonic() - failing.since
    if (failing.warnedAt !== undefined) logger.info(`${name}: read again after ${Math.round(durationMs)} ms`)
    onEvent?.({ type: 'partitionRecovered', topic, partition, failures: failing.failures, durationMs })
  }

  /** A read is told of this once. */
  notice(position: Position, error: unknown): void {
    this.#parts.counters.errors++
    this.#parts.logger.warn(messageOf(error))
    this.#notices.push({ position, error })
  }

  /** What a read is to be told of before it is given more of this position. */
  noticeBefore(next: () => Position | undefined): { readonly error: unknown } | undefined {
    const at = this.#noticeAt(next)
    return at < 0 ? undefined : this.#notices.splice(at, 1)[0]
  }

  /** Whether there is something that a read is to be told of before. */
  hasNoticeBefore(next: () => Position | undefined): boolean {
    return this.#noticeAt(next) >= 0
  }

  #noticeAt(next: () => Position | undefined): number {
    if (this.#notices.length === 0) return -1
    const position = next()
    // What was read before it is handed out first.
    if (position === undefined || position.isParting) return -1
    return this.#notices.findIndex(notice => notice.position === position)
  }

  /** The position is read elsewhere, or no more. */
  forget(position: Position): void {
    this.#untold.delete(position)
    this.#notices = this.#notices.filter(notice => notice.position !== position)
  }

  /** What a read that finds nothing else is to reject with. */
  next(positions: Iterable<Position>): { readonly error: unknown } | undefined {
    const notice = this.#notices.shift()
    if (notice !== undefined) return notice
    if (this.#untold.size === 0) return this.#given(positions)
    const alone = areAllFailing(positions)
    for (const position of this.#untold) {
      if (position.failing === undefined || !this.#isDue(position, position.failing, alone)) continue
      this.#untold.delete(position)
      return position.failing
    }
    return undefined
  }

  #isDue({ begunAt }: Position, { error, failures, since }: Failing, alone: boolean): boolean {
    // A batch that was damaged on its way comes whole the next time.
    if (error instanceof ProtocolError) return alone || failures > 1
    if (!isTemporary(error)) return true
    if (!alone) return false
    const now = this.#parts.clock.monotonic()
    if (this.#proven) return isUnknownTopic(error) && now - since >= deletedAfter
    return failures >= this.#parts.maxAttempts || now - (begunAt ?? since) >= patience
  }

  /**
   * Where all was given up, each read is told. Not in a group, whose member takes anew what it was told of: who asks again
   * at once would leave it no turn for that.
   */
  #given(positions: Iterable<Position>): Failing | undefined {
    for (const { state, failing, progress } of positions)
      if (state === 'failed' && progress === undefined) return areAllFailing(positions) ? failing : undefined
    return undefined
  }
}

function areAllFailing(positions: Iterable<Position>): boolean {
  for (const { state, failing } of positions) if (failing === undefined && state !== 'paused') return false
  return true
}
