import { array, ignorable, nullable, struct, withDefault } from '../schema/combinators.ts'
import { boolean, int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Topics' partitions, a page at a time (KIP-966). */
export const DescribeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexible: 0,
  route: toAny,
  repeatable: true,
  request: {
    /** Empty: all. */
    topics: array({ name: string }),
    responsePartitionLimit: withDefault(int32, 2000),
    /** Where to go on; null: from the start. */
    cursor: withDefault(nullable(struct({ topicName: string, partitionIndex: int32 })), null),
  },
  response: {
    throttleTimeMs: ignorable(int32),
    topics: array({
      errorCode: int16,
      name: nullable(string),
      topicId: ignorable(uuid),
      isInternal: ignorable(withDefault(boolean, false)),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: ignorable(withDefault(int32, -1)),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        eligibleLeaderReplicas: withDefault(nullable(array(int32)), null),
        lastKnownElr: withDefault(nullable(array(int32)), null),
        offlineReplicas: ignorable(array(int32)),
      }),
      topicAuthorizedOperations: withDefault(int32, -2147483648),
    }),
    /** null: this was the last page. */
    nextCursor: withDefault(nullable(struct({ topicName: string, partitionIndex: int32 })), null),
  },
})
