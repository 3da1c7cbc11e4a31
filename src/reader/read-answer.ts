import { ProtocolError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { errorFor, type KafkaError } from '../protocol/errors.ts'
import type { Fetch } from '../protocol/fetch.ts'
import { IsolationLevel } from '../protocol/offsets.ts'
import { AbortedTransactions } from '../records/aborted.ts'
import { type RecordBatch, scanBatches } from '../records/record-batch.ts'
import type { Position } from './position.ts'

export type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

/** What an answer says about one position; batches are in the order of their offsets and hold what is to be delivered. */
export interface Answered {
  readonly error: KafkaError | null
  /** The leader's log parted from what we read: it has the same up to here. −1: it did not. */
  readonly partedAt: number
  readonly batches: readonly { readonly batch: RecordBatch; readonly from: number }[]
}

/** Matches an answer with the positions it was asked for and moves them on. Throws a ProtocolError for records that can't be. */
export function readPartition(position: Position, answer: PartitionAnswer, isolationLevel: IsolationLevel): Answered {
  const { divergingEpoch } = answer
  const error = errorFor(answer.errorCode, position.name)
  if (error !== null) return { error, partedAt: -1, batches: [] }
  const committed = isolationLevel === IsolationLevel.ReadCommitted
  position.end = committed && answer.lastStableOffset >= 0 ? answer.lastStableOffset : answer.highWatermark
  // Only who says what epoch was read last asks for it, and nothing it says can lead forward.
  if (divergingEpoch.endOffset >= 0 && position.lastEpoch >= 0)
    return { error: null, partedAt: Math.min(divergingEpoch.endOffset, position.offset), batches: [] }
  const records = answer.records
  const batches = records === null ? [] : takeBatches(position, records, committed ? answer.abortedTransactions : null)
  return { error: null, partedAt: -1, batches }
}

function takeBatches(position: Position, records: Uint8Array, listed: PartitionAnswer['abortedTransactions']): Answered['batches'] {
  const scanned = scanBatches(records)
  const aborted = listed === null ? null : new AbortedTransactions(listed)
  const taken: { batch: RecordBatch; from: number }[] = []
  let largest = 0
  // The position moves once all is read: what is thrown here would lose what was taken before it.
  let { offset, lastEpoch } = position
  for (const batch of scanned) {
    largest = Math.max(largest, batch.end - batch.start)
    const left = aborted?.covers(batch) ?? false
    // Brokers answer whole batches: the first may begin before the offset asked for.
    if (batch.lastOffset < offset) continue
    if (!batch.isControl && !left && batch.count > 0) taken.push({ batch, from: offset })
    offset = batch.lastOffset + 1
    lastEpoch = batch.leaderEpoch
  }
  if (records.length > 0 && offset === position.offset) throw useless(position, records, scanned)
  position.offset = offset
  position.lastEpoch = lastEpoch
  if (largest > 0) position.batchBytes = largest
  return taken
}

/** The same would come again and again. */
function useless({ name, offset }: Position, { length }: Uint8Array, scanned: readonly RecordBatch[]): ProtocolError {
  return new ProtocolError(
    scanned.length === 0
      ? `${name} at offset ${offset}: the ${length} bytes answered are no whole batch (before Kafka 0.10.1, one larger than maxBytes can't be read)`
      : `${name} at offset ${offset}: the batches answered end at ${scanned.at(-1)!.lastOffset}`,
  )
}
