import { AlterReplicaLogDirs } from '../../protocol/alter-replica-log-dirs.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { logDirOf } from './describe-log-dirs.ts'

/** There is one directory, where everything is already. */
export const alterReplicaLogDirs: Handler = handler(AlterReplicaLogDirs, [1, 2], ({ dirs }, context) => {
  const { cluster, node } = context
  const refused = deniedCluster(context, Operation.alter)
  const codeOf = (path: string, topic: string, index: number): number => {
    if (refused !== 0) return refused
    if (path !== logDirOf(node.id)) return ErrorCode.LogDirNotFound
    const partition = cluster.partition(topic, index)
    if (partition === undefined) return ErrorCode.UnknownTopicOrPartition
    return partition.replicas.ids.includes(node.id) ? 0 : ErrorCode.ReplicaNotAvailable
  }
  // Of a partition named twice the last directory counts, as in Kafka.
  const found = new Map<string, Map<number, number>>()
  for (const { path, topics } of dirs)
    for (const { name, partitions } of topics) {
      const codes = found.get(name) ?? new Map<number, number>()
      for (const index of partitions) codes.set(index, codeOf(path, name, index))
      found.set(name, codes)
    }
  return {
    results: [...found].map(([topicName, codes]) => ({
      topicName,
      partitions: [...codes].map(([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
    })),
  }
})
