import { array, nullable, withDefault } from '../schema/combinators.ts'
import { int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toShareCoordinators } from './route.ts'

/** Between brokers: the group coordinator has a share partition's state deleted (KIP-932). */
export const DeleteShareGroupState = api({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: [0, 0],
  flexible: 0,
  route: toShareCoordinators(['topics', 'partitions'], ['results', 'partitions']),
  request: { groupId: string, topics: array({ topicId: uuid, partitions: array({ partition: int32 }) }) },
  response: {
    results: array({
      topicId: uuid,
      partitions: array({ partition: int32, errorCode: int16, errorMessage: withDefault(nullable(string), null) }),
    }),
  },
})
