import type { BatchBuilder } from '../records/batch-builder.ts'
import { headerBytes } from '../records/batch-layout.ts'
import { WrittenRecords } from '../records/written-records.ts'
import { Batch } from './batch.ts'

/** The batch's records in batches of about half its bytes, or of one record; null when it has only one. */
export function splitBatch(batch: Batch, newBuilder: () => BatchBuilder): Batch[] | null {
  if (batch.count === 1) return null
  const most = headerBytes + (batch.builder.size - headerBytes) / 2
  // Where the middle of a record lies decides, so that even two always part.
  return inParts(batch, newBuilder, (part, bytes) => part.builder.size + bytes / 2 > most)
}

/**
 * The batch's records in batches that have none of those given, and each of these by itself, all in order; null when
 * it has no others (KIP-467).
 */
export function siftBatch(
  batch: Batch,
  flawed: ReadonlySet<number>,
  newBuilder: () => BatchBuilder,
): { sound: Batch[]; flawed: Batch[] } | null {
  if (batch.count <= flawed.size) return null
  let at = 0
  const kinds: boolean[] = [flawed.has(0)]
  const parts = inParts(batch, newBuilder, () => {
    const isFlawed = flawed.has(++at)
    const begins = isFlawed || kinds.at(-1) === true
    if (begins) kinds.push(isFlawed)
    return begins
  })
  return { sound: parts.filter((_, i) => !kinds[i]), flawed: parts.filter((_, i) => kinds[i]) }
}

/** `begins`: whether a record of so many bytes is the first of another part; asked of all but the first. */
function inParts(
  batch: Batch,
  newBuilder: () => BatchBuilder,
  begins: (part: Batch, bytes: number) => boolean,
): Batch[] {
  const records = new WrittenRecords(batch.builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))
  const parts: Batch[] = []
  let part: Batch | undefined
  let at = 0
  let from = 0
  for (; records.next(); at++) {
    if (part === undefined || begins(part, records.to - records.from)) {
      if (part !== undefined) batch.handOver(from, at, part)
      part = new Batch(batch.topic, batch.partition, newBuilder(), batch.compression, batch.createdAt)
      part.closedAt = batch.closedAt
      parts.push(part)
      from = at
    }
    part.builder.appendEncoded(records.bytes, records.from, records.to, records.timestamp)
  }
  batch.handOver(from, at, part!)
  return parts
}
