import { IsoKafkaError } from '../../base/errors.ts'
import { abortableCodes, applicationRecoverableCodes } from '../../protocol/error-codes.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'

/**
 * A transaction was aborted, or can only be aborted: nothing of it is read by those who read what is committed. `cause`
 * is what ended it; `temporary` whether the whole transaction, done again from its beginning, may succeed.
 */
export class TransactionAbortedError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.TransactionAbortedError'
  override readonly temporary: boolean

  /** `temporary`: whether it may succeed when done again. */
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

/**
 * Of no class of KIP-1050: numbers that got lost, by which Java's writer is over and ours goes on under a new epoch; a
 * transaction that somebody else has ended, who may have the id now (the next `begin` tells); and a member's old epoch
 * (KIP-848), after which it is given a new one.
 */
const overcomeCodes: readonly number[] = [
  ErrorCode.OutOfOrderSequenceNumber,
  ErrorCode.UnknownProducerId,
  ErrorCode.InvalidTransactionState,
  ErrorCode.FencedMemberEpoch,
  ErrorCode.StaleMemberEpoch,
]

/**
 * Whether by this the transaction alone is lost: all of it done again may succeed. Where Java's application has to begin
 * anew, identity and membership are renewed here; unless another writer has the transactional id.
 */
export function isAbortable(error: unknown): boolean {
  return (
    hasCode(error, ...abortableCodes, ...applicationRecoverableCodes, ...overcomeCodes) &&
    !hasCode(error, ErrorCode.ProducerFenced)
  )
}
