import { DescribeTransactions } from '../../protocol/describe-transactions.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedTopic, deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

export const describeTransactions: Handler = handler(DescribeTransactions, [0, 0], ({ transactionalIds }, context) =>
  andThen(
    context.cluster.turns.map(transactionalIds, id => describe(id, context)),
    transactionStates => ({ transactionStates }),
  ),
)

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
  const misplaced =
    deniedTransactionalId(context, Operation.describe, transactionalId) ||
    notCoordinator('transaction', transactionalId, context)
  if (misplaced !== 0) return { ...nothing, errorCode: misplaced }
  const transaction = context.cluster.transactions.get(transactionalId)
  if (transaction === undefined) return { ...nothing, errorCode: ErrorCode.TransactionalIDNotFound }
  context.room.take(transaction.partitions.size)
  context.cluster.turns.spend(transaction.partitions.size / 10)
  const byTopic = new Map<string, number[]>()
  for (const { topic, index } of transaction.partitions) {
    const indexes = byTopic.get(topic.name)
    if (indexes === undefined) byTopic.set(topic.name, [index])
    else indexes.push(index)
  }
  return {
    transactionalId,
    errorCode: 0,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startTime,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: [...byTopic]
      .filter(([topic]) => deniedTopic(context, Operation.describe, topic) === 0)
      .map(([topic, partitions]) => ({ topic, partitions })),
  }
}
