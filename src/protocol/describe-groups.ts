import { array, ignorable, nullable, since } from '../schema/combinators.ts'
import { boolean, bytes, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

/** State, members and assignments of classic groups, from each group's coordinator. */
export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexible: 5,
  route: toCoordinators('group', ['groups'], ['groups']),
  repeatable: true,
  request: { groups: array(string), includeAuthorizedOperations: since(3, boolean) },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    groups: array({
      errorCode: int16,
      errorMessage: since(6, nullable(string), null),
      groupId: string,
      groupState: string,
      protocolType: string,
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: ignorable(since(4, nullable(string), null)),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: since(3, int32, -2147483648),
    }),
  },
})
