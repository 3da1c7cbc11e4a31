import { array, ignorable, nullable, since } from '../schema/combinators.ts'
import { boolean, int16, int32, int64, size64, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toEvery } from './route.ts'

/**
 * This broker's log directories and what lies in them (KIP-113; total and usable bytes from v4, KIP-827; cordoned from
 * v5, KIP-1066).
 */
export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [0, 5],
  flexible: 2,
  route: toEvery,
  repeatable: true,
  request: {
    /** null: all. */
    topics: nullable(array({ topic: string, partitions: array(int32) })),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: ignorable(since(3, int16)),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({ partitionIndex: int32, partitionSize: size64, offsetLag: int64, isFutureKey: boolean }),
      }),
      /** -1: unknown. */
      totalBytes: ignorable(since(4, size64, -1)),
      usableBytes: ignorable(since(4, size64, -1)),
      isCordoned: ignorable(since(5, boolean)),
    }),
  },
})
