import { ignorable, nullable, since } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/** Keeps a classic group's member alive and tells it of rebalances. To the group's coordinator. */
export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexible: 4,
  route: toCoordinator('group', 'groupId'),
  repeatable: true,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
  },
  response: { throttleTimeMs: ignorable(since(1, int32)), errorCode: int16 },
})
