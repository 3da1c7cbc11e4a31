import { ErrorCode } from '../../protocol/errors.ts'

/** What a partition checks a producer's batch against. */
export interface ProducerBatch {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly count: number
}

/** A batch remembered, so that its repetition is answered and not stored. */
interface StoredBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly timestamp: number
}

/** What a partition knows of one producer. */
export interface ProducerEntry {
  epoch: number
  /** Of the coordinator that wrote its last marker; −1 before the first. */
  coordinatorEpoch: number
  lastTimestamp: number
  /** The last batches, at most five: as many as a producer may have in flight. */
  batches: StoredBatch[]
}

const remembered = 5
const sequences = 2 ** 31

/** The sequence of a batch's last record: they wrap around to 0. */
function lastSequence({ baseSequence, count }: ProducerBatch): number {
  return (baseSequence + count - 1) % sequences
}

/** The producers that wrote to a partition, and what each may write next: Kafka's ProducerStateManager. */
export class Producers {
  readonly entries = new Map<bigint, ProducerEntry>()
  /** Where each open transaction began, by producer, the oldest first. */
  readonly open = new Map<bigint, number>()

  /** The stored batch that this one repeats. */
  duplicateOf(batch: ProducerBatch): StoredBatch | undefined {
    const entry = this.entries.get(batch.producerId)
    if (entry === undefined || entry.epoch !== batch.producerEpoch) return undefined
    const last = lastSequence(batch)
    return entry.batches.find(each => each.baseSequence === batch.baseSequence && each.lastSequence === last)
  }

  /** The error code of appending the batch; 0 when it may be. */
  check({ producerId, producerEpoch, baseSequence }: ProducerBatch, transactional: boolean): number {
    const entry = this.entries.get(producerId)
    // Of a producer not heard of (or forgotten) any sequence is taken.
    if (entry === undefined) return 0
    if (producerEpoch < entry.epoch) return ErrorCode.InvalidProducerEpoch
    const last = producerEpoch > entry.epoch ? -1 : (entry.batches.at(-1)?.lastSequence ?? -1)
    if (baseSequence !== (last + 1) % sequences) return ErrorCode.OutOfOrderSequenceNumber
    if (this.open.has(producerId) && !transactional) return ErrorCode.InvalidTransactionState
    return 0
  }

  appended(batch: ProducerBatch, transactional: boolean, baseOffset: number, timestamp: number): void {
    const entry = this.#entry(batch.producerId, batch.producerEpoch)
    entry.batches.push({ baseSequence: batch.baseSequence, lastSequence: lastSequence(batch), baseOffset, timestamp })
    if (entry.batches.length > remembered) entry.batches.shift()
    entry.lastTimestamp = timestamp
    if (transactional && !this.open.has(batch.producerId)) this.open.set(batch.producerId, baseOffset)
  }

  /** Ends the producer's transaction here, and answers where it began; undefined when it wrote nothing. */
  ended(producerId: bigint, epoch: number, coordinatorEpoch: number, timestamp: number): number | undefined {
    const entry = this.#entry(producerId, epoch)
    entry.coordinatorEpoch = coordinatorEpoch
    entry.lastTimestamp = timestamp
    const start = this.open.get(producerId)
    this.open.delete(producerId)
    return start
  }

  /** The first offset of the oldest open transaction; undefined when there is none. */
  firstUnstable(): number | undefined {
    for (const start of this.open.values()) return start
    return undefined
  }

  /** What is known of those whose batches retention let go, the last of them before `end`. */
  keep({ entries }: Producers, end: number): void {
    for (const [producerId, entry] of entries) {
      const last = entry.batches.at(-1)
      if (last !== undefined && last.baseOffset < end && !this.entries.has(producerId))
        this.entries.set(producerId, entry)
    }
  }

  /** Forgets those last heard of before a time, and as of it, if no transaction of theirs is open; answers who is left. */
  forgetBefore(timestamp: number): number {
    for (const [producerId, { lastTimestamp }] of this.entries)
      if (lastTimestamp <= timestamp && !this.open.has(producerId)) this.entries.delete(producerId)
    return this.entries.size
  }

  /** The producer's entry; a new epoch begins without batches. */
  #entry(producerId: bigint, epoch: number): ProducerEntry {
    let entry = this.entries.get(producerId)
    if (entry === undefined) {
      entry = { epoch, coordinatorEpoch: -1, lastTimestamp: -1, batches: [] }
      this.entries.set(producerId, entry)
    } else if (entry.epoch !== epoch) {
      entry.epoch = epoch
      entry.batches = []
    }
    return entry
  }
}
