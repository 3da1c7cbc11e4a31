import { utf8Length } from '../../bytes/utf8.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { RequestContext } from '../handler.ts'
import type { Topic } from '../topics/topic.ts'
import type { MayCommit } from './may-commit.ts'
import type { CommittedOffset } from './offsets.ts'

interface Asked {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

/**
 * Checks one partition of a commit and hands it on, to what tells whether there is room for it; answers its error code. `refused` is why the whole commit is not
 * taken, if it is not: what does not exist is told all the same.
 */
export function commitPartition(
  topic: Topic | number,
  asked: Asked,
  refused: MayCommit,
  { cluster }: RequestContext,
  commit: (topic: string, committed: CommittedOffset) => boolean | undefined,
): number {
  if (typeof topic === 'number') return topic
  if (topic.partitions[asked.partitionIndex] === undefined) return ErrorCode.UnknownTopicOrPartition
  const errorCode = typeof refused === 'number' ? refused : refused(topic.id, asked.partitionIndex)
  if (errorCode !== 0) return errorCode
  const metadata = asked.committedMetadata ?? ''
  if (utf8Length(metadata) > cluster.configs.number('offset.metadata.max.bytes'))
    return ErrorCode.OffsetMetadataTooLarge
  const { committedOffset: offset, committedLeaderEpoch: leaderEpoch } = asked
  return commit(topic.name, { offset, leaderEpoch, metadata }) === true ? 0 : ErrorCode.PolicyViolation
}
