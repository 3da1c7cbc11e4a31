import { ErrorCode } from '../../protocol/errors.ts'
import { OffsetForLeaderEpoch } from '../../protocol/offset-for-leader-epoch.ts'
import { deniedCluster, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { ledPartition } from '../topics/lookup.ts'

/** Where the records of a leader epoch end: a consumer learns so whether the log was truncated below it (KIP-320). */
export const offsetForLeaderEpoch: Handler = handler(OffsetForLeaderEpoch, [2, 4], ({ topics }, context) => {
  const seesAll = deniedCluster(context, Operation.clusterAction) === 0
  return {
    topics: topics.map(({ topic: name, partitions }) => {
      const topic = context.cluster.topics.get(name)
      // Brokers may ask about all.
      const refused = seesAll ? 0 : deniedTopic(context, Operation.describe, name)
      const results = partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
        const partition =
          refused ||
          (topic === undefined
            ? ErrorCode.UnknownTopicOrPartition
            : ledPartition(topic, index, context, currentLeaderEpoch))
        return typeof partition === 'number'
          ? { errorCode: partition, partition: index }
          : { errorCode: 0, partition: index, ...partition.endOfEpoch(leaderEpoch) }
      })
      return { topic: name, partitions: results }
    }),
  }
})
