import { ElectLeaders } from '../../protocol/elect-leaders.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import { andThen } from '../turns.ts'

const ElectionType = { preferred: 0, unclean: 1 } as const

// What an election takes.
const unitsPerElection = 2

export const electLeaders: Handler = handler(ElectLeaders, [0, 2], ({ electionType, topicPartitions }, context) => {
  const { cluster, apiVersion } = context
  // Said of the whole, and of each again.
  const failed = (errorCode: number) => ({
    ...(apiVersion > 0 ? { errorCode } : {}),
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map(partitionId => ({ partitionId, errorCode, errorMessage: null })),
    })),
  })
  const refused = deniedCluster(context, Operation.alter)
  if (refused !== 0) return failed(refused)
  if (electionType !== ElectionType.preferred && electionType !== ElectionType.unclean)
    return failed(ErrorCode.InvalidRequest)
  const asked =
    topicPartitions ??
    [...cluster.topics.values()].map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map(({ index }) => index),
    }))
  const elected = cluster.turns.map(asked, ({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.flatMap(partitionId => {
      const result = elect(cluster.partition(topic, partitionId), electionType, cluster)
      // Where all are asked for, those that have their leader are not told.
      return topicPartitions === null && result.errorCode === ErrorCode.ElectionNotNeeded
        ? []
        : [{ partitionId, ...result }]
    }),
  }))
  return andThen(elected, replicaElectionResults => ({ errorCode: 0, replicaElectionResults }))
})

function elect(
  partition: Partition | undefined,
  electionType: number,
  { replication, turns }: Cluster,
): { errorCode: number; errorMessage: string | null } {
  const failed = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage })
  if (partition === undefined) return failed(ErrorCode.UnknownTopicOrPartition, 'No such partition.')
  const isPreferred = electionType === ElectionType.preferred
  if (isPreferred ? partition.leader === partition.replicas.ids[0] : partition.leader >= 0)
    return failed(ErrorCode.ElectionNotNeeded, 'Leader election not needed for topic partition.')
  turns.spend(unitsPerElection)
  if (isPreferred ? replication.preferred(partition) : replication.unclean(partition))
    return { errorCode: 0, errorMessage: null }
  return isPreferred
    ? failed(ErrorCode.PreferredLeaderNotAvailable, 'The preferred leader was not available.')
    : failed(ErrorCode.EligibleLeadersNotAvailable, 'Eligible topic partition leaders are not available.')
}
