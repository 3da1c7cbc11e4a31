import { array, ignorable, nullable, since } from '../schema/combinators.ts'
import { bytes, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/** Ends a round of joining: the leader hands over everybody's assignment, each member is answered its own. */
export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  route: toCoordinator('group', 'groupId'),
  lane: 'group',
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
    protocolType: ignorable(since(5, nullable(string), null)),
    protocolName: ignorable(since(5, nullable(string), null)),
    /** From the leader alone. */
    assignments: array({ memberId: string, assignment: bytes }),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    protocolType: ignorable(since(5, nullable(string), null)),
    protocolName: ignorable(since(5, nullable(string), null)),
    assignment: bytes,
  },
})
