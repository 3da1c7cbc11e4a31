import { array, ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { boolean, bytes, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/**
 * Enters a classic consumer group; the coordinator answers once the round of joining is over. The leader is given every
 * member's subscription.
 */
export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  route: toCoordinator('group', 'groupId'),
  lane: 'group',
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    /** How long the others wait for a member; v0 takes the session timeout. */
    rebalanceTimeoutMs: ignorable(since(1, int32, -1)),
    /** Empty the first time. */
    memberId: string,
    /** Makes the member static (KIP-345). */
    groupInstanceId: since(5, nullable(string), null),
    protocolType: string,
    protocols: array({ name: string, metadata: bytes }),
    /** For the broker's log (KIP-800). */
    reason: ignorable(since(8, nullable(string), null)),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    errorCode: int16,
    generationId: withDefault(int32, -1),
    protocolType: ignorable(since(7, nullable(string), null)),
    protocolName: nullable(string, { since: 7 }),
    leader: string,
    /** The leader need not assign: a static member came back (KIP-814). */
    skipAssignment: since(9, boolean),
    memberId: string,
    /** For the leader alone. */
    members: array({
      memberId: string,
      groupInstanceId: ignorable(since(5, nullable(string), null)),
      metadata: bytes,
    }),
  },
})
