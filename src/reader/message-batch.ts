import type { Codecs } from '../compression/codecs.ts'
import { decodeBatch } from '../records/decode-batch.ts'
import type { Message } from '../records/message.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import type { RecordCursor } from '../records/record-cursor.ts'
import type { FetchedBatch } from './fetched.ts'

/** Messages of one partition that came as one record batch. Valid until the next batch is asked for. */
export interface MessageBatch {
  /** The topic's name. */
  readonly topic: string
  /** The number of the partition. */
  readonly partition: number
  /** The offset after the last readable one, when this was fetched. */
  readonly highWaterMark: number
  /** The first offset to read; in a compacted topic the first record may lie beyond. */
  readonly firstOffset: number
  /** The last offset the batch covers: reading goes on behind it. */
  readonly lastOffset: number
  /**
   * Records in the batch as it was written; those before `firstOffset` count, but are left out of messages() and
   * cursor().
   */
  readonly count: number
  /**
   * The records as objects. They stay valid as long as they are kept, and keep the batch's bytes in memory. Throws a
   * ProtocolError for records that can't be.
   */
  messages(): Message[]
  /**
   * Walks the records without making objects. It, and the views it answers, die with the batch. A reader has one: asked
   * for again, it begins anew.
   */
  cursor(): RecordCursor
}

/** How batches are decoded. */
export interface Decoding {
  readonly codecs: Codecs
  /** Bytes a compressed batch may become. */
  readonly limit: number
  /** One for all batches of a reader: it is the batch being read that it walks. */
  readonly cursor: RecordCursor
}

export class DeliveredBatch implements MessageBatch {
  readonly topic: string
  readonly partition: number
  readonly highWaterMark: number
  readonly firstOffset: number
  private readonly batch: RecordBatch
  private readonly decoding: Decoding
  /** What its messages are of; see `Position`. */
  readonly origin: object | null

  /** `batch`, verified, is that of `fetched` or a copy of it. */
  constructor({ position, highWaterMark }: FetchedBatch, batch: RecordBatch, from: number, decoding: Decoding) {
    this.topic = position.topic
    this.partition = position.partition
    this.highWaterMark = highWaterMark
    this.firstOffset = Math.max(from, batch.baseOffset)
    this.batch = batch
    this.decoding = decoding
    this.origin = position.reading ?? null
  }

  get lastOffset(): number {
    return this.batch.lastOffset
  }

  get count(): number {
    return this.batch.count
  }

  messages(): Message[] {
    const { topic, partition, highWaterMark, firstOffset, batch } = this
    const { codecs, limit } = this.decoding
    // A compressed batch is decompressed into memory of its own anyway.
    return decodeBatch(
      batch.codec === 0 ? batch.detach() : batch,
      { topic, partition, highWaterMark, codecs, limit, origin: this.origin },
      firstOffset,
    )
  }

  cursor(): RecordCursor {
    const { batch, firstOffset } = this
    const { codecs, limit, cursor } = this.decoding
    cursor.reset(batch, codecs, limit)
    if (batch.baseOffset === firstOffset) return cursor
    let before = 0
    while (cursor.next() && cursor.offset < firstOffset) before++
    cursor.reset(batch, codecs, limit)
    while (before-- > 0) cursor.next()
    return cursor
  }
}
