import type { RequestOf } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { TxnOffsetCommit } from '../../protocol/txn-offset-commit.ts'
import { notCoordinator } from '../coordinated.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { commitPartition } from '../offset-committing.ts'
import { topicOf } from '../topic-lookup.ts'

type Request = RequestOf<typeof TxnOffsetCommit>

export const txnOffsetCommit: Handler = handler(TxnOffsetCommit, [0, 6], (request, context) => {
  const { groupId, producerId } = request
  const errorCode = notCoordinator('group', groupId, context) || mayCommit(request, context)
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => {
      const topic = topicOf({ name, topicId }, context.apiVersion >= 6, context)
      const results = partitions.map(asked => ({
        partitionIndex: asked.partitionIndex,
        errorCode:
          errorCode ||
          commitPartition(topic, asked, context, (at, committed) =>
            context.cluster.groups.getOrCreate(groupId).offsets.commitLater(producerId, at, asked.partitionIndex, committed),
          ),
      }))
      return { name, topicId, partitions: results }
    }),
  }
})

/** The member must be of the group's present generation, if it says which it is (KIP-447), and the producer own the transaction. */
function mayCommit({ transactionalId, groupId, producerId, producerEpoch, memberId, groupInstanceId, generationIdOrMemberEpoch }: Request, { cluster, apiVersion }: RequestContext): number {
  const group = cluster.groups.get(groupId)
  if (generationIdOrMemberEpoch >= 0 || memberId !== '' || groupInstanceId !== null) {
    if (group === undefined) return ErrorCode.IllegalGeneration
    const errorCode = group.identify(memberId, groupInstanceId)
    if (errorCode !== 0) return errorCode
    if (generationIdOrMemberEpoch !== group.generationId) return ErrorCode.IllegalGeneration
  }
  const transaction = cluster.transactions.owned(transactionalId, producerId, producerEpoch)
  if (transaction === ErrorCode.ProducerFenced) return ErrorCode.InvalidProducerEpoch
  if (typeof transaction === 'number') return transaction
  // The second transaction protocol adds the group by the way (KIP-890).
  if (apiVersion >= 5) cluster.transactions.addGroup(transaction, groupId)
  else if (!transaction.groups.has(groupId)) return ErrorCode.InvalidTransactionState
  return 0
}
