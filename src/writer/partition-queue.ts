import type { Clock } from '../base/clock.ts'
import { messageOf, TimeoutError } from '../base/errors.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Batch } from './batch.ts'
import { UnknownOutcomeError } from './errors.ts'
import type { ProduceOutcome } from './produce-outcome.ts'
import type { ProducerIdentities, ProducerIdentity } from './producer-identity.ts'
import type { Settings } from './settings.ts'
import type { SharedBackoff } from './shared-backoff.ts'
import type { Topic } from './topic.ts'

/** What a queue needs of its writer. */
export interface QueueHost {
  readonly settings: Settings
  readonly clock: Clock
  /** What all queues of the writer have in common. */
  readonly backoff: SharedBackoff
  /** Null without idempotence. */
  readonly ids: ProducerIdentities | null
  /** The batch is done with: written, or failed with `error`. */
  settle(queue: PartitionQueue, batch: Batch, error: Error | null): void
  /** A batch was compressed, or given up for it could not be: the next may be sent. */
  packed(): void
  /** The batch's records in smaller batches; null when it has only one. */
  split(queue: PartitionQueue, batch: Batch): Batch[] | null
  /** The batch's records apart: those that the broker has nothing against; null when there are none. */
  sift(batch: Batch): { sound: Batch[]; flawed: Batch[] } | null
  /** Nothing of the queue is in flight: what there is may be sent elsewhere, or there is nothing. */
  rested(queue: PartitionQueue): void
}

/** One who sends to a broker what the queues given to it have. */
export interface QueueSender {
  add(queue: PartitionQueue): void
  remove(queue: PartitionQueue): void
}

/**
 * Nothing to send and nothing in flight; something to send, and its leader to be looked up; or at the sender to one
 * broker.
 */
export type Place = 'idle' | 'unplaced' | QueueSender

/** After these there is nothing to wait for before the next try, if there is one. */
const certain: readonly ProduceOutcome[] = ['failed', 'split', 'flawed']

/**
 * How many batches of a partition a broker remembers per producer to recognise repeats: so many may be on their way at
 * once.
 */
const mostRemembered = 5

/**
 * One partition's batches, in order, and the rules of sending them safely.
 *
 * When a batch fails, those behind it wait until everything in flight is answered; then all are sent again in order,
 * under the same sequence numbers, so that the broker drops what it has already. When a batch is given up, its numbers
 * stay a gap in the sequence, across which the broker takes nothing. What may have been written before the gap showed
 * is sent again until that is known; then the producer's epoch is bumped and the numbers of what remains begin anew
 * (KIP-360).
 */
export class PartitionQueue {
  readonly topic: Topic
  readonly index: number
  /** Takes messages. */
  open: Batch | null = null
  /** The Sender's to set, and to know. */
  place: Place = 'idle'
  /** Nothing is sent before this moment. */
  retryAt = 0
  /** All bytes it was ever given. */
  bytesGiven = 0

  readonly #host: QueueHost
  readonly #mostInFlight: number
  /** Full, in order, not in flight. */
  #closed: Batch[] = []
  /** Sent and not settled, in order: in flight, or failed while others still are. */
  #sent: Batch[] = []
  #inFlight = 0
  /** A batch failed: nothing is sent until all in flight are answered. */
  #holding = false
  /** Failures in a row, and the last of them. */
  #failures = 0
  #trouble: Error | null = null

  #identity: ProducerIdentity | null = null
  #nextSequence = 0
  /**
   * The broker has taken a batch under this identity. Until then it takes any number for the first, and so the second
   * for it if that overtakes.
   */
  #known = false
  /** A batch that had a sequence number was given up. */
  #gap = false

  readonly #elsewhere: (() => PartitionQueue) | undefined

  /** `elsewhere`: what its messages go to if there is no such partition, and it was merely remembered that there was. */
  constructor(topic: Topic, index: number, host: QueueHost, elsewhere?: () => PartitionQueue) {
    this.#elsewhere = elsewhere
    this.topic = topic
    this.index = index
    this.#host = host
    this.#mostInFlight = host.ids === null ? 1 : mostRemembered
  }

  /** The last failure, until something is written again. */
  get trouble(): Error | null {
    return this.#trouble
  }

  /** Whether there is anything left to send. */
  get empty(): boolean {
    return this.open === null && this.#closed.length === 0
  }

  /** Bytes of the batch to be sent next, before compression; 0 without one. */
  get nextBytes(): number {
    return (this.#closed[0] ?? this.open)?.builder.size ?? 0
  }

  /** All that isn't settled, in order. */
  get unsettled(): Batch[] {
    const all = [...this.#sent, ...this.#closed]
    if (this.open !== null) all.push(this.open)
    return all
  }

  /** There is no such partition: hands all it has, of which nothing is in flight, to another queue, if that may be. */
  leave(now: number): PartitionQueue | undefined {
    const other = this.#elsewhere?.()
    if (other === undefined) return undefined
    this.close(now)
    for (const batch of this.#closed) batch.partition = other.index
    other.#closed.push(...this.#closed)
    this.#closed = []
    return other
  }

  /** The open batch takes no more. */
  close(now: number): void {
    if (this.open === null) return
    this.open.closedAt = now
    this.#closed.push(this.open)
    this.open = null
  }

  /**
   * The next batch to send, numbered and counted as in flight; null when there is none or it has to wait. `eager` takes
   * the open one too.
   */
  take(now: number, eager: boolean): Batch | null {
    if (this.#holding || this.#full || now < this.retryAt) return null
    if (this.#closed.length === 0 && (eager || this.#gatheredUntil <= now)) this.close(now)
    const batch = this.#closed[0]
    if (batch === undefined || this.#mustWait(batch) || this.#mustPack(batch) || !this.#number(batch)) return null
    this.#closed.shift()
    this.#sent.push(batch)
    this.#inFlight++
    batch.inFlight = true
    if (batch.attempts++ === 0) batch.firstSentAt = now
    return batch
  }

  /**
   * Splits the next batch, which would be too large; false for one that has one record. One that has gone out before is
   * split only when `sure`: should it be in the log after all, the broker would not know its parts.
   */
  halveNext(now: number, sure: boolean): boolean {
    if (this.#closed.length === 0) this.close(now)
    const [next] = this.#closed
    const parts = next === undefined || (next.attempts > 0 && !sure) ? null : this.#partsOf(next)
    if (parts !== null) this.#closed = [...parts, ...this.#closed.slice(1)]
    return parts !== null
  }

  /** From when on there is something to send; Infinity if that takes more than time. */
  readyAt(now: number, eager: boolean): number {
    if (this.empty || this.#holding || this.#full || this.#closed[0]?.isPacking) return Number.POSITIVE_INFINITY
    const gathered = this.#closed.length > 0 || eager ? now : this.#gatheredUntil
    return Math.max(this.retryAt, gathered)
  }

  /** How a batch in flight fared. */
  completed(batch: Batch, outcome: ProduceOutcome, error: Error | null, now: number): void {
    this.#inFlight--
    batch.inFlight = false
    batch.lastError = error
    if (batch.settled) this.#forget(batch)
    else if (outcome === 'written') {
      this.#failures = 0
      this.#trouble = null
      this.#known = true
      // Its sequence was the next: the whole of which it is a part is not in the log.
      if (batch.partOfDoubtful) this.#trustParts()
      this.#forget(batch)
      this.#host.settle(this, batch, null)
    } else this.#recover(batch, outcome, error!, now)
    this.#rest()
  }

  /** Gives up what waited too long. Batches in flight are bounded by their requests. */
  expire(now: number): void {
    const { deliveryTimeout } = this.#host.settings
    if (this.open !== null && this.open.createdAt + deliveryTimeout <= now) this.close(now)
    this.#giveUpAll(
      ({ createdAt }) => createdAt + deliveryTimeout <= now,
      batch => this.#late(batch),
    )
    this.#rest()
  }

  /** When its oldest batch was begun; Infinity without one. */
  oldest(): number {
    return (this.#sent[0] ?? this.#closed[0] ?? this.open)?.createdAt ?? Number.POSITIVE_INFINITY
  }

  /**
   * What there is could not be sent: no leader, no way to it, no producer id. `fatal` when there is no use in trying
   * again.
   */
  unreachable(error: Error, fatal: boolean, now: number): void {
    this.#backOff(now, error)
    if (fatal || (this.#host.ids === null && this.#failures >= this.#host.settings.maxAttempts)) {
      this.close(now)
      this.#giveUpAll(
        () => true,
        batch => this.#mayBeWritten(batch, error),
      )
    }
    this.#rest()
  }

  /** Nobody leads the partition. */
  leaderless(error: Error | null): void {
    this.#trouble ??= error ?? new KafkaError(ErrorCode.LeaderNotAvailable, this.#name)
  }

  /** Fails everything at once. What is in flight may be written all the same. */
  abandon(error: Error): void {
    const all = this.unsettled
    this.open = null
    this.#closed = []
    this.#sent = this.#sent.filter(({ inFlight }) => inFlight)
    for (const batch of all) if (!batch.settled) this.#host.settle(this, batch, this.#mayBeWritten(batch, error))
    this.#rest()
  }

  get #full(): boolean {
    return this.#inFlight >= (this.#known ? this.#mostInFlight : 1)
  }

  /** How long the open batch may gather. */
  get #gatheredUntil(): number {
    return this.open === null ? Number.POSITIVE_INFINITY : this.open.createdAt + this.#host.settings.batchTimeout
  }

  #recover(batch: Batch, outcome: Exclude<ProduceOutcome, 'written'>, error: Error, now: number): void {
    if (outcome === 'retry' || outcome === 'lost') batch.maybeWritten = true
    // What comes back while the others are awaited failed for the same reason as the first. After what is not sent
    // again there is no need to wait.
    if (!this.#holding && !certain.includes(outcome)) this.#backOff(now, error)
    this.#holding = true
    const { ids, settings } = this.#host
    const hopeless =
      outcome === 'failed' || outcome === 'lost' || (outcome === 'fenced' && (ids === null || batch.maybeWritten))
    if (hopeless) this.#giveUp(batch, this.#mayBeWritten(batch, error))
    else if (outcome === 'split') this.#splitUp(batch, error)
    else if (outcome === 'flawed') this.#sift(batch, error)
    else if (batch.createdAt + settings.deliveryTimeout <= now) this.#giveUp(batch, this.#late(batch))
    else if (ids === null && batch.attempts >= settings.maxAttempts)
      this.#giveUp(batch, this.#mayBeWritten(batch, error))
    else if (outcome === 'fenced') {
      ids?.replace(batch.identity, error)
      this.#gap = true
    } else if (outcome === 'outOfSequence' && this.#sent[0] === batch) {
      // Behind another failed one that is to be expected. The first in line misses one given up, or one the broker
      // lost.
      if (batch.partOfDoubtful) this.#giveUp(batch, this.#mayBeWritten(batch, error))
      else {
        this.#gap = true
        for (const later of [...this.#sent, ...this.#closed]) later.maybeWritten = false
      }
    }
  }

  /** Nothing is in flight: what failed goes to the front again, and a gap may be closed. */
  #rest(): void {
    if (this.#inFlight > 0) return
    if (this.#holding) {
      this.#closed = [...this.#sent, ...this.#closed]
      this.#sent = []
      this.#holding = false
    }
    if (this.#gap && !this.#closed.some(batch => batch.maybeWritten)) {
      this.#gap = false
      this.#host.ids?.bump(this.#identity, this.#trouble)
      this.#identity = null
      for (const batch of this.#closed) {
        batch.identity = null
        batch.sequence = -1
      }
    }
    this.#host.rested(this)
  }

  /**
   * Behind one sent again that may have been written, only those go that were sent after it before. New ones would be
   * one more than the broker remembers when it fails once more: its next repeat would seem to be out of sequence, and
   * be written twice.
   */
  #mustWait({ attempts }: Batch): boolean {
    return attempts === 0 && this.#sent.some(({ maybeWritten }) => maybeWritten)
  }

  /** Has a compressor of somebody's own begin with it; true until that is done. */
  #mustPack(batch: Batch): boolean {
    if (!batch.waitsForPacking) return false
    const failed = (error: Error): void => {
      this.#giveUpAll(
        each => each === batch,
        () => error,
      )
      this.#rest()
    }
    if (!batch.isPacking)
      void batch
        .pack()
        .catch(failed)
        .then(() => this.#host.packed())
    return true
  }

  /** Sees to it that a batch has its number, if it needs one; false while it can't get it. */
  #number(batch: Batch): boolean {
    const { ids } = this.#host
    if (ids === null || batch.sequence >= 0) return true
    if (this.#gap || ids.current === null || !ids.admits(this.topic.name, this.index)) return false
    if (this.#identity !== ids.current && this.#sent.length === 0) {
      this.#identity = ids.current
      this.#nextSequence = 0
      this.#known = false
    }
    batch.identity = this.#identity
    batch.sequence = this.#nextSequence
    this.#nextSequence = sequenceAfter(this.#nextSequence, batch.count)
    return true
  }

  #splitUp(batch: Batch, error: Error): void {
    const parts = this.#partsOf(batch)
    if (parts === null) return this.#giveUp(batch, this.#mayBeWritten(batch, error))
    this.#sent.splice(this.#sent.indexOf(batch), 1, ...parts)
    this.retryAt = 0
  }

  /** Those at fault fail, the others are sent again: what was refused has no numbers in the broker's log. */
  #sift(batch: Batch, error: Error): void {
    const { flaws } = batch
    const parts = this.#host.sift(batch)
    if (parts === null) return this.#giveUp(batch, error)
    if (batch.sequence >= 0) this.#gap = true
    this.#sent.splice(this.#sent.indexOf(batch), 1, ...parts.sound)
    this.retryAt = 0
    const errors = [...flaws!.values()]
    for (const [i, part] of parts.flawed.entries()) this.#host.settle(this, part, errors[i]!)
  }

  /** The batch in parts, which take its numbers: no gap. Null when it can't be split. */
  #partsOf(batch: Batch): Batch[] | null {
    // Refused for its size it is not in the log by this attempt, but may be by one before. Only a broker that counts
    // can tell.
    const doubtful = batch.maybeWritten || batch.partOfDoubtful
    const parts = doubtful && batch.sequence < 0 && this.#host.ids !== null ? null : this.#host.split(this, batch)
    let { sequence } = batch
    for (const part of parts ?? []) {
      part.identity = batch.identity
      part.sequence = sequence
      if (sequence >= 0) sequence = sequenceAfter(sequence, part.count)
      part.maybeWritten = part.partOfDoubtful = doubtful
    }
    return parts
  }

  /** What is left of a batch that was split although it might have been written: it wasn't. */
  #trustParts(): void {
    for (const part of this.unsettled) {
      if (!part.partOfDoubtful) continue
      part.partOfDoubtful = false
      if (part.attempts === 0) part.maybeWritten = false
    }
  }

  #giveUpAll(whether: (batch: Batch) => boolean, why: (batch: Batch) => Error): void {
    const due = this.#closed.filter(whether)
    if (due.length > 0) this.#closed = this.#closed.filter(batch => !whether(batch))
    for (const batch of due) {
      if (batch.sequence >= 0) this.#gap = true
      this.#host.settle(this, batch, why(batch))
    }
  }

  #giveUp(batch: Batch, error: Error): void {
    if (batch.sequence >= 0) this.#gap = true
    this.#forget(batch)
    this.#host.settle(this, batch, error)
  }

  #forget(batch: Batch): void {
    const at = this.#sent.indexOf(batch)
    if (at >= 0) this.#sent.splice(at, 1)
  }

  /** The error that ends a batch, which says so if the batch may be in the log. */
  #mayBeWritten(batch: Batch, error: Error): Error {
    // Of a transaction that is aborted nothing is ever read.
    if ((!batch.maybeWritten && !batch.inFlight) || error === this.#host.ids?.doom) return error
    const what = `${this.#name}: a batch may have been written or not, for nobody answered before it was given up`
    return new UnknownOutcomeError(`${what}: ${messageOf(error)}`, { cause: error })
  }

  #late(batch: Batch): TimeoutError {
    const { ids, settings } = this.#host
    const outcome = batch.maybeWritten ? 'it may have been written' : 'it was not written'
    const cause = batch.lastError ?? this.#trouble ?? ids?.trouble ?? null
    const why = cause === null ? '' : `; the last failure: ${messageOf(cause)}`
    return new TimeoutError(
      `${this.#name}: a batch was not acknowledged within ${settings.deliveryTimeout} ms (deliveryTimeout); ${outcome}${why}`,
      { cause: cause ?? undefined, sent: batch.maybeWritten },
    )
  }

  get #name(): string {
    return `${this.topic.name}/${this.index}`
  }

  #backOff(now: number, error: Error): void {
    this.#trouble = error
    this.#failures++
    this.retryAt = this.#host.backoff.retryAt(now, this.#failures)
  }
}

/** Sequence numbers are int32 and begin again at 0 after the highest. */
export function sequenceAfter(sequence: number, count: number): number {
  const next = sequence + count
  return next > 0x7fffffff ? next - 0x80000000 : next
}
