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

/** The code of why a commit is not taken: what refuses one partition there is, refuses them all. */
export function refusalOf(
  may: MayCommit,
  asked: readonly { readonly topic: Topic | number; readonly partitions: readonly Asked[] }[],
): number {
  if (typeof may === 'number') return may
  for (const { topic, partitions } of asked) {
    if (typeof topic === 'number') continue
    for (const { partitionIndex } of partitions) {
      const refused = topic.partitions[partitionIndex] === undefined ? 0 : may(topic.id, partitionIndex)
      if (refused !== 0) return refused
    }
  }
  return 0
}

/**
 * Checks one partition of a commit and hands it on, to what tells whether there is room for it; answers its error code. `refused` is why the whole commit is not
 * taken, if it is not: what does not exist is told all the same.
 */
export function commitPartition(
  topic: Topic | number,
  asked: Asked,
  refused: number,
  { cluster }: RequestContext,
  commit: (topic: string, committed: CommittedOffset) => boolean | undefined,
): number {
  if (typeof topic === 'number') return topic
  if (topic.partitions[asked.partitionIndex] === undefined) return ErrorCode.UnknownTopicOrPartition
  if (refused !== 0) return refused
  const metadata = asked.committedMetadata ?? ''
  if (utf8Length(metadata) > cluster.configs.number('offset.metadata.max.bytes'))
    return ErrorCode.OffsetMetadataTooLarge
  const { committedOffset: offset, committedLeaderEpoch: leaderEpoch } = asked
  return commit(topic.name, { offset, leaderEpoch, metadata }) === true ? 0 : ErrorCode.PolicyViolation
}
