import { DescribeTransactions } from '../../protocol/describe-transactions.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

export const describeTransactions: Handler = handler(DescribeTransactions, [0, 0], ({ transactionalIds }, context) => ({
  transactionStates: transactionalIds.map(id => describe(id, context)),
}))

function describe(transactionalId: string, context: RequestContext) {
  const nothing = {
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0n,
    producerEpoch: 0,
    topics: [],
  }
  if (transactionalId === '') return { ...nothing, errorCode: ErrorCode.InvalidRequest }
  const misplaced = notCoordinator('transaction', transactionalId, context)
  if (misplaced !== 0) return { ...nothing, errorCode: misplaced }
  const transaction = context.cluster.transactions.get(transactionalId)
  if (transaction === undefined) return { ...nothing, errorCode: ErrorCode.TransactionalIDNotFound }
  const byTopic = new Map<string, number[]>()
  for (const { topic, index } of transaction.partitions)
    byTopic.set(topic.name, [...(byTopic.get(topic.name) ?? []), index])
  return {
    transactionalId,
    errorCode: 0,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startTime,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
  }
}
