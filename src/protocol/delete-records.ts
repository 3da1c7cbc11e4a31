import { array } from '../schema/combinators.ts'
import { int16, int32, int64, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toLeaders } from './route.ts'

/** Moves the start of partitions forward, on their leaders (KIP-107). */
export const DeleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexible: 2,
  route: toLeaders(['topics', 'partitions']),
  request: {
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** The new first offset; -1 for the high watermark. */
        offset: int64,
      }),
    }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 }),
    }),
  },
})
