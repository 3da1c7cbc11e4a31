import { zeroUuid } from '../../bytes/reader.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { OffsetFetch } from '../../protocol/offset-fetch.ts'
import { deniedGroup, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { topicOf } from '../topics/lookup.ts'
import { andThen } from '../turns.ts'

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface AskedGroup {
  readonly groupId: string
  /** null: all. */
  readonly topics: readonly AskedTopic[] | null
  readonly memberId: string | null
  readonly memberEpoch: number
}

/** Who says of no membership. */
const nobody = { memberId: null, memberEpoch: -1 }

export const offsetFetch: Handler = handler(
  OffsetFetch,
  [1, 10],
  ({ groupId, topics, groups, requireStable }, context) => {
    if (context.apiVersion >= 8)
      return andThen(
        context.cluster.turns.map(groups, group => ({
          groupId: group.groupId,
          ...fetchGroup(group, requireStable, context),
        })),
        fetched => ({ topics: [], groups: fetched }),
      )
    const { errorCode, topics: fetched } = fetchGroup(
      { groupId, topics: topics?.map(topic => ({ ...topic, topicId: zeroUuid })) ?? null, ...nobody },
      requireStable,
      context,
    )
    // Version 1 has no place for the group's error but in each partition.
    const partitionCode = context.apiVersion < 2 ? errorCode : 0
    const asked =
      errorCode === 0
        ? fetched
        : (topics ?? []).map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map(index => missing(index, partitionCode)),
          }))
    return {
      errorCode: context.apiVersion < 2 ? 0 : errorCode,
      topics: partitionCode === 0 && errorCode !== 0 ? [] : asked,
    }
  },
)

function missing(partitionIndex: number, errorCode = 0) {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

function fetchGroup(
  { groupId, topics, memberId, memberEpoch }: AskedGroup,
  requireStable: boolean,
  context: RequestContext,
) {
  const { cluster, apiVersion } = context
  const errorCode =
    deniedGroup(context, Operation.describe, groupId) ||
    notCoordinator('group', groupId, context) ||
    (cluster.groups.consumer(groupId)?.mayFetchOffsets(memberId, memberEpoch) ?? 0)
  if (errorCode !== 0) return { errorCode, topics: [] }
  const offsets = cluster.groups.get(groupId)?.offsets
  if (topics === null) {
    context.room.take(offsets?.size ?? 0)
    cluster.turns.spend((offsets?.size ?? 0) / 4)
  }
  const all = (): AskedTopic[] =>
    (offsets?.topics() ?? [])
      .filter(({ topic }) => deniedTopic(context, Operation.describe, topic) === 0)
      .map(({ topic, partitions }) => ({
        name: topic,
        topicId: cluster.topics.get(topic)!.id,
        partitionIndexes: partitions,
      }))
  const fetchTopic = ({ name, topicId, partitionIndexes }: AskedTopic) => {
    const topic = topicOf({ name, topicId }, apiVersion >= 10, context)
    const topicName = typeof topic === 'number' ? name : topic.name
    const unknown =
      typeof topic === 'number' && apiVersion >= 10 ? topic : deniedTopic(context, Operation.describe, topicName)
    const partitions = partitionIndexes.map(index => {
      if (unknown !== 0) return missing(index, unknown)
      if (requireStable && offsets?.isPending(topicName, index)) return missing(index, ErrorCode.UnstableOffsetCommit)
      const committed = offsets?.get(topicName, index)
      if (committed === undefined) return missing(index)
      return {
        partitionIndex: index,
        committedOffset: committed.offset,
        committedLeaderEpoch: committed.leaderEpoch,
        metadata: committed.metadata,
        errorCode: 0,
      }
    })
    return { name, topicId, partitions }
  }
  return { errorCode: 0, topics: (topics ?? all()).map(fetchTopic) }
}
