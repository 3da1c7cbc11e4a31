import { array } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toBroker } from './route.ts'

/** Moves replicas to another log directory of this broker (KIP-113). */
export const AlterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: [0, 2],
  flexible: 2,
  route: toBroker(),
  request: {
    dirs: array({
      /** Absolute. */
      path: string,
      topics: array({ name: string, partitions: array(int32) }),
    }),
  },
  response: {
    throttleTimeMs: int32,
    results: array({ topicName: string, partitions: array({ partitionIndex: int32, errorCode: int16 }) }),
  },
})
