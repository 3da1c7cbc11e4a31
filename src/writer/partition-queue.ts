import { backoffDelay } from '../base/backoff.ts'
import { TimeoutError } from '../base/errors.ts'
import type { Batch } from './batch.ts'
import type { BrokerSender } from './broker-sender.ts'
import type { ProduceOutcome } from './produce-outcome.ts'
import type { ProducerIdentities, ProducerIdentity } from './producer-identity.ts'
import type { Settings } from './settings.ts'
import type { Topic } from './topic.ts'

/** What a queue needs of its writer. */
export interface QueueHost {
  readonly settings: Settings
  /** Null without idempotence. */
  readonly ids: ProducerIdentities | null
  /** The queue has something to send. */
  list(queue: PartitionQueue): void
  /** The same, but who leads the partition is to be looked up again. */
  relist(queue: PartitionQueue): void
  /** The batch is done with: written, or failed with `error`. */
  settle(batch: Batch, error: Error | null): void
  /** The batch's records in smaller batches; null when it has only one. */
  split(batch: Batch): Batch[] | null
}

/** How many batches of a partition a broker remembers per producer to recognise repeats: so many may be on their way at once. */
const mostRemembered = 5

/**
 * One partition's batches, in order, and the rules of sending them safely.
 *
 * When a batch fails, those behind it wait until everything in flight is answered; then all are sent again in order, under the same sequence
 * numbers, so that the broker drops what it has already. When a batch is given up, its numbers stay a gap in the sequence, across which the
 * broker takes nothing. What may have been written before the gap showed is sent again until that is known; then the producer's epoch is
 * bumped and the numbers of what remains begin anew (KIP-360).
 */
export class PartitionQueue {
  readonly topic: Topic
  readonly index: number
  /** Takes messages. */
  open: Batch | null = null
  /** Whether it waits to be sent from, at a sender or on the way to one. */
  listed = false
  /** The leader's; stays while batches are in flight there. */
  sender: BrokerSender | null = null
  /** Nothing is sent before this moment. */
  retryAt = 0

  readonly #host: QueueHost
  readonly #mostInFlight: number
  /** Full, in order, not in flight. */
  #closed: Batch[] = []
  /** Sent and not settled, in order: in flight, or failed while others still are. */
  #sent: Batch[] = []
  #inFlight = 0
  /** A batch failed: nothing is sent until all in flight are answered. */
  #holding = false
  /** Failures in a row. */
  #failures = 0

  #identity: ProducerIdentity | null = null
  #nextSequence = 0
  /** The broker has taken a batch under this identity. Until then it takes any number for the first, and so the second for it if that overtakes. */
  #known = false
  /** A batch that had a sequence number was given up. */
  #gap = false

  constructor(topic: Topic, index: number, host: QueueHost) {
    this.topic = topic
    this.index = index
    this.#host = host
    this.#mostInFlight = host.ids === null ? 1 : mostRemembered
  }

  get idle(): boolean {
    return this.#inFlight === 0
  }

  /** Whether there is anything left to send. */
  get empty(): boolean {
    return this.open === null && this.#closed.length === 0
  }

  /** The open batch takes no more. */
  close(now: number): void {
    if (this.open === null) return
    this.open.closedAt = now
    this.#closed.push(this.open)
    this.open = null
  }

  /** The next batch to send, numbered and counted as in flight; null when there is none or it has to wait. `eager` takes the open one too. */
  take(now: number, eager: boolean, requestId: number): Batch | null {
    if (this.#holding || this.#full || now < this.retryAt) return null
    if (this.#closed.length === 0 && (eager || this.#gatheredUntil <= now)) this.close(now)
    const batch = this.#closed[0]
    if (batch === undefined || this.#mustWait(batch) || (this.#host.ids !== null && !this.#number(batch, this.#host.ids))) return null
    this.#closed.shift()
    this.#sent.push(batch)
    this.#inFlight++
    batch.requestId = requestId
    if (batch.attempts++ === 0) batch.firstSentAt = now
    return batch
  }

  /** From when on there is something to send; Infinity if that takes more than time. */
  readyAt(now: number, eager: boolean): number {
    if (this.empty || this.#holding || this.#full) return Number.POSITIVE_INFINITY
    const gathered = this.#closed.length > 0 || eager ? now : this.#gatheredUntil
    return Math.max(this.retryAt, gathered)
  }

  /** The batch that went with a request. */
  sentWith(requestId: number): Batch | undefined {
    return this.#sent.find(batch => batch.requestId === requestId)
  }

  /** How a batch in flight fared. */
  completed(batch: Batch, verdict: ProduceOutcome, error: Error | null, now: number): void {
    this.#inFlight--
    batch.requestId = 0
    batch.lastError = error
    if (batch.settled) this.#forget(batch)
    else if (verdict === 'written') {
      this.#failures = 0
      this.#known = true
      this.#forget(batch)
      this.#host.settle(batch, null)
    } else this.#recover(batch, verdict, error!, now)
    if (this.#inFlight === 0) this.#drained()
  }

  /** Gives up what waited too long. Batches in flight are bounded by their requests. */
  expire(now: number): void {
    const { deliveryTimeout } = this.#host.settings
    if (this.open !== null && this.open.createdAt + deliveryTimeout <= now) this.close(now)
    for (const batch of this.#closed.filter(({ createdAt }) => createdAt + deliveryTimeout <= now)) this.#giveUp(batch, this.#late(batch))
    if (this.#inFlight === 0) this.#drained()
  }

  /** When its oldest batch was begun; Infinity without one. */
  oldest(): number {
    return (this.#sent[0] ?? this.#closed[0] ?? this.open)?.createdAt ?? Number.POSITIVE_INFINITY
  }

  /** The leader could not be reached; `fatal` when there is no use in trying again. */
  unreachable(error: Error, fatal: boolean, now: number): void {
    this.#backOff(now)
    const hopeless = fatal || (this.#host.ids === null && this.#failures >= this.#host.settings.maxAttempts)
    if (this.open !== null) this.open.lastError = error
    for (const batch of this.#closed) batch.lastError = error
    if (hopeless) {
      this.close(now)
      for (const batch of [...this.#closed]) this.#giveUp(batch, error)
    }
    if (this.#inFlight === 0) this.#drained()
  }

  /** Fails everything at once. What is in flight may be written all the same. */
  abandon(error: Error): void {
    this.close(0)
    const closed = this.#closed
    this.#closed = []
    for (const batch of [...this.#sent, ...closed]) if (!batch.settled) this.#host.settle(batch, error)
  }

  get #full(): boolean {
    return this.#inFlight >= (this.#known ? this.#mostInFlight : 1)
  }

  /** How long the open batch may gather. */
  get #gatheredUntil(): number {
    return this.open === null ? Number.POSITIVE_INFINITY : this.open.createdAt + this.#host.settings.batchTimeout
  }

  #recover(batch: Batch, verdict: Exclude<ProduceOutcome, 'written'>, error: Error, now: number): void {
    if (verdict === 'retry') batch.maybeWritten = true
    // What comes back while the others are awaited failed for the same reason as the first.
    if (!this.#holding) this.#backOff(now)
    this.#holding = true
    const { ids, settings } = this.#host
    const exhausted = ids === null && batch.attempts >= settings.maxAttempts
    if (verdict === 'failed' || (verdict === 'fenced' && (ids === null || batch.maybeWritten))) this.#giveUp(batch, error)
    else if (verdict === 'split') this.#splitUp(batch, error)
    else if (batch.createdAt + settings.deliveryTimeout <= now) this.#giveUp(batch, this.#late(batch))
    else if (exhausted) this.#giveUp(batch, error)
    else if (verdict === 'fenced') {
      ids?.replace(batch.identity)
      this.#gap = true
    } else if (verdict === 'outOfSequence' && this.#sent[0] === batch) {
      // Behind another failed one that is to be expected. The first in line misses one given up, or one the broker lost.
      this.#gap = true
      for (const later of [...this.#sent, ...this.#closed]) later.maybeWritten = false
    }
  }

  /** Nothing is in flight: what failed goes to the front again, and a gap may be closed. */
  #drained(): void {
    if (this.#holding) {
      this.#closed.unshift(...this.#sent)
      this.#sent = []
      this.#holding = false
      if (!this.empty) this.#host.relist(this)
    }
    if (!this.#gap || this.#closed.some(batch => batch.maybeWritten)) return
    this.#gap = false
    this.#host.ids?.bump(this.#identity)
    this.#identity = null
    for (const batch of this.#closed) {
      batch.identity = null
      batch.sequence = -1
    }
  }

  /**
   * Behind one sent again that may have been written, only those go that were sent after it before. New ones would be one more than the broker
   * remembers when it fails once more: its next repeat would seem to be out of sequence, and be written twice.
   */
  #mustWait({ attempts }: Batch): boolean {
    return attempts === 0 && this.#sent.some(({ maybeWritten }) => maybeWritten)
  }

  /** Sees to it that a batch has its number; false while it can't get one. */
  #number(batch: Batch, ids: ProducerIdentities): boolean {
    if (batch.sequence >= 0) return true
    if (this.#gap || ids.current === null) return false
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
    const parts = batch.maybeWritten ? null : this.#host.split(batch)
    if (parts === null) {
      this.#giveUp(batch, error)
      return
    }
    // The parts take the numbers of the whole, which is not in the log: no gap.
    let sequence = batch.sequence
    for (const part of parts) {
      part.identity = batch.identity
      part.sequence = sequence
      if (sequence >= 0) sequence = sequenceAfter(sequence, part.count)
    }
    this.#sent.splice(this.#sent.indexOf(batch), 1, ...parts)
    this.retryAt = 0
  }

  #giveUp(batch: Batch, error: Error): void {
    if (batch.sequence >= 0) this.#gap = true
    this.#forget(batch)
    this.#host.settle(batch, error)
  }

  #forget(batch: Batch): void {
    const list = this.#sent.includes(batch) ? this.#sent : this.#closed
    const at = list.indexOf(batch)
    if (at >= 0) list.splice(at, 1)
  }

  #late(batch: Batch): TimeoutError {
    const { deliveryTimeout } = this.#host.settings
    const outcome = batch.maybeWritten ? 'it may have been written' : 'it was not written'
    return new TimeoutError(
      `${this.topic.name}/${this.index}: a batch was not acknowledged within ${deliveryTimeout} ms (deliveryTimeout); ${outcome}`,
      {
        cause: batch.lastError,
        sent: batch.maybeWritten,
      },
    )
  }

  #backOff(now: number): void {
    this.#failures++
    this.retryAt = now + backoffDelay(this.#failures, this.#host.settings.backoff)
  }
}

/** Sequence numbers are int32 and begin again at 0 after the highest. */
export function sequenceAfter(sequence: number, count: number): number {
  const next = sequence + count
  return next > 0x7fffffff ? next - 0x80000000 : next
}
