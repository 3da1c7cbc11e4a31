import { ErrorCode } from '../../../protocol/errors.ts'
import type { MayCommit } from '../may-commit.ts'
import type { ConsumerMember } from './member.ts'

type Members = ReadonlyMap<string, ConsumerMember>

/** Who wants to commit, and by which request. */
export interface Committer {
  readonly memberId: string
  readonly instanceId: string | null
  readonly epoch: number
  readonly transactional: boolean
  readonly apiVersion: number
}

// The first version of OffsetCommit that has member epochs, and of TxnOffsetCommit that tells of stale ones.
const firstWithEpochs = 9
const firstTransactionalWithStale = 6

/**
 * The code of why a member may not commit; else what says so of each partition: a member that has come to a newer epoch
 * meanwhile may commit what it has had since the one it names, or an earlier one (KIP-1251).
 */
export function mayCommit(members: Members, committer: Committer): MayCommit {
  const { memberId, instanceId, epoch, transactional, apiVersion } = committer
  if (epoch < 0 && members.size === 0) return 0
  if (transactional && epoch === -1 && memberId === '' && instanceId === null) return 0
  const member = members.get(memberId)
  if (member === undefined) return ErrorCode.UnknownMemberId
  if (member.details.classic !== null) return epoch === member.epoch ? 0 : ErrorCode.IllegalGeneration
  if (!transactional && apiVersion < firstWithEpochs) return ErrorCode.UnsupportedVersion
  if (epoch === member.epoch) return 0
  const toldOfStale = !transactional || apiVersion >= firstTransactionalWithStale
  const stale = toldOfStale ? ErrorCode.StaleMemberEpoch : ErrorCode.IllegalGeneration
  if (epoch > member.epoch) return stale
  const { assigned, revoking } = member.standing
  return (topicId, partition) => {
    const since = assigned.get(topicId)?.get(partition) ?? revoking.get(topicId)?.get(partition)
    return since !== undefined && epoch >= since ? 0 : stale
  }
}

/** The code of why a member may not ask for offsets; 0 when it may. Who says of no membership may. */
export function mayFetchOffsets(members: Members, memberId: string | null, epoch: number): number {
  if (memberId === null && epoch < 0) return 0
  const member = members.get(memberId ?? '')
  if (member === undefined) return ErrorCode.UnknownMemberId
  return member.epoch === epoch ? 0 : ErrorCode.StaleMemberEpoch
}
