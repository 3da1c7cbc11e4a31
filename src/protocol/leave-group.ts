import { array, ignorable, nullable, since, until, withDefault } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/** Leaves a classic group, so that its partitions are given away at once. Several members from v3 (KIP-345). */
export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    /** Until v2. Give both forms: a version takes its own. */
    memberId: ignorable(until(2, string), { beside: 'members' }),
    members: ignorable(
      since(
        3,
        array({
          memberId: string,
          groupInstanceId: withDefault(nullable(string), null),
          reason: ignorable(since(5, nullable(string), null)),
        }),
      ),
      { beside: 'memberId' },
    ),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    members: since(3, array({ memberId: string, groupInstanceId: nullable(string), errorCode: int16 })),
  },
  cap: ({ members = [] }) => (members.length === 0 ? 2 : 5),
})
