import { ConnectionError, isTemporary, TimeoutError } from '../base/errors.ts'
import { ErrorCode, isRetriable } from '../protocol/errors.ts'

/** What a broker's answer means for a batch. */
export type ProduceOutcome =
  /** It is in the log. */
  | 'written'
  /** Send it again. Whether it is in the log is unknown. */
  | 'retry'
  /** Send it again. It was refused, and so is not in the log by this attempt. */
  | 'retryRefused'
  /** Too many bytes for the topic: not in the log, but its parts may be. */
  | 'split'
  /** Some of its records are refused, and for them all: not in the log, but the others may be (KIP-467). */
  | 'flawed'
  /** A batch before it is missing in the log, and so is this one. */
  | 'outOfSequence'
  /** The broker knows a newer epoch of our producer id. */
  | 'fenced'
  /** No use in sending it again: it is not in the log by this attempt. */
  | 'failed'
  /** No use in sending it again. Whether it is in the log is unknown. */
  | 'lost'

/**
 * Retriable errors found before anything is appended. All other retriable ones leave the outcome unknown: the leader
 * may have changed after the append.
 */
const refusals: readonly number[] = [
  ErrorCode.InvalidMessage,
  ErrorCode.UnknownTopicOrPartition,
  ErrorCode.NotEnoughReplicas,
  ErrorCode.ConcurrentTransactions,
  ErrorCode.ThrottlingQuotaExceeded,
  ErrorCode.UnknownTopicID,
  ErrorCode.InconsistentTopicID,
]

export function outcomeOf(code: number): ProduceOutcome {
  switch (code) {
    case 0:
    // An attempt before was written, but its answer never came.
    case ErrorCode.DuplicateSequenceNumber:
      return 'written'
    case ErrorCode.MessageSizeTooLarge:
    case ErrorCode.RecordListTooLarge:
      return 'split'
    case ErrorCode.OutOfOrderSequenceNumber:
    case ErrorCode.UnknownProducerId:
      return 'outOfSequence'
    case ErrorCode.InvalidProducerEpoch:
    case ErrorCode.ProducerFenced:
      return 'fenced'
    case ErrorCode.Unknown:
      return 'lost'
    default:
      if (!isRetriable(code)) return 'failed'
      return refusals.includes(code) ? 'retryRefused' : 'retry'
  }
}

/** The same for a request that got no answer. */
export function outcomeOfFailure(error: unknown): ProduceOutcome {
  const unsent = (error instanceof ConnectionError || error instanceof TimeoutError) && !error.sent
  if (!isTemporary(error)) return unsent ? 'failed' : 'lost'
  return unsent ? 'retryRefused' : 'retry'
}

/** Whether to ask who leads the partition now before trying again. */
export function blamesLeader(code: number): boolean {
  return (
    code !== ErrorCode.RequestTimedOut &&
    code !== ErrorCode.NotEnoughReplicas &&
    code !== ErrorCode.NotEnoughReplicasAfterAppend &&
    code !== ErrorCode.ConcurrentTransactions &&
    code !== ErrorCode.ThrottlingQuotaExceeded
  )
}
