import { IsoKafkaError } from '../../base/errors.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'

/**
 * A transaction was aborted, or can only be aborted: nothing of it is read by those who read what is committed. `cause`
 * is what ended it; `temporary` whether the whole transaction, done again from its beginning, may succeed.
 */
export class TransactionAbortedError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.TransactionAbortedError'
  override readonly temporary: boolean

  constructor(message: string, options: { cause?: unknown; temporary: boolean }) {
    super(message, options)
    this.temporary = options.temporary
  }
}

/**
 * The writer is over: another one began with its transactional id, or a transaction took longer than
 * `transactionTimeout`, so that the coordinator aborted it. Make a new Writer to go on.
 */
export class ProducerFencedError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.ProducerFencedError'
}

const abortableCodes: readonly number[] = [
  ErrorCode.TransactionAbortable,
  ErrorCode.IllegalGeneration,
  ErrorCode.UnknownMemberId,
  ErrorCode.FencedInstanceID,
  ErrorCode.FencedMemberEpoch,
  ErrorCode.StaleMemberEpoch,
  ErrorCode.OutOfOrderSequenceNumber,
  ErrorCode.UnknownProducerId,
  ErrorCode.InvalidProducerIDMapping,
  ErrorCode.InvalidProducerEpoch,
]

/** Whether by this the transaction alone is lost (KIP-1050's abortable errors): all of it done again may succeed. */
export function isAbortable(error: unknown): boolean {
  return hasCode(error, ...abortableCodes)
}
