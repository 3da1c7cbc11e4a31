import { ignorable, since } from '../schema/combinators.ts'
import { bigInt64, boolean, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { transactionsV2 } from './caps.ts'
import { toCoordinator } from './route.ts'

/**
 * Commits or aborts a transaction (KIP-98). To the transaction coordinator. From v5 the answer has the producer's next
 * epoch (KIP-890).
 */
export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  route: toCoordinator('transaction', 'transactionalId'),
  request: {
    transactionalId: string,
    producerId: bigInt64,
    producerEpoch: int16,
    /** false aborts. */
    committed: boolean,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    /** A new one when the epochs ran out. */
    producerId: ignorable(since(5, bigInt64, -1n)),
    producerEpoch: ignorable(since(5, int16, -1)),
  },
  cap: (_request, context) => (transactionsV2(context) ? 5 : 4),
})
