import { array, ignorable, nullable, since, until } from '../schema/combinators.ts'
import { bigInt64, int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { allHaveIds, transactionsV2 } from './caps.ts'
import { toCoordinator } from './route.ts'

/**
 * Stores a group's positions as part of a transaction (KIP-98). To the group's coordinator. v5 also adds the group to
 * the transaction (KIP-890); topics are named by id alone from v6 (KIP-1319).
 */
export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 6],
  flexible: 3,
  route: toCoordinator('group', 'groupId'),
  request: {
    transactionalId: string,
    groupId: string,
    producerId: bigInt64,
    producerEpoch: int16,
    /** Fences members the group has moved on from (KIP-447); -1 for none. */
    generationIdOrMemberEpoch: since(3, int32, -1),
    memberId: since(3, string),
    groupInstanceId: since(3, nullable(string), null),
    topics: array({
      name: ignorable(until(5, string), { beside: 'topicId' }),
      topicId: ignorable(since(6, uuid), { beside: 'name' }),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: ignorable(since(2, int32, -1)),
        committedMetadata: nullable(string),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32,
    topics: array({
      name: ignorable(until(5, string), { beside: 'topicId' }),
      topicId: ignorable(since(6, uuid), { beside: 'name' }),
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
  cap: ({ topics }, context) => (transactionsV2(context) ? (allHaveIds(topics) ? 6 : 5) : 4),
})
