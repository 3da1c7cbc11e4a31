import { array, ignorable, nullable, since, struct, tagged, until, withDefault } from '../schema/combinators.ts'
import { int16, int32, int64, records, string, timestamp, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { allHaveIds, transactionsV2 } from './caps.ts'
import { toLeaders } from './route.ts'

/**
 * Appends record batches to partitions, on their leaders. With acks 0 there is no response. Topics are named by id
 * alone from v13 (KIP-516). 4.x lists v0–2 but refuses them.
 */
export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 13],
  flexible: 9,
  route: toLeaders(['topicData', 'partitionData'], ['responses', 'partitionResponses']),
  lane: 'produce',
  // No other cluster has a topic of this id.
  ahead: ({ acks }, version) => version >= 13 && acks !== 0,
  request: {
    /** null outside of transactions. */
    transactionalId: since(3, nullable(string), null),
    /** 0 none, 1 the leader's, -1 all in-sync replicas'. */
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: ignorable(until(12, string), { beside: 'topicId' }),
      topicId: ignorable(since(13, uuid), { beside: 'name' }),
      partitionData: array({
        index: int32,
        /** One batch (v3 and later), attached and not copied when written. */
        records: nullable(records),
      }),
    }),
  },
  response: {
    responses: array({
      name: ignorable(until(12, string), { beside: 'topicId' }),
      topicId: ignorable(since(13, uuid), { beside: 'name' }),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        /** Offset of the batch's first record. */
        baseOffset: int64,
        /** -1 unless the topic stamps records itself. */
        logAppendTimeMs: ignorable(since(2, timestamp, -1)),
        logStartOffset: ignorable(since(5, int64, -1)),
        /** Which records were the cause (KIP-467). */
        recordErrors: ignorable(
          since(8, array({ batchIndex: int32, batchIndexErrorMessage: withDefault(nullable(string), null) })),
        ),
        errorMessage: ignorable(since(8, nullable(string), null)),
        /** With NOT_LEADER_OR_FOLLOWER: who leads now (KIP-951). */
        currentLeader: tagged(
          0,
          since(10, struct({ leaderId: withDefault(int32, -1), leaderEpoch: withDefault(int32, -1) })),
        ),
      }),
    }),
    throttleTimeMs: ignorable(since(1, int32)),
    /** Addresses of the leaders named above (KIP-951). */
    nodeEndpoints: tagged(
      0,
      since(10, array({ nodeId: int32, host: string, port: int32, rack: withDefault(nullable(string), null) })),
    ),
  },
  cap: ({ topicData, transactionalId }, context) =>
    Math.min(allHaveIds(topicData) ? 13 : 12, transactionalId == null || transactionsV2(context) ? 13 : 11),
})
