import { ErrorCode } from '../protocol/errors.ts'

/** Whether nothing was done, and the partition's leader, found anew, may answer otherwise. */
export function isMoved(code: number): boolean {
  return moved.includes(code)
}

const moved: readonly number[] = [
  ErrorCode.UnknownTopicOrPartition,
  ErrorCode.LeaderNotAvailable,
  ErrorCode.NotLeaderForPartition,
  ErrorCode.ReplicaNotAvailable,
  ErrorCode.KafkaStorageError,
  ErrorCode.FencedLeaderEpoch,
  ErrorCode.UnknownLeaderEpoch,
  ErrorCode.OffsetNotAvailable,
  ErrorCode.UnknownTopicID,
  ErrorCode.InconsistentTopicID,
]
