import { array, between, ignorable, nullable, since, until } from '../schema/combinators.ts'
import { int16, int32, int64, string, timestamp, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { allHaveIds } from './caps.ts'
import { toCoordinator } from './route.ts'

/** Stores a group's positions with its coordinator. Topics are named by id alone from v10 (KIP-848). */
export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [0, 10],
  flexible: 8,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    /** -1 outside of group management. */
    generationIdOrMemberEpoch: ignorable(since(1, int32, -1)),
    memberId: ignorable(since(1, string)),
    groupInstanceId: since(7, nullable(string), null),
    /** -1: as the broker is set. */
    retentionTimeMs: ignorable(between(2, 4, timestamp, -1)),
    topics: array({
      name: ignorable(until(9, string), { beside: 'topicId' }),
      topicId: ignorable(since(10, uuid), { beside: 'name' }),
      partitions: array({
        partitionIndex: int32,
        /** The next one to be read. */
        committedOffset: int64,
        committedLeaderEpoch: ignorable(since(6, int32, -1)),
        commitTimestamp: between(1, 1, timestamp, -1),
        committedMetadata: nullable(string),
      }),
    }),
  },
  response: {
    throttleTimeMs: ignorable(since(3, int32)),
    topics: array({
      name: ignorable(until(9, string), { beside: 'topicId' }),
      topicId: ignorable(since(10, uuid), { beside: 'name' }),
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
  cap: ({ topics }) => (allHaveIds(topics) ? 10 : 9),
})
