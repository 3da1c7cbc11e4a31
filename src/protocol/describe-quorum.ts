import { array, ignorable, nullable, since } from '../schema/combinators.ts'
import { int16, int32, int64, string, timestamp, uint16, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

const replicaState = {
  replicaId: int32,
  replicaDirectoryId: since(2, uuid),
  logEndOffset: int64,
  lastFetchTimestamp: ignorable(since(1, timestamp, -1)),
  lastCaughtUpTimestamp: ignorable(since(1, timestamp, -1)),
}

/** The controller quorum: leader, voters, observers and how far each is (KIP-595). Endpoints from v2 (KIP-853). */
export const DescribeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexible: 0,
  route: toController,
  repeatable: true,
  request: { topics: array({ topicName: string, partitions: array({ partitionIndex: int32 }) }) },
  response: {
    errorCode: int16,
    errorMessage: ignorable(since(2, nullable(string))),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: ignorable(since(2, nullable(string))),
        leaderId: int32,
        leaderEpoch: int32,
        highWatermark: int64,
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: since(2, array({ nodeId: int32, listeners: array({ name: string, host: string, port: uint16 }) })),
  },
})
