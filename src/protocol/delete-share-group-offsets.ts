import { array, nullable, withDefault } from '../schema/combinators.ts'
import { int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/** Deletes an empty share group's positions in topics (KIP-932). To the group's coordinator. */
export const DeleteShareGroupOffsets = api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  route: toCoordinator('group', 'groupId'),
  request: { groupId: string, topics: array({ topicName: string }) },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    responses: array({
      topicName: string,
      topicId: uuid,
      errorCode: int16,
      errorMessage: withDefault(nullable(string), null),
    }),
  },
})
