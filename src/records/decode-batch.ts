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
}

/**
 * Appends the batch's records to `into` as Messages, leaving out those before offset `from`. Their keys and values are views: of the batch's
 * bytes, or of what they decompressed to. `detach()` the batch first if its frame will be used again.
 */
export function decodeBatch(batch: RecordBatch, context: DecodeContext, into: Message[], from = 0): void {
  const { topic, partition, highWaterMark } = context
  const { leaderEpoch } = batch
  const cursor = new RecordCursor().reset(batch, context.codecs, context.limit)
  while (cursor.next()) {
    if (cursor.offset < from) continue
    into.push(
      new Message(topic, partition, cursor.offset, cursor.timestamp, cursor.key, cursor.value, cursor.headers, highWaterMark, leaderEpoch),
    )
  }
}
