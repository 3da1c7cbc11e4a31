import { ErrorCode } from '../../protocol/errors.ts'
import { InitProducerId } from '../../protocol/init-producer-id.ts'
import { deniedCluster, deniedTransactionalId } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

export const initProducerId: Handler = handler(InitProducerId, [0, 5], (request, context) => {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request
  const { cluster, apiVersion } = context
  const failed = (errorCode: number) => ({ errorCode, producerId: -1n, producerEpoch: -1 })
  const refused = mayNotWrite(transactionalId, context)
  if (refused !== 0) return failed(refused)
  if (transactionalId === null) return { errorCode: 0, producerId: cluster.newProducerId(), producerEpoch: 0 }
  if (transactionalId === '') return failed(ErrorCode.InvalidRequest)
  const misplaced = notCoordinator('transaction', transactionalId, context)
  if (misplaced !== 0) return failed(misplaced)
  const result = cluster.transactions.init(transactionalId, transactionTimeoutMs, producerId, producerEpoch)
  return { ...result, errorCode: fencedAs(result.errorCode, apiVersion >= 4) }
})

/** Who may write to some topic may do so idempotently (KIP-679). */
function mayNotWrite(transactionalId: string | null, context: RequestContext): number {
  if (transactionalId !== null) return deniedTransactionalId(context, Operation.write, transactionalId)
  const refused = deniedCluster(context, Operation.idempotentWrite)
  return refused !== 0 && context.access?.allowsSome(Operation.write, ResourceType.topic) ? 0 : refused
}

/** Clients that do not know PRODUCER_FENCED yet are told that their epoch is wrong. */
export function fencedAs(errorCode: number, known: boolean): number {
  return errorCode === ErrorCode.ProducerFenced && !known ? ErrorCode.InvalidProducerEpoch : errorCode
}
