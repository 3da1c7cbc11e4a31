import { array, ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { int8, int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toShareCoordinators } from './route.ts'

/** Between brokers: a partition's leader stores the state of a share partition (KIP-932). */
export const WriteShareGroupState = api({
  key: 85,
  name: 'WriteShareGroupState',
  versions: [0, 1],
  flexible: 0,
  route: toShareCoordinators(['topics', 'partitions'], ['results', 'partitions']),
  request: {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        stateEpoch: int32,
        leaderEpoch: int32,
        startOffset: int64,
        deliveryCompleteCount: ignorable(since(1, int32, -1)),
        stateBatches: array({ firstOffset: int64, lastOffset: int64, deliveryState: int8, deliveryCount: int16 }),
      }),
    }),
  },
  response: {
    results: array({
      topicId: uuid,
      partitions: array({ partition: int32, errorCode: int16, errorMessage: withDefault(nullable(string), null) }),
    }),
  },
})
