import { ErrorCode } from '../../protocol/errors.ts'
import { ListTransactions } from '../../protocol/list-transactions.ts'
import { deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import { Pattern, PatternError, stepsPerUnit } from '../patterns/pattern.ts'
import type { Transaction } from '../transactions/transaction.ts'

const states: ReadonlySet<string> = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
])

/** Those this broker coordinates. */
export const listTransactions: Handler = handler(ListTransactions, [0, 2], (request, context) => {
  const { cluster, node } = context
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
  const failed = { errorCode: ErrorCode.InvalidRegularExpression, unknownStateFilters: [], transactionStates: [] }
  let pattern: Pattern | undefined
  try {
    pattern = transactionalIdPattern ? new Pattern(transactionalIdPattern) : undefined
  } catch (error) {
    if (error instanceof PatternError) return failed
    throw error
  }
  const started = cluster.clock.now() - durationFilter
  const [wantedStates, producers] = [new Set<string>(stateFilters), new Set(producerIdFilters)]
  const isWanted = ({ id, state, producerId, startTime }: Transaction): boolean =>
    cluster.coordinators.of('transaction', id) === node.id &&
    (wantedStates.size === 0 || wantedStates.has(state)) &&
    (producers.size === 0 || producers.has(producerId)) &&
    (durationFilter < 0 || startTime < started) &&
    (pattern === undefined || matches(pattern, id, cluster)) &&
    deniedTransactionalId(context, Operation.describe, id) === 0
  const answer = (found: readonly (readonly Transaction[])[]) => ({
    errorCode: 0,
    unknownStateFilters: stateFilters.filter(filter => !states.has(filter)),
    transactionStates: found.flat().map(({ id, producerId, state }) => ({
      transactionalId: id,
      producerId,
      transactionState: state,
    })),
  })
  const refused = (error: unknown) => {
    if (error instanceof PatternError) return failed
    throw error
  }
  try {
    const found = cluster.turns.map(cluster.transactions.all, each => (isWanted(each) ? [each] : []))
    return found instanceof Promise ? found.then(answer, refused) : answer(found)
  } catch (error) {
    return refused(error)
  }
})

function matches(pattern: Pattern, id: string, { turns }: Cluster): boolean {
  const before = pattern.steps
  try {
    return pattern.matches(id)
  } finally {
    turns.spend((pattern.steps - before) / stepsPerUnit)
  }
}
