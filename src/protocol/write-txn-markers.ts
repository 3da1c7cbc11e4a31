import { array, ignorable, since } from '../schema/combinators.ts'
import { bigInt64, boolean, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/** Between brokers: the transaction coordinator has the outcome written to the partitions. */
export const WriteTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [0, 2],
  flexible: 1,
  route: toLeaders(['markers', 'topics', 'partitionIndexes'], ['markers', 'topics', 'partitions']),
  request: {
    markers: array({
      producerId: bigInt64,
      producerEpoch: int16,
      /** true commits. */
      transactionResult: boolean,
      topics: array({ name: string, partitionIndexes: array(int32) }),
      coordinatorEpoch: int32,
      transactionVersion: ignorable(since(2, int8)),
    }),
  },
  response: {
    markers: array({
      producerId: bigInt64,
      topics: array({ name: string, partitions: array({ partitionIndex: int32, errorCode: int16 }) }),
    }),
  },
})
