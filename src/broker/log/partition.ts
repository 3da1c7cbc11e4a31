import { RecordBatch } from '../../records/record-batch.ts'
import type { TopicSettings } from '../topics/settings.ts'
import { coordinatorEpochOf, markerBatch, stampPlace, stampTime } from './batch.ts'
import { Epochs } from './epochs.ts'
import { Log } from './log.ts'
import { type Marker, Markers } from './markers.ts'
import { Producers } from './producers.ts'
import { Replicas } from './replicas.ts'

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

/** A partition on its way to other brokers: those it was on, and those it is to be on. */
export interface Move {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/**
 * One partition: its log, who leads it, and what its producers may write next. The log is the leader's. Each replica
 * has as much of it as `replicas` says; what one has beyond that of a new leader is gone at once.
 */
export class Partition {
  readonly topic: PartitionTopic
  readonly index: number
  /** −1 when no replica that may lead runs. */
  leader: number
  leaderEpoch = 0
  readonly log = new Log()
  readonly replicas: Replicas
  /** To where it is being moved; undefined while it stays. */
  move: Move | undefined
  producers = new Producers()
  /** Segments that begin before it were compacted. */
  cleanedTo = 0
  /** Of the batches with tombstones that a compaction has seen, by first offset: until when these stay. */
  deleteHorizons: ReadonlyMap<number, number> = new Map()
  /** By marker, the oldest first. */
  #aborted: AbortedTransaction[] = []
  readonly #epochs = new Epochs()
  readonly #markers = new Markers()
  readonly #watchers = new Set<() => void>()

  constructor(topic: PartitionTopic, index: number, replicas: readonly number[]) {
    this.topic = topic
    this.index = index
    this.replicas = new Replicas(replicas, this.log)
    this.leader = replicas[0] ?? -1
  }

  /** Where reading ends: all replicas in sync have what is before it. */
  get highWatermark(): number {
    return this.replicas.highWatermark
  }

  /** Where read committed ends: before the first record of the oldest transaction not known to have ended. */
  get lastStableOffset(): number {
    const { highWatermark } = this
    const ending = this.#markers.firstOpen(highWatermark) ?? highWatermark
    return Math.min(this.producers.firstUnstable() ?? highWatermark, ending, highWatermark)
  }

  /** Where the latest leader's records begin. */
  get epochStart(): number {
    return this.#epochs.lastStart
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

  /** Ends a producer's transaction here, once there is a leader. */
  endTransaction(marker: Marker): void {
    if (this.leader < 0) return this.#markers.wait(marker)
    const offset = this.log.endOffset
    this.#store(markerBatch(marker), offset, marker.timestamp)
    const { producerId, producerEpoch, coordinatorEpoch, timestamp } = marker
    const firstOffset = this.producers.ended(producerId, producerEpoch, coordinatorEpoch, timestamp)
    if (!marker.commit && firstOffset !== undefined) this.#aborted.push({ producerId, firstOffset, lastOffset: offset })
    if (this.highWatermark <= offset) this.#markers.written(marker, offset, firstOffset ?? offset)
    this.changed()
  }

  #store(batch: Uint8Array, lastOffset: number, timestamp: number): Uint8Array {
    const { segmentBytes, segmentMs, retentionBytes } = this.topic.settings
    const copy = this.log.append(batch, lastOffset, timestamp, segmentBytes, segmentMs)
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

  /** Gives the partition another leader, and with it that one's log, or none (−1), in a new epoch. */
  lead(leader: number): void {
    if (leader >= 0) this.#truncate(this.replicas.endOf(leader))
    this.leader = leader
    this.leaderEpoch++
    if (leader >= 0) {
      this.replicas.follow(leader)
      this.#epochs.begin(this.leaderEpoch, this.log.endOffset)
      for (const marker of this.#markers.take()) this.endTransaction(marker)
    }
    this.changed()
  }

  /** Cuts the log off at `end`; all that is known of it then comes from the records that remain. */
  #truncate(end: number): void {
    if (end >= this.log.endOffset) return
    this.#markers.truncate(end, this.highWatermark)
    this.log.truncate(end)
    this.cleanedTo = Math.min(this.cleanedTo, end)
    this.deleteHorizons = new Map([...this.deleteHorizons].filter(([baseOffset]) => baseOffset < end))
    this.replicas.truncated()
    this.#epochs.truncate(end)
    this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset < end)
    const before = this.producers
    this.producers = new Producers()
    for (const bytes of this.log.since(Number.NEGATIVE_INFINITY)) {
      const batch = new RecordBatch(bytes, 0, bytes.length)
      const { producerId, producerEpoch, baseOffset, maxTimestamp } = batch
      if (producerId < 0n) continue
      if (batch.isControl) this.producers.ended(producerId, producerEpoch, coordinatorEpochOf(bytes), maxTimestamp)
      else this.producers.appended(batch, batch.isTransactional, baseOffset, maxTimestamp)
    }
    this.producers.keep(before, end)
  }

  /** Where the records of an epoch end; −1 for an epoch that has not been. */
  endOfEpoch(epoch: number): { leaderEpoch: number; endOffset: number } {
    if (epoch === this.leaderEpoch) return { leaderEpoch: epoch, endOffset: this.log.endOffset }
    return this.#epochs.endOf(epoch)
  }

  /** The epoch the record at `offset` was written in. */
  epochAt(offset: number): number {
    return this.#epochs.at(offset) ?? this.leaderEpoch
  }

  /** Calls `wake` whenever records, how far they may be read, or the leader change; the answer ends it. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake)
    return () => this.#watchers.delete(wake)
  }

  changed(): void {
    for (const wake of [...this.#watchers]) wake()
  }
}
