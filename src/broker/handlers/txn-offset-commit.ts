import type { RequestOf } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { TxnOffsetCommit } from '../../protocol/txn-offset-commit.ts'
import { deniedGroup, deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import type { MayCommit } from '../groups/may-commit.ts'
import { commitPartition, refusalOf } from '../groups/offset-committing.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { topicOf } from '../topics/lookup.ts'
import { committable } from './offset-commit.ts'

type Request = RequestOf<typeof TxnOffsetCommit>

export const txnOffsetCommit: Handler = handler(TxnOffsetCommit, [0, 6], (request, context) => {
  const { groupId, producerId, transactionalId } = request
  const forbidden =
    deniedTransactionalId(context, Operation.write, transactionalId) || deniedGroup(context, Operation.read, groupId)
  const topics = request.topics.map(({ name, topicId, partitions }) => {
    const topic = committable(topicOf({ name, topicId }, context.apiVersion >= 6, context), name, forbidden, context)
    return { name, topicId, topic, partitions }
  })
  const refused = refusalOf(
    forbidden || notCoordinator('group', groupId, context) || mayCommit(request, context),
    topics,
  )
  return {
    topics: topics.map(({ name, topicId, topic, partitions }) => {
      const results = partitions.map(asked => ({
        partitionIndex: asked.partitionIndex,
        errorCode: commitPartition(topic, asked, refused, context, (at, committed) =>
          context.cluster.groups
            .getOrCreate(groupId)
            ?.offsets.commitLater(producerId, at, asked.partitionIndex, committed),
        ),
      }))
      return { name, topicId, partitions: results }
    }),
  }
})

/**
 * The producer must own the transaction, and the member be of the group's present generation, if it says which it is
 * (KIP-447).
 */
function mayCommit(
  {
    transactionalId,
    groupId,
    producerId,
    producerEpoch,
    memberId,
    groupInstanceId,
    generationIdOrMemberEpoch,
  }: Request,
  { cluster, apiVersion }: RequestContext,
): MayCommit {
  const transaction = cluster.transactions.owned(transactionalId, producerId, producerEpoch)
  if (transaction === ErrorCode.ProducerFenced) return ErrorCode.InvalidProducerEpoch
  if (typeof transaction === 'number') return transaction
  // The second transaction protocol adds the group by the way (KIP-890).
  if (apiVersion >= 5) cluster.transactions.addGroup(transaction, groupId, true)
  else if (!transaction.groups.has(groupId))
    return apiVersion >= 4 ? ErrorCode.TransactionAbortable : ErrorCode.InvalidTransactionState
  if (generationIdOrMemberEpoch < 0 && memberId === '' && groupInstanceId === null) return 0
  const group = cluster.groups.get(groupId)
  if (group === undefined) return ErrorCode.IllegalGeneration
  if (group.kind === 'consumer')
    return group.mayCommit({
      memberId,
      instanceId: groupInstanceId,
      epoch: generationIdOrMemberEpoch,
      transactional: true,
      apiVersion,
    })
  const errorCode = group.roster.identify(memberId, groupInstanceId)
  if (errorCode !== 0) return errorCode
  return generationIdOrMemberEpoch === group.generationId ? 0 : ErrorCode.IllegalGeneration
}
