import { ErrorCode } from '../../protocol/errors.ts'
import { OffsetCommit } from '../../protocol/offset-commit.ts'
import { deniedGroup, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import type { AnyGroup } from '../groups/groups.ts'
import type { MayCommit } from '../groups/may-commit.ts'
import { commitPartition, refusalOf } from '../groups/offset-committing.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { topicOf } from '../topics/lookup.ts'
import type { Topic } from '../topics/topic.ts'

export const offsetCommit: Handler = handler(OffsetCommit, [2, 10], (request, context) => {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
  const { cluster, apiVersion } = context
  const forbidden = deniedGroup(context, Operation.read, groupId)
  const topics = request.topics.map(({ name, topicId, partitions }) => {
    const topic = committable(topicOf({ name, topicId }, apiVersion >= 10, context), name, forbidden, context)
    return { name, topicId, topic, partitions }
  })
  const refused = refusalOf(
    forbidden ||
      notCoordinator('group', groupId, context) ||
      mayCommit(cluster.groups.get(groupId), memberId, groupInstanceId, generationId, apiVersion),
    topics,
  )
  return {
    topics: topics.map(({ name, topicId, topic, partitions }) => {
      const results = partitions.map(asked => ({
        partitionIndex: asked.partitionIndex,
        errorCode: commitPartition(topic, asked, refused, context, (at, committed) =>
          cluster.groups.getOrCreate(groupId)?.offsets.commit(at, asked.partitionIndex, committed),
        ),
      }))
      return { name, topicId, partitions: results }
    }),
  }
})

/** A topic that offsets are committed of; the code of why not. Of what there is nothing is told to who may not. */
export function committable(
  topic: Topic | number,
  name: string,
  forbidden: number,
  context: RequestContext,
): Topic | number {
  if (forbidden !== 0) return forbidden
  if (context.access === undefined || topic === ErrorCode.UnknownTopicID) return topic
  return deniedTopic(context, Operation.read, typeof topic === 'number' ? name : topic.name) || topic
}

/**
 * Without a member and generation only an empty group takes commits: those of consumers that assign partitions
 * themselves.
 */
function mayCommit(
  group: AnyGroup | undefined,
  memberId: string,
  instanceId: string | null,
  generationId: number,
  apiVersion: number,
): MayCommit {
  if (group === undefined) {
    if (generationId < 0) return 0
    return apiVersion >= 9 ? ErrorCode.GroupIdNotFound : ErrorCode.IllegalGeneration
  }
  if (group.kind === 'consumer')
    return group.mayCommit({ memberId, instanceId, epoch: generationId, transactional: false, apiVersion })
  if (generationId < 0 && group.state === 'Empty') return 0
  if (generationId < 0 && memberId === '' && instanceId === null) return ErrorCode.UnknownMemberId
  const errorCode = group.roster.identify(memberId, instanceId)
  if (errorCode !== 0) return errorCode
  if (generationId !== group.generationId) return ErrorCode.IllegalGeneration
  if (group.state === 'CompletingRebalance') return ErrorCode.RebalanceInProgress
  group.heard(group.members.get(memberId)!)
  return 0
}
