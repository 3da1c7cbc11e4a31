import { array, ignorable, nullable, since, struct, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/**
 * Acknowledges records acquired by ShareFetch (KIP-932). To the partitions' leader. v0 was a preview; renewal from v2
 * (KIP-1222).
 */
export const ShareAcknowledge = api({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [0, 2],
  flexible: 0,
  route: toLeaders(['topics', 'partitions'], ['responses', 'partitions']),
  request: {
    groupId: withDefault(nullable(string), null),
    memberId: nullable(string),
    shareSessionEpoch: int32,
    isRenewAck: since(2, boolean),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        acknowledgementBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          /** 0 gap, 1 accept, 2 release, 3 reject, 4 renew; one for all, or one for each offset. */
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    acquisitionLockTimeoutMs: ignorable(since(2, int32)),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
      }),
    }),
    nodeEndpoints: array({ nodeId: int32, host: string, port: int32, rack: withDefault(nullable(string), null) }),
  },
})
