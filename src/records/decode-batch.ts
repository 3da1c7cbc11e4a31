import type { Codecs } from '../compression/codecs.ts'
import { Message } from './message.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/** What a batch's messages have in common, and how to decompress it. */
export interface DecodeContext {
  readonly topic: string
  readonly partition: number
  readonly highWaterMark: number
  readonly codecs: Codecs
  /** Bytes a compressed batch may become; 64 MiB by default. */
  readonly limit?: number | undefined
  /** See Message. */
  readonly origin?: object | null | undefined
}

/**
 * Makes Messages of a batch's records, leaving out those before offset `from`. Their keys and values are views: of the
 * batch's bytes, or of what they decompressed to. `detach()` the batch first if its frame will be used again.
 */
export class BatchDecoder {
  private readonly batch: RecordBatch
  private readonly context: DecodeContext
  private readonly from: number
  private readonly cursor = new RecordCursor()

  /** `batch` should be verified. One that is compressed is decompressed here. */
  constructor(batch: RecordBatch, context: DecodeContext, from = 0) {
    this.batch = batch
    this.context = context
    this.from = from
    this.cursor.reset(batch, context.codecs, context.limit)
  }

  /** Records that were not taken yet. */
  get left(): number {
    return this.cursor.left
  }

  /**
   * The next `most` messages at most, all by default; none at the end. A large batch is better read some at a time:
   * objects that die young cost the garbage collector nothing, and a small batch may decompress to millions of records.
   */
  take(most = Number.POSITIVE_INFINITY): Message[] {
    const { cursor, from, batch } = this
    const { topic, partition, highWaterMark, origin = null } = this.context
    const { leaderEpoch } = batch
    const messages: Message[] = []
    while (messages.length < most && cursor.next()) {
      const { offset } = cursor
      if (offset < from) continue
      messages.push(
        new Message(
          topic,
          partition,
          offset,
          cursor.timestamp,
          cursor.key,
          cursor.value,
          cursor.headers,
          highWaterMark,
          leaderEpoch,
          origin,
        ),
      )
    }
    return messages
  }
}

/** All messages of a batch at once. */
export function decodeBatch(batch: RecordBatch, context: DecodeContext, from = 0): Message[] {
  return new BatchDecoder(batch, context, from).take()
}
