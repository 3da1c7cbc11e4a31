import { messageOf } from '../../base/errors.ts'
import { DecompressionLimitError } from '../../compression/codec.ts'
import type { Codecs } from '../../compression/codecs.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { attributesAt, magicAt, transactionalFlag } from '../../records/batch-layout.ts'
import { type RecordBatch, scanBatches } from '../../records/record-batch.ts'
import { decompressed, RecordCursor } from '../../records/record-cursor.ts'
import type { TopicSettings } from '../topics/settings.ts'
import type { Turns } from '../turns.ts'

/** Why a batch is refused: the error code, Kafka's text, and the records that are to blame (KIP-467). */
export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** Refused before the log was looked at: Kafka then does not tell where it begins. */
  readonly early: boolean
  readonly recordErrors?: readonly { batchIndex: number; batchIndexErrorMessage: string }[]
}

/** A batch found good, and the largest timestamp of its records. */
export interface CheckedBatch {
  readonly batch: RecordBatch
  readonly newest: number
}

// What takes as long as a unit of a turn.
const bytesPerUnit = 8192
const recordsPerUnit = 150
/** No producer has as many; they are looked at one after the other, in one turn. */
const mostRecords = 1_000_000

function refuse(errorCode: number, errorMessage: string | null = null): Refusal {
  return { errorCode, errorMessage, early: false }
}

function refuseEarly(errorCode: number, errorMessage: string): Refusal {
  return { errorCode, errorMessage, early: true }
}

function refuseRecord(errorCode: number, batchIndex: number, batchIndexErrorMessage: string): Refusal {
  const errorMessage =
    errorCode === ErrorCode.InvalidTimestamp
      ? 'One or more records have been rejected due to invalid timestamp'
      : 'One or more records have been rejected due to invalid record'
  return { errorCode, errorMessage, early: false, recordErrors: [{ batchIndex, batchIndexErrorMessage }] }
}

/** Whether a producer's records say of themselves that they are a transaction's, looked at no closer. */
export function sayTransactional(records: Uint8Array | null): boolean {
  return records !== null && records[magicAt] === 2 && (records[attributesAt + 1]! & transactionalFlag) !== 0
}

/** What a producer wants appended, which must be one whole batch in the present format; its header alone is read. */
export function batchOf(records: Uint8Array | null): RecordBatch | Refusal {
  let batches: RecordBatch[]
  try {
    batches = records === null ? [] : scanBatches(records)
  } catch (error) {
    return refuseEarly(records![magicAt] === 2 ? ErrorCode.InvalidMessage : ErrorCode.InvalidRecord, messageOf(error))
  }
  const batch = batches[0]
  if (batches.length !== 1 || batch === undefined)
    return refuseEarly(ErrorCode.InvalidRecord, 'Produce requests must have exactly one record batch')
  if (batch.magic !== 2)
    return refuseEarly(
      ErrorCode.InvalidRecord,
      `Produce requests are only allowed to contain record batches with magic version 2, not ${batch.magic}`,
    )
  return batch
}

/** Checks that a batch is undamaged and its records are what it says they are. */
export function checkBatch(
  batch: RecordBatch,
  settings: TopicSettings,
  codecs: Codecs,
  now: number,
  turns: Turns,
): CheckedBatch | Refusal {
  return checkHeader(batch, settings) ?? checkEach(batch, settings, codecs, now, turns)
}

function checkHeader(batch: RecordBatch, { maxMessageBytes }: TopicSettings): Refusal | undefined {
  if (batch.baseOffset !== 0)
    return refuse(
      ErrorCode.InvalidRecord,
      `The baseOffset of the record batch should be 0, but it is ${batch.baseOffset}`,
    )
  const size = batch.end - batch.start
  if (size > maxMessageBytes)
    return refuseEarly(
      ErrorCode.MessageSizeTooLarge,
      `The record batch size is ${size} bytes which exceeds the maximum configured value of ${maxMessageBytes} bytes`,
    )
  try {
    batch.verify()
  } catch (error) {
    return refuseEarly(ErrorCode.InvalidMessage, messageOf(error))
  }
  if (batch.count === 0 || batch.lastOffset - batch.baseOffset !== batch.count - 1)
    return refuse(
      ErrorCode.InvalidRecord,
      `Inconsistent batch offset range [${batch.baseOffset}, ${batch.lastOffset}] and count of records ${batch.count}`,
    )
  if (batch.count > mostRecords)
    return refuseEarly(ErrorCode.MessageSizeTooLarge, `More than ${mostRecords} records in a batch`)
  if (batch.isControl) return refuse(ErrorCode.InvalidRecord, 'Clients are not allowed to write control records')
  if (batch.producerId >= 0n && batch.baseSequence < 0)
    return refuse(
      ErrorCode.InvalidRecord,
      `Invalid sequence number ${batch.baseSequence} in record batch with producerId ${batch.producerId}`,
    )
  return undefined
}

function checkEach(
  batch: RecordBatch,
  settings: TopicSettings,
  codecs: Codecs,
  now: number,
  turns: Turns,
): CheckedBatch | Refusal {
  const oldest = now - settings.timestampBefore
  const latest = now + settings.timestampAfter
  const cursor = new RecordCursor()
  let newest = -1
  let index = 0
  let records = batch.bytes
  try {
    if (batch.codec !== 0) records = decompressed(batch, codecs, settings.maxDecompressedBytes)
  } catch (error) {
    // What its codec can't read is unknown to Kafka, too.
    const tooLarge = error instanceof DecompressionLimitError
    turns.spend(settings.maxDecompressedBytes / bytesPerUnit)
    return refuse(tooLarge ? ErrorCode.InvalidRecord : ErrorCode.Unknown, messageOf(error))
  }
  turns.spend(records.length / bytesPerUnit + batch.count / recordsPerUnit)
  try {
    for (cursor.resetTo(batch, records); cursor.next(); index++) {
      const { timestamp } = cursor
      if (cursor.offset !== index)
        return refuseRecord(ErrorCode.InvalidRecord, index, `its offset delta is ${cursor.offset}, not ${index}`)
      if (settings.compacted && cursor.keyLength < 0)
        return refuseRecord(ErrorCode.InvalidRecord, index, 'Compacted topic cannot accept message without key')
      if (!settings.appendTime && (timestamp > latest || (timestamp >= 0 && timestamp < oldest)))
        return refuseRecord(
          ErrorCode.InvalidTimestamp,
          index,
          `Timestamp ${timestamp} of message with offset ${index} is out of range. The timestamp should be within [${oldest}, ${latest}]`,
        )
      // Their shape is looked at only when they are asked for.
      void cursor.headers
      if (timestamp > newest) newest = timestamp
    }
  } catch (error) {
    return refuse(ErrorCode.InvalidRecord, messageOf(error))
  }
  return index === batch.count
    ? { batch, newest }
    : refuse(ErrorCode.InvalidRecord, `${index} records in a batch of ${batch.count}`)
}
