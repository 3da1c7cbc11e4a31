import { Codecs } from '../compression/codecs.ts'
import type { BatchBuilder } from '../records/batch-builder.ts'
import { headerBytes } from '../records/batch-layout.ts'
import { scanBatches } from '../records/record-batch.ts'
import { RecordCursor } from '../records/record-cursor.ts'
import { Batch } from './batch.ts'

/** The batch's records in batches of about half its bytes, or of one record; null when it has only one. */
export function splitBatch(batch: Batch, newBuilder: () => BatchBuilder): Batch[] | null {
  if (batch.count === 1) return null
  const most = headerBytes + (batch.builder.size - headerBytes) / 2
  const [whole] = scanBatches(batch.builder.finish({ producerId: -1, producerEpoch: -1, baseSequence: -1 }))
  const cursor = new RecordCursor().reset(whole!, new Codecs())
  const parts: Batch[] = []
  let part: Batch | undefined
  let at = 0
  let from = 0
  for (; cursor.next(); at++) {
    const { key, value, headers, timestamp } = cursor
    if (part === undefined || part.builder.size + (key?.length ?? 0) + (value?.length ?? 0) > most) {
      if (part !== undefined) batch.handOver(from, at, part)
      part = new Batch(batch.queue, newBuilder(), batch.createdAt)
      part.closedAt = batch.closedAt
      parts.push(part)
      from = at
    }
    part.builder.append(key, value, headers, timestamp)
  }
  batch.handOver(from, at, part!)
  return parts
}
