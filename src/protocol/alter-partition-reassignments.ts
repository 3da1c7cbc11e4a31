import { array, ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { boolean, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Starts or cancels moves of partitions to other brokers (KIP-455). */
export const AlterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexible: 0,
  route: toController,
  request: {
    timeoutMs: withDefault(int32, 60000),
    allowReplicationFactorChange: since(1, boolean, true),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** null cancels. */
        replicas: withDefault(nullable(array(int32)), null),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32,
    allowReplicationFactorChange: ignorable(since(1, boolean, true)),
    errorCode: int16,
    errorMessage: nullable(string),
    responses: array({
      name: string,
      partitions: array({ partitionIndex: int32, errorCode: int16, errorMessage: nullable(string) }),
    }),
  },
})
