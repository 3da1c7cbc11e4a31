import type { BatchBuilder } from '../records/batch-builder.ts'
import { headerBytes } from '../records/batch-layout.ts'
import { WrittenRecords } from '../records/written-records.ts'
import { Batch } from './batch.ts'

/** The batch's records in batches of about half its bytes, or of one record; null when it has only one. */
export function splitBatch(batch: Batch, newBuilder: () => BatchBuilder): Batch[] | null {
  if (batch.count === 1) return null
  const most = headerBytes + (batch.builder.size - headerBytes) / 2
  const records = new WrittenRecords(batch.builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))
  const parts: Batch[] = []
  let part: Batch | undefined
  let at = 0
  let from = 0
  for (; records.next(); at++) {
    // Where the middle of a record lies decides, so that even two always part.
    if (part === undefined || part.builder.size + (records.to - records.from) / 2 > most) {
      if (part !== undefined) batch.handOver(from, at, part)
      part = new Batch(batch.topic, batch.partition, newBuilder(), batch.createdAt)
      part.closedAt = batch.closedAt
      parts.push(part)
      from = at
    }
    part.builder.appendEncoded(records.bytes, records.from, records.to, records.timestamp)
  }
  batch.handOver(from, at, part!)
  return parts
}
