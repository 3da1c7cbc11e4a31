import { AddOffsetsToTxn } from '../../protocol/add-offsets-to-txn.ts'
import { deniedGroup, deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler } from '../handler.ts'
import { fencedAs } from './init-producer-id.ts'

export const addOffsetsToTxn: Handler = handler(
  AddOffsetsToTxn,
  [0, 4],
  ({ transactionalId, producerId, producerEpoch, groupId }, context) => {
    const { transactions } = context.cluster
    const misplaced =
      deniedTransactionalId(context, Operation.write, transactionalId) ||
      deniedGroup(context, Operation.read, groupId) ||
      notCoordinator('transaction', transactionalId, context)
    if (misplaced !== 0) return { errorCode: misplaced }
    const transaction = transactions.owned(transactionalId, producerId, producerEpoch)
    if (typeof transaction === 'number') return { errorCode: fencedAs(transaction, context.apiVersion >= 2) }
    transactions.addGroup(transaction, groupId)
    return { errorCode: 0 }
  },
)
