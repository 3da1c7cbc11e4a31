import { array, between, ignorable, nullable, since } from '../schema/combinators.ts'
import { boolean, int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/**
 * Which brokers there are and who leads each partition. Any broker answers. KIP-516: topic ids from v10, asking by id
 * from v12.
 */
export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  route: toAny,
  repeatable: true,
  ahead: ({ allowAutoTopicCreation }) => allowAutoTopicCreation === false,
  request: {
    /** null asks for all topics (v0: an empty list did), [] for none. */
    topics: nullable(array({ topicId: ignorable(since(10, uuid)), name: nullable(string, { since: 10 }) }), {
      since: 1,
    }),
    allowAutoTopicCreation: since(4, boolean, true),
    includeClusterAuthorizedOperations: between(8, 10, boolean),
    includeTopicAuthorizedOperations: since(8, boolean),
  },
  response: {
    throttleTimeMs: ignorable(since(3, int32)),
    brokers: array({ nodeId: int32, host: string, port: int32, rack: ignorable(since(1, nullable(string), null)) }),
    clusterId: ignorable(since(2, nullable(string), null)),
    controllerId: ignorable(since(1, int32, -1)),
    topics: array({
      errorCode: int16,
      name: nullable(string, { since: 12 }),
      topicId: ignorable(since(10, uuid)),
      isInternal: ignorable(since(1, boolean)),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: ignorable(since(7, int32, -1)),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: ignorable(since(5, array(int32))),
      }),
      topicAuthorizedOperations: since(8, int32, -2147483648),
    }),
    clusterAuthorizedOperations: between(8, 10, int32, -2147483648),
    errorCode: ignorable(since(13, int16)),
  },
})
