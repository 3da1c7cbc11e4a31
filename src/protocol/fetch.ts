import { array, ignorable, nullable, since, struct, tagged, until, withDefault } from '../schema/combinators.ts'
import { bigInt64, int8, int16, int32, int64, records, size64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { allHaveIds } from './caps.ts'
import { toLeaders } from './route.ts'

/**
 * Reads record batches, from leaders or, as they advise, followers (KIP-392). Incremental sessions from v7 (KIP-227);
 * topics are named by id alone from v13 (KIP-516).
 */
export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [0, 18],
  flexible: 12,
  route: toLeaders(['topics', 'partitions'], ['responses', 'partitions']),
  lane: 'fetch',
  repeatable: true,
  ahead: () => true,
  request: {
    clusterId: ignorable(tagged(0, since(12, nullable(string), null))),
    /** -1 for a consumer. */
    replicaId: until(14, int32, -1),
    replicaState: tagged(
      1,
      since(15, struct({ replicaId: withDefault(int32, -1), replicaEpoch: withDefault(int64, -1) })),
    ),
    /** How long the broker may wait for minBytes. */
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: ignorable(since(3, int32, 0x7fffffff)),
    /** 0 read uncommitted, 1 read committed. */
    isolationLevel: ignorable(since(4, int8)),
    /** 0 for none. */
    sessionId: ignorable(since(7, int32)),
    /** -1: no session. */
    sessionEpoch: ignorable(since(7, int32, -1)),
    topics: array({
      topic: ignorable(until(12, string), { beside: 'topicId' }),
      topicId: ignorable(since(13, uuid), { beside: 'topic' }),
      partitions: array({
        partition: int32,
        /** -1: unknown, don't check (KIP-320). */
        currentLeaderEpoch: ignorable(since(9, int32, -1)),
        fetchOffset: int64,
        lastFetchedEpoch: since(12, int32, -1),
        logStartOffset: ignorable(since(5, int64, -1)),
        partitionMaxBytes: int32,
        replicaDirectoryId: ignorable(tagged(0, since(17, uuid))),
        highWatermark: ignorable(tagged(1, since(18, size64, 2 ** 63))),
      }),
    }),
    /** What an incremental session shall drop. */
    forgottenTopicsData: since(
      7,
      array({
        topic: ignorable(until(12, string), { beside: 'topicId' }),
        topicId: ignorable(since(13, uuid), { beside: 'topic' }),
        partitions: array(int32),
      }),
    ),
    /** Where the consumer stands, for the choice of a replica (KIP-392). */
    rackId: ignorable(since(11, string)),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: ignorable(since(7, int16)),
    sessionId: since(7, int32),
    responses: array({
      topic: ignorable(until(12, string), { beside: 'topicId' }),
      topicId: ignorable(since(13, uuid), { beside: 'topic' }),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        /** Where read committed ends. */
        lastStableOffset: ignorable(since(4, int64, -1)),
        logStartOffset: ignorable(since(5, int64, -1)),
        /** The log was truncated: the largest epoch and its end that both have (KIP-595). */
        divergingEpoch: tagged(
          0,
          since(12, struct({ epoch: withDefault(int32, -1), endOffset: withDefault(int64, -1) })),
        ),
        /** With NOT_LEADER_OR_FOLLOWER: who leads now (KIP-951). */
        currentLeader: tagged(
          1,
          since(12, struct({ leaderId: withDefault(int32, -1), leaderEpoch: withDefault(int32, -1) })),
        ),
        snapshotId: tagged(2, since(12, struct({ endOffset: withDefault(int64, -1), epoch: withDefault(int32, -1) }))),
        /** null when reading uncommitted. */
        abortedTransactions: ignorable(since(4, nullable(array({ producerId: bigInt64, firstOffset: int64 })))),
        /** -1 for none. */
        preferredReadReplica: since(11, int32, -1),
        /** A view of the frame. */
        records: nullable(records),
      }),
    }),
    /** Addresses of the leaders named above (KIP-951). */
    nodeEndpoints: tagged(
      0,
      since(16, array({ nodeId: int32, host: string, port: int32, rack: withDefault(nullable(string), null) })),
    ),
  },
  /** An incremental fetch without topics must name the version its session began with. */
  cap: ({ topics, forgottenTopicsData = [] }) => (allHaveIds(topics) && allHaveIds(forgottenTopicsData) ? 18 : 12),
})
