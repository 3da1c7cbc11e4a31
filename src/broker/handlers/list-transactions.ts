import { ErrorCode } from '../../protocol/errors.ts'
import { ListTransactions } from '../../protocol/list-transactions.ts'
import { type Handler, handler } from '../handler.ts'

const states = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
]

/** Those this broker coordinates. */
export const listTransactions: Handler = handler(ListTransactions, [0, 2], (request, { cluster, node }) => {
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
  let pattern: RegExp | undefined
  try {
    pattern = transactionalIdPattern ? new RegExp(`^(?:${transactionalIdPattern})$`) : undefined
  } catch {
    return { errorCode: ErrorCode.InvalidRegularExpression, unknownStateFilters: [], transactionStates: [] }
  }
  const started = cluster.clock.now() - durationFilter
  const matching = cluster.transactions.all.filter(
    ({ id, state, producerId, startTime }) =>
      cluster.coordinators.of('transaction', id) === node.id &&
      (stateFilters.length === 0 || stateFilters.includes(state)) &&
      (producerIdFilters.length === 0 || producerIdFilters.includes(producerId)) &&
      (durationFilter < 0 || startTime < started) &&
      (pattern === undefined || pattern.test(id)),
  )
  return {
    errorCode: 0,
    unknownStateFilters: stateFilters.filter(filter => !states.includes(filter)),
    transactionStates: matching.map(({ id, producerId, state }) => ({
      transactionalId: id,
      producerId,
      transactionState: state,
    })),
  }
})
