import { array, nullable, withDefault } from '../schema/combinators.ts'
import { bigInt64, int16, int32, int64, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/** The producers a partition's leader knows of (KIP-664). */
export const DescribeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexible: 0,
  route: toLeaders(['topics', 'partitionIndexes'], ['topics', 'partitions']),
  repeatable: true,
  request: { topics: array({ name: string, partitionIndexes: array(int32) }) },
  response: {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
        activeProducers: array({
          producerId: bigInt64,
          producerEpoch: int32,
          lastSequence: withDefault(int32, -1),
          lastTimestamp: withDefault(timestamp, -1),
          coordinatorEpoch: int32,
          currentTxnStartOffset: withDefault(int64, -1),
        }),
      }),
    }),
  },
})
