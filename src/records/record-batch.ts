import { ProtocolError } from '../base/errors.ts'
import { crc32c } from '../bytes/crc32c.ts'
import * as layout from './batch-layout.ts'
import { int16, int32, int64 } from './bytes.ts'

/** A record batch's header, read in place. */
export class RecordBatch {
  /** The frame (after `detach`, the batch's own copy), and where in it the batch lies. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** From the header: in a compacted topic it may lie beyond the last record still there. */
  readonly lastOffset: number
  /** -1 where the broker doesn't say. */
  readonly leaderEpoch: number
  /** Compression code; 0 for none. */
  readonly codec: number
  readonly isTransactional: boolean
  /** Its records are markers of transactions, not messages: see `readControl`. */
  readonly isControl: boolean
  /** The broker set the time: `maxTimestamp` is every record's. */
  readonly logAppendTime: boolean
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  /** Records in it; 0 in a compacted topic where only the header was kept. */
  readonly count: number

  /** Reads the header of the batch that is bytes[start, end), at least 61 bytes. Throws a ProtocolError for fields that can't be. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.baseOffset = int64(bytes, start)
    this.leaderEpoch = int32(bytes, start + layout.leaderEpochAt)
    const attributes = bytes[start + layout.attributesAt + 1]!
    this.codec = attributes & layout.codecMask
    this.isTransactional = (attributes & layout.transactionalFlag) !== 0
    this.isControl = (attributes & layout.controlFlag) !== 0
    this.logAppendTime = (attributes & layout.logAppendTimeFlag) !== 0
    const lastOffsetDelta = int32(bytes, start + layout.lastOffsetDeltaAt)
    this.lastOffset = this.baseOffset + lastOffsetDelta
    this.baseTimestamp = int64(bytes, start + layout.baseTimestampAt)
    this.maxTimestamp = int64(bytes, start + layout.maxTimestampAt)
    this.producerId = int64(bytes, start + layout.producerIdAt)
    this.producerEpoch = int16(bytes, start + layout.producerEpochAt)
    this.baseSequence = int32(bytes, start + layout.baseSequenceAt)
    this.count = int32(bytes, start + layout.countAt)
    if (this.baseOffset < 0 || lastOffsetDelta < 0 || !Number.isSafeInteger(this.lastOffset))
      throw new ProtocolError(`a record batch from offset ${this.baseOffset} to ${this.lastOffset}`)
    if (this.count < 0) throw new ProtocolError(`a record batch of ${this.count} records`)
  }

  /** Checks the CRC-32C; a ProtocolError when the batch was damaged. To be called before its records are decoded. */
  verify(): void {
    const stated = int32(this.bytes, this.start + layout.crcAt) >>> 0
    const found = crc32c(this.bytes, this.start + layout.attributesAt, this.end)
    if (found !== stated)
      throw new ProtocolError(
        `the record batch at offset ${this.baseOffset} is damaged: CRC-32C ${found.toString(16)}, not ${stated.toString(16)}`,
      )
  }

  /** The same batch in memory of its own, so that the frame can be used again. */
  detach(): RecordBatch {
    // Not slice(): a Buffer's is a view.
    return new RecordBatch(new Uint8Array(this.bytes.subarray(this.start, this.end)), 0, this.end - this.start)
  }
}

/**
 * The whole batches in a Fetch answer's `records`. A truncated one at the end, which brokers send, is dropped; none at all although there are
 * bytes means that the fetch asked for less than one batch.
 */
export function scanBatches(records: Uint8Array): RecordBatch[] {
  const batches: RecordBatch[] = []
  let at = 0
  while (records.length - at > layout.magicAt) {
    const length = int32(records, at + layout.lengthAt)
    const magic = records[at + layout.magicAt]!
    if (magic > 2) throw new ProtocolError(`record batch format ${magic} at byte ${at}; known are 0, 1 and 2`)
    if (magic < 2) throw new ProtocolError(`message set format ${magic} at byte ${at}, which Kafka no longer writes since 0.11`)
    if (length < layout.headerBytes - layout.lengthCoversFrom) throw new ProtocolError(`a record batch of ${length} bytes at byte ${at}`)
    const end = at + layout.lengthCoversFrom + length
    if (end > records.length) break
    batches.push(new RecordBatch(records, at, end))
    at = end
  }
  return batches
}
