import { array, ignorable, nullable, since, struct, until, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, int64, records, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/**
 * Acquires records for a member of a share group, and acknowledges earlier ones (KIP-932). To the partitions' leader.
 * v0 was a preview; v2 adds the strict limit and renewal (KIP-1206, KIP-1222).
 */
export const ShareFetch = api({
  key: 78,
  name: 'ShareFetch',
  versions: [0, 2],
  flexible: 0,
  route: toLeaders(['topics', 'partitions'], ['responses', 'partitions']),
  lane: 'fetch',
  request: {
    groupId: withDefault(nullable(string), null),
    memberId: nullable(string),
    /** 0 opens a session, -1 closes it, else one more each time. */
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: withDefault(int32, 0x7fffffff),
    maxRecords: since(1, int32),
    batchSize: since(1, int32),
    /** 0 whole batches, 1 no more than maxRecords (KIP-1206). */
    shareAcquireMode: ignorable(since(2, int8)),
    isRenewAck: since(2, boolean),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        partitionMaxBytes: until(0, int32),
        acknowledgementBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          /** 0 gap, 1 accept, 2 release, 3 reject, 4 renew; one for all, or one for each offset. */
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
    forgottenTopicsData: array({ topicId: uuid, partitions: array(int32) }),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    /** How long acquired records stay the member's. */
    acquisitionLockTimeoutMs: since(1, int32),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
        acknowledgeErrorCode: int16,
        acknowledgeErrorMessage: withDefault(nullable(string), null),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
        /** A view of the frame. */
        records: nullable(records, { until: 0 }),
        /** What of the records is the member's now. */
        acquiredRecords: array({ firstOffset: int64, lastOffset: int64, deliveryCount: int16 }),
      }),
    }),
    nodeEndpoints: array({ nodeId: int32, host: string, port: int32, rack: withDefault(nullable(string), null) }),
  },
})
