import { array, ignorable, since, until } from '../schema/combinators.ts'
import { int8, int16, int32, int64, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/** The offset at a time, or at one of the special times, on each partition's leader. */
export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [0, 11],
  flexible: 6,
  route: toLeaders(['topics', 'partitions']),
  repeatable: true,
  request: {
    replicaId: int32,
    /** 1: latest is the last stable offset. */
    isolationLevel: since(2, int8),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: ignorable(since(4, int32, -1)),
        /**
         * -1 latest, -2 earliest, -3 largest timestamp (v7), -4 earliest local (v8), -5 latest tiered (v9), -6 earliest
         * pending upload (v11).
         */
        timestamp,
        maxNumOffsets: until(0, int32, 1),
      }),
    }),
    /** How long tiered storage may be asked (KIP-1075). */
    timeoutMs: ignorable(since(10, int32)),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        oldStyleOffsets: until(0, array(int64)),
        timestamp: since(1, timestamp, -1),
        /** -1: no record at or after that time. */
        offset: since(1, int64, -1),
        leaderEpoch: since(4, int32, -1),
      }),
    }),
  },
})
