import { array, nullable, withDefault } from '../schema/combinators.ts'
import { int8, int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toShareCoordinators } from './route.ts'

/** Between brokers: a partition's leader reads the state of a share partition (KIP-932). */
export const ReadShareGroupState = api({
  key: 84,
  name: 'ReadShareGroupState',
  versions: [0, 0],
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
        startOffset: int64,
        stateBatches: array({ firstOffset: int64, lastOffset: int64, deliveryState: int8, deliveryCount: int16 }),
      }),
    }),
  },
})
