import { array, ignorable, since, withDefault } from '../schema/combinators.ts'
import { int16, int32, int64, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/** Where a leader epoch ended, on the partition's leader: how a client finds that its log was truncated (KIP-320). */
export const OffsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [0, 4],
  flexible: 4,
  route: toLeaders(['topics', 'partitions']),
  repeatable: true,
  ahead: () => true,
  request: {
    replicaId: ignorable(since(3, int32, -2)),
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        /** -1: don't check. */
        currentLeaderEpoch: ignorable(since(2, int32, -1)),
        leaderEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: ignorable(since(1, int32, -1)),
        /** -1: not known. */
        endOffset: withDefault(int64, -1),
      }),
    }),
  },
})
