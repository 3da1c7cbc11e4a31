import { array } from '../schema/combinators.ts'
import { bigInt64, int16, int32, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

/** The state of transactions, from their coordinator (KIP-664). */
export const DescribeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexible: 0,
  route: toCoordinators('transaction', ['transactionalIds'], ['transactionStates']),
  repeatable: true,
  request: { transactionalIds: array(string) },
  response: {
    throttleTimeMs: int32,
    transactionStates: array({
      errorCode: int16,
      transactionalId: string,
      transactionState: string,
      transactionTimeoutMs: int32,
      transactionStartTimeMs: timestamp,
      producerId: bigInt64,
      producerEpoch: int16,
      topics: array({ topic: string, partitions: array(int32) }),
    }),
  },
})
