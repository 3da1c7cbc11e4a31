import { ErrorCode } from '../../protocol/errors.ts'
import { OffsetDelete } from '../../protocol/offset-delete.ts'
import { deniedGroup, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notGroupCoordinator } from '../coordinator-checks.ts'
import { subscribedTopics } from '../groups/consumer-subscription.ts'
import { type Handler, handler } from '../handler.ts'
import { byTopic } from '../topics/named-once.ts'

export const offsetDelete: Handler = handler(OffsetDelete, [0, 0], ({ groupId, topics }, context) => {
  const { cluster } = context
  const group = cluster.groups.get(groupId)
  const failed = (errorCode: number) => ({ errorCode, topics: [] })
  const misplaced = deniedGroup(context, Operation.delete, groupId) || notGroupCoordinator(groupId, context)
  if (misplaced !== 0) return failed(misplaced)
  if (group === undefined) return failed(ErrorCode.GroupIdNotFound)
  // What other protocols' members read can't be told.
  if (group.members.size > 0 && group.protocolType !== 'consumer') return failed(ErrorCode.NonEmptyGroup)
  const subscribed = group.kind === 'classic' ? subscribedTopics(group) : group.subscriptions
  const deletePartition = (topic: string, partition: number, refused: number): number => {
    if (refused !== 0) return refused
    if (cluster.partition(topic, partition) === undefined) return ErrorCode.UnknownTopicOrPartition
    if (subscribed.has(topic)) return ErrorCode.GroupSubscribedToTopic
    group.offsets.delete(topic, partition)
    return 0
  }
  return {
    errorCode: 0,
    topics: byTopic(
      topics,
      ({ name }) => name,
      ({ partitions }) => partitions,
    ).map(({ topic: { name }, partitions }) => {
      const refused = deniedTopic(context, Operation.read, name)
      return {
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: deletePartition(name, partitionIndex, refused),
        })),
      }
    }),
  }
})
