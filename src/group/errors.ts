import { ClosedError, IsoKafkaError } from '../base/errors.ts'
import { ErrorCode, hasCode } from '../protocol/errors.ts'

/** The reason of the signals a generation gives out, once it is over. */
export class GenerationEndedError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.GenerationEndedError'
}

/** The group was closed. */
export class GroupClosedError extends ClosedError {
  static override readonly brand: string = 'isokafka.GroupClosedError'
}

/** The group went on without this member or this generation: what is committed now would be refused for good. */
export function isOutdated(error: unknown): boolean {
  return hasCode(
    error,
    ErrorCode.IllegalGeneration,
    ErrorCode.UnknownMemberId,
    ErrorCode.FencedInstanceID,
    ErrorCode.FencedMemberEpoch,
    ErrorCode.StaleMemberEpoch,
  )
}
