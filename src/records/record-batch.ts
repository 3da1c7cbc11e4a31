/** A record batch's header, read in place. */
export class RecordBatch {
  /** The frame (or, after `detach`, the batch's own copy) and where the batch lies in it. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** From the header: in a compacted topic beyond the last record that is still there. */
  readonly lastOffset: number
  /** -1 in answers of brokers that don't say. */
  readonly leaderEpoch: number
  /** Compression code, 0 for none. */
  readonly codec: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** True: every record's timestamp is `maxTimestamp`. */
  readonly logAppendTime: boolean
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  /** Records in it. */
  readonly count: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.baseOffset =
      this.lastOffset =
      this.leaderEpoch =
      this.codec =
      this.baseTimestamp =
      this.maxTimestamp =
      this.producerId =
      this.producerEpoch =
      this.baseSequence =
      this.count =
        0
    this.isTransactional = this.isControl = this.logAppendTime = false
  }
  /** Checks the CRC-32C; a ProtocolError when the batch was damaged. To be called before its records are decoded. */
  verify(): void {
    throw new Error('being written')
  }
  /** The same batch in memory of its own, so that the frame can be used again. */
  detach(): RecordBatch {
    throw new Error('being written')
  }
}

/** The whole batches in a Fetch answer's `records`; a truncated one at the end is dropped. */
export function scanBatches(_records: Uint8Array): RecordBatch[] {
  throw new Error('being written')
}
