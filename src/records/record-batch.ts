import { crc32c } from '#crc32c'
import { ProtocolError } from '../base/errors.ts'
import { crc32 } from '../bytes/crc32.ts'
import * as layout from './batch-layout.ts'
import { bigInt64, int16, int32, int64 } from './bytes.ts'
import * as legacy from './message-set-layout.ts'

/**
 * A record batch's header, read in place. A message of the formats before (v0 and v1, written until Kafka 0.11) is read
 * as a batch of one; if it is compressed, it is a whole set of messages.
 */
export class RecordBatch {
  /** The frame (after `detach`, the batch's own copy), and where in it the batch lies. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Format: 2, or 0 or 1 for those before. */
  readonly magic: number
  /**
   * Of a compressed v0 or v1 set the first offset isn't known before it is decompressed: none in it is lower than this.
   */
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
  readonly producerEpoch: number
  readonly baseSequence: number
  /**
   * Records in it; 0 in a compacted topic where only the header was kept; 1 for a compressed v0 or v1 set, however many
   * it holds.
   */
  readonly count: number

  /**
   * Reads the header of the batch that is bytes[start, end), at least as long as one. `lowest` is for a v0 or v1 set:
   * no offset in it is lower. Throws a ProtocolError for fields that can't be.
   */
  constructor(bytes: Uint8Array, start: number, end: number, lowest = 0) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.magic = bytes[start + layout.magicAt]!
    if (this.magic < 2) {
      const attributes = bytes[start + legacy.attributesAt]!
      this.codec = attributes & layout.codecMask
      this.lastOffset = int64(bytes, start)
      this.baseOffset = this.codec === 0 ? this.lastOffset : Math.min(lowest, this.lastOffset)
      this.baseTimestamp = this.maxTimestamp = this.magic === 0 ? -1 : int64(bytes, start + legacy.timestampAt)
      this.logAppendTime = this.magic === 1 && (attributes & layout.logAppendTimeFlag) !== 0
      this.isTransactional = this.isControl = false
      this.leaderEpoch = this.producerEpoch = this.baseSequence = -1
      this.count = 1
      if (this.lastOffset < 0 || !Number.isSafeInteger(this.lastOffset))
        throw new ProtocolError(`a message at offset ${this.lastOffset}`)
      return
    }
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
    this.producerEpoch = int16(bytes, start + layout.producerEpochAt)
    this.baseSequence = int32(bytes, start + layout.baseSequenceAt)
    this.count = int32(bytes, start + layout.countAt)
    if (this.baseOffset < 0 || lastOffsetDelta < 0 || !Number.isSafeInteger(this.lastOffset))
      throw new ProtocolError(`a record batch from offset ${this.baseOffset} to ${this.lastOffset}`)
    if (this.count < 0) throw new ProtocolError(`a record batch of ${this.count} records`)
  }

  /** -1 where it has none. Any 64 bits may be an id, and few ask for it. */
  get producerId(): bigint {
    return this.magic < 2 ? -1n : bigInt64(this.bytes, this.start + layout.producerIdAt)
  }

  /**
   * Checks the CRC-32C (CRC-32 before v2); a ProtocolError when the batch was damaged. To be called before its records
   * are decoded.
   */
  verify(): void {
    const { bytes, start, end, magic } = this
    const stated = int32(bytes, start + (magic < 2 ? legacy.crcAt : layout.crcAt)) >>> 0
    const found =
      magic < 2 ? crc32(bytes, start + layout.magicAt, end) : crc32c(bytes, start + layout.attributesAt, end)
    if (found !== stated)
      throw new ProtocolError(
        `the record batch up to offset ${this.lastOffset} is damaged: its CRC is ${found.toString(16)}, not ${stated.toString(16)}`,
      )
  }

  /** The same batch in memory of its own, so that the frame can be used again. */
  detach(): RecordBatch {
    // Not slice(): a Buffer's is a view.
    return new RecordBatch(
      new Uint8Array(this.bytes.subarray(this.start, this.end)),
      0,
      this.end - this.start,
      this.baseOffset,
    )
  }
}

/**
 * The whole batches in a Fetch answer's `records`. A truncated one at the end, which brokers send, is dropped; none at
 * all although there are bytes means that the fetch asked for less than one batch. Where it throws, `batches` has those
 * before.
 */
export function scanBatches(records: Uint8Array, batches: RecordBatch[] = []): RecordBatch[] {
  let at = 0
  while (records.length - at > layout.magicAt) {
    const length = int32(records, at + layout.lengthAt)
    const magic = records[at + layout.magicAt]!
    if (magic > 2) throw new ProtocolError(`record batch format ${magic} at byte ${at}; known are 0, 1 and 2`)
    const least = magic === 2 ? layout.headerBytes : legacy.leastBytes(magic)
    const end = at + layout.lengthCoversFrom + length
    if (end < at + least) throw new ProtocolError(`a record batch of ${length} bytes at byte ${at}`)
    if (end > records.length) break
    const before = batches.at(-1)
    batches.push(new RecordBatch(records, at, end, before === undefined ? 0 : before.lastOffset + 1))
    at = end
  }
  return batches
}
