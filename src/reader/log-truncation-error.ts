import { ErrorCode, KafkaError } from '../protocol/errors.ts'

/**
 * A partition's log was cut below what was read of it, and has other messages there since: an unclean leader election
 * lost some that were handed out (KIP-320). Its `code` is that of OffsetOutOfRange. Reading goes on where both logs
 * part, unless `offsetOutOfRange` is 'error'.
 */
export class LogTruncationError extends KafkaError {
  static override readonly brand: string = 'isokafka.LogTruncationError'
  /** The topic's name. */
  readonly topic: string
  /** The number of the partition. */
  readonly partition: number
  /** The offset that was to be read next. */
  readonly offset: number
  /** The first offset at which the log is not the one that was read. */
  readonly divergentOffset: number

  constructor(topic: string, partition: number, offset: number, divergentOffset: number) {
    const text = `${topic}/${partition} was read up to ${offset}, but its log now parts from that at ${divergentOffset}: messages were lost in an unclean election`
    super(ErrorCode.OffsetOutOfRange, text)
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.divergentOffset = divergentOffset
  }
}
