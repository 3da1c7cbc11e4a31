import { array, nullable, withDefault } from '../schema/combinators.ts'
import { int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/** Sets where an empty share group goes on (KIP-932). To the group's coordinator. */
export const AlterShareGroupOffsets = api({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    topics: array({ topicName: string, partitions: array({ partitionIndex: int32, startOffset: int64 }) }),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    responses: array({
      topicName: string,
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
      }),
    }),
  },
})
