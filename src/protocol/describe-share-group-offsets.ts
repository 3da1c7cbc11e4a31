import { array, ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { int16, int32, int64, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

/** How far share groups are (KIP-932); their lag from v1 (KIP-1226). To each group's coordinator. */
export const DescribeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexible: 0,
  route: toCoordinators('group', ['groups'], ['groups']),
  repeatable: true,
  request: {
    groups: array({ groupId: string, topics: nullable(array({ topicName: string, partitions: array(int32) })) }),
  },
  response: {
    throttleTimeMs: int32,
    groups: array({
      groupId: string,
      topics: array({
        topicName: string,
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          startOffset: int64,
          leaderEpoch: int32,
          lag: ignorable(since(1, int64, -1)),
          errorCode: int16,
          errorMessage: withDefault(nullable(string), null),
        }),
      }),
      errorCode: int16,
      errorMessage: withDefault(nullable(string), null),
    }),
  },
})
