import { array, ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toShareCoordinators } from './route.ts'

/** Between brokers: how far a share partition is, for the group coordinator (KIP-932). */
export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexible: 0,
  route: toShareCoordinators(['topics', 'partitions'], ['results', 'partitions']),
  repeatable: true,
  request: {
    groupId: string,
    topics: array({ topicId: uuid, partitions: array({ partition: int32, leaderEpoch: int32 }) }),
  },
  response: {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
        stateEpoch: int32,
        leaderEpoch: int32,
        startOffset: int64,
        deliveryCompleteCount: ignorable(since(1, int32, -1)),
      }),
    }),
  },
})
