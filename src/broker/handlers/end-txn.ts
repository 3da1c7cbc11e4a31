import { EndTxn } from '../../protocol/end-txn.ts'
import { deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler } from '../handler.ts'
import { fencedAs } from './init-producer-id.ts'

/**
 * From version 5 on the producer gets a higher epoch with each end: what comes late from the transaction before is
 * fenced (KIP-890).
 */
export const endTxn: Handler = handler(
  EndTxn,
  [0, 5],
  ({ transactionalId, producerId, producerEpoch, committed }, context) => {
    const misplaced =
      deniedTransactionalId(context, Operation.write, transactionalId) ||
      notCoordinator('transaction', transactionalId, context)
    if (misplaced !== 0) return { errorCode: misplaced }
    const bumps = context.apiVersion >= 5
    const result = context.cluster.transactions.end(transactionalId, producerId, producerEpoch, committed, bumps)
    const errorCode = fencedAs(result.errorCode, context.apiVersion >= 2)
    return bumps ? { ...result, errorCode } : { errorCode }
  },
)
