import type { RecordBatch } from '../../records/record-batch.ts'
import type { TopicSettings } from '../topics/settings.ts'
import { markerBatch, stampPlace, stampTime } from './batch.ts'
import { Log } from './log.ts'
import { Producers } from './producers.ts'

/** A transaction that was given up, as a committed reader must be told. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
  /** Of its marker. */
  readonly lastOffset: number
}

/** What a partition must know of its topic. Its settings may be replaced at any time. */
export interface PartitionTopic {
  readonly name: string
  readonly settings: TopicSettings
}

/**
 * One partition: its log, who leads it, and what its producers may write next. Its replicas share the log, so they
 * never diverge.
 */
export class Partition {
  readonly topic: PartitionTopic
  readonly index: number
  /** −1 when no replica is alive. */
  leader: number
  leaderEpoch = 0
  replicas: readonly number[]
  /** Replicas that run. */
  isr: readonly number[]
  readonly log = new Log()
  readonly producers = new Producers()
  /** By marker, the oldest first. */
  #aborted: AbortedTransaction[] = []
  /** Where the records of each leader epoch begin. */
  readonly #epochs: { epoch: number; startOffset: number }[] = [{ epoch: 0, startOffset: 0 }]
  readonly #watchers = new Set<() => void>()

  constructor(topic: PartitionTopic, index: number, replicas: readonly number[]) {
    this.topic = topic
    this.index = index
    this.replicas = replicas
    this.isr = replicas
    this.leader = replicas[0] ?? -1
  }

  /** Where read committed ends: before the first record of the oldest open transaction. */
  get lastStableOffset(): number {
    return this.producers.firstUnstable() ?? this.log.endOffset
  }

  /**
   * Stores a copy of a batch that was found good. `newest` is the largest timestamp of its records. Answers its first
   * offset.
   */
  append(batch: RecordBatch, newest: number, now: number): number {
    const { appendTime } = this.topic.settings
    const baseOffset = this.log.endOffset
    const timestamp = appendTime ? now : newest
    const copy = this.#store(batch.bytes.subarray(batch.start, batch.end), baseOffset + batch.count - 1, timestamp)
    if (appendTime || batch.logAppendTime || batch.maxTimestamp !== newest) stampTime(copy, timestamp, appendTime)
    if (batch.producerId >= 0n) this.producers.appended(batch, batch.isTransactional, baseOffset, timestamp)
    this.changed()
    return baseOffset
  }

  /** Ends a producer's transaction here. */
  endTransaction(marker: {
    producerId: bigint
    producerEpoch: number
    commit: boolean
    coordinatorEpoch: number
    timestamp: number
  }): void {
    const offset = this.log.endOffset
    this.#store(markerBatch(marker), offset, marker.timestamp)
    const { producerId, producerEpoch, coordinatorEpoch, timestamp } = marker
    const firstOffset = this.producers.ended(producerId, producerEpoch, coordinatorEpoch, timestamp)
    if (!marker.commit && firstOffset !== undefined) this.#aborted.push({ producerId, firstOffset, lastOffset: offset })
    this.changed()
  }

  #store(batch: Uint8Array, lastOffset: number, timestamp: number): Uint8Array {
    const { segmentBytes, retentionBytes } = this.topic.settings
    const copy = this.log.append(batch, lastOffset, timestamp, segmentBytes)
    stampPlace(copy, lastOffset - new DataView(copy.buffer, copy.byteOffset).getInt32(23), this.leaderEpoch)
    this.log.retain(retentionBytes)
    return copy
  }

  /** The aborted transactions that have records in `from`..`until`. */
  aborted(from: number, until: number): AbortedTransaction[] {
    // Those that ended before the log begins are of no use to anyone any more.
    if (this.#aborted.length > 0 && this.#aborted[0]!.lastOffset < this.log.startOffset)
      this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= this.log.startOffset)
    return this.#aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < until)
  }

  /** Gives the partition another leader, or none (−1), in a new epoch. */
  lead(leader: number): void {
    this.leader = leader
    this.leaderEpoch++
    if (leader >= 0) this.#epochs.push({ epoch: this.leaderEpoch, startOffset: this.log.endOffset })
    this.changed()
  }

  /** Where the records of an epoch end; −1 for an epoch that has not been. */
  endOfEpoch(epoch: number): { leaderEpoch: number; endOffset: number } {
    if (epoch === this.leaderEpoch) return { leaderEpoch: epoch, endOffset: this.log.endOffset }
    const next = this.#epochs.findIndex(each => each.epoch > epoch)
    if (next < 1) return { leaderEpoch: -1, endOffset: -1 }
    return { leaderEpoch: this.#epochs[next - 1]!.epoch, endOffset: this.#epochs[next]!.startOffset }
  }

  /** The epoch the record at `offset` was written in. */
  epochAt(offset: number): number {
    return this.#epochs.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? this.leaderEpoch
  }

  /** Calls `wake` whenever records, the stable offset or the leader change; the answer ends it. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake)
    return () => this.#watchers.delete(wake)
  }

  changed(): void {
    for (const wake of [...this.#watchers]) wake()
  }
}
