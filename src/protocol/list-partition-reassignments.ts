import { array, nullable, withDefault } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** The moves of partitions going on (KIP-455). */
export const ListPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexible: 0,
  route: toController,
  repeatable: true,
  request: {
    timeoutMs: withDefault(int32, 60000),
    /** null: all. */
    topics: withDefault(nullable(array({ name: string, partitionIndexes: array(int32) })), null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: nullable(string),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  },
})
