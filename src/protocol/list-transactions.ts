import { array, nullable, since } from '../schema/combinators.ts'
import { bigInt64, int16, int32, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toEvery } from './route.ts'

/**
 * The transactions this broker coordinates (KIP-664); filters by duration from v1 (KIP-994) and by id pattern from v2
 * (KIP-1152).
 */
export const ListTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexible: 0,
  route: toEvery,
  repeatable: true,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(bigInt64),
    /** At least so many milliseconds old; -1: all. */
    durationFilter: since(1, timestamp, -1),
    transactionalIdPattern: since(2, nullable(string), null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array({ transactionalId: string, producerId: bigInt64, transactionState: string }),
  },
})
