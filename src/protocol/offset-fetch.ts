import { array, between, ignorable, nullable, since, until, withDefault } from '../schema/combinators.ts'
import { boolean, int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { allHaveIds } from './caps.ts'
import { toCoordinators } from './route.ts'

/**
 * A group's committed positions, from its coordinator. Several groups at once from v8 (KIP-709); topics are named by id
 * alone from v10 (KIP-848).
 */
export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [0, 10],
  flexible: 6,
  route: toCoordinators('group', ['groups'], ['groups'], 'groupId'),
  repeatable: true,
  ahead: () => true,
  request: {
    /** Until v7. Give both forms: a version takes its own. */
    groupId: ignorable(until(7, string), { beside: 'groups' }),
    /** null asks for all (from v2). */
    topics: ignorable(until(7, nullable(array({ name: string, partitionIndexes: array(int32) }), { since: 2 })), {
      beside: 'groups',
    }),
    groups: ignorable(
      since(
        8,
        array({
          groupId: string,
          memberId: ignorable(since(9, nullable(string), null)),
          memberEpoch: ignorable(since(9, int32, -1)),
          /** null asks for all. */
          topics: nullable(
            array({
              name: ignorable(until(9, string), { beside: 'topicId' }),
              topicId: ignorable(since(10, uuid), { beside: 'name' }),
              partitionIndexes: array(int32),
            }),
          ),
        }),
      ),
      { beside: 'groupId' },
    ),
    /** Wait for pending transactional commits with UNSTABLE_OFFSET_COMMIT (KIP-447). */
    requireStable: since(7, boolean),
  },
  response: {
    throttleTimeMs: ignorable(since(3, int32)),
    topics: until(
      7,
      array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          committedOffset: int64,
          committedLeaderEpoch: ignorable(since(5, int32, -1)),
          metadata: nullable(string),
          errorCode: int16,
        }),
      }),
    ),
    errorCode: ignorable(between(2, 7, int16)),
    groups: since(
      8,
      array({
        groupId: string,
        topics: array({
          name: ignorable(until(9, string), { beside: 'topicId' }),
          topicId: ignorable(since(10, uuid), { beside: 'name' }),
          partitions: array({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: ignorable(withDefault(int32, -1)),
            metadata: nullable(string),
            errorCode: int16,
          }),
        }),
        errorCode: withDefault(int16, 0),
      }),
    ),
  },
  cap({ groups = [] }) {
    if (groups.length === 0) return 7
    return groups.every(({ topics }) => topics != null && allHaveIds(topics)) ? 10 : 9
  },
})
