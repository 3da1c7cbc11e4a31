import { array, ignorable } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/**
 * Deletes a group's positions in topics it does not read just now (KIP-496). To the group's coordinator. Never
 * flexible.
 */
export const OffsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    topics: array({ name: string, partitions: array({ partitionIndex: int32 }) }),
  },
  response: {
    errorCode: int16,
    throttleTimeMs: ignorable(int32),
    topics: array({ name: string, partitions: array({ partitionIndex: int32, errorCode: int16 }) }),
  },
})
