import { array, nullable, since, withDefault } from '../schema/combinators.ts'
import { int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Has partitions elect their preferred leader, or from v1 any replica at the price of lost records (KIP-460). */
export const ElectLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexible: 2,
  route: toController,
  request: {
    /** 0 preferred, 1 unclean. */
    electionType: since(1, int8),
    /** null: all. */
    topicPartitions: nullable(array({ topic: string, partitions: array(int32) })),
    timeoutMs: withDefault(int32, 60000),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: since(1, int16),
    replicaElectionResults: array({
      topic: string,
      partitionResult: array({ partitionId: int32, errorCode: int16, errorMessage: nullable(string) }),
    }),
  },
})
