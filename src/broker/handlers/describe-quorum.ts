import { zeroUuid } from '../../bytes/reader.ts'
import { DescribeQuorum } from '../../protocol/describe-quorum.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { reachable } from '../topics/lookup.ts'

const metadataTopic = '__cluster_metadata'

/**
 * The controllers: all brokers are, and the first that runs leads. What they agreed on has no log here; those that run
 * have all of it.
 */
export const describeQuorum: Handler = handler(DescribeQuorum, [0, 2], ({ topics }, context) => {
  const { cluster, apiVersion } = context
  const refused = deniedCluster(context, Operation.describe)
  if (refused !== 0) return { errorCode: refused, errorMessage: 'Authorization failed.', topics: [] }
  const isAsked = topics.length === 1 && topics[0]!.topicName === metadataTopic
  const partitions = isAsked ? topics[0]!.partitions : []
  if (partitions.length !== 1 || partitions[0]!.partitionIndex !== 0)
    return {
      errorCode: 0,
      topics: topics.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.UnknownTopicOrPartition,
          leaderId: 0,
          leaderEpoch: 0,
          highWatermark: 0,
          currentVoters: [],
          observers: [],
        })),
      })),
    }
  const end = 1
  const now = cluster.clock.now()
  const currentVoters = [...cluster.nodes.values()].map(({ id, running }) => ({
    replicaId: id,
    ...(apiVersion >= 2 ? { replicaDirectoryId: zeroUuid } : {}),
    logEndOffset: running ? end : 0,
    lastFetchTimestamp: running ? now : -1,
    lastCaughtUpTimestamp: running ? now : -1,
  }))
  const nodes = reachable(cluster.nodes.values(), context).map(({ nodeId, host, port }) => ({
    nodeId,
    listeners: [{ name: 'CONTROLLER', host, port }],
  }))
  return {
    errorCode: 0,
    topics: [
      {
        topicName: metadataTopic,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: 0,
            leaderId: cluster.controllerId,
            leaderEpoch: 1,
            highWatermark: end,
            currentVoters,
            observers: [],
          },
        ],
      },
    ],
    ...(apiVersion >= 2 ? { nodes } : {}),
  }
})
