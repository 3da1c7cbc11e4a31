import { DescribeProducers } from '../../protocol/describe-producers.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { ledPartition } from '../topics/lookup.ts'

export const describeProducers: Handler = handler(DescribeProducers, [0, 0], ({ topics }, context) => ({
  topics: topics.map(({ name, partitionIndexes }) => {
    const topic = context.cluster.topics.get(name)
    const refused = deniedTopic(context, Operation.read, name)
    const partitions = partitionIndexes.map(partitionIndex => {
      const partition =
        refused ||
        (topic === undefined ? ErrorCode.UnknownTopicOrPartition : ledPartition(topic, partitionIndex, context))
      if (typeof partition === 'number') return { partitionIndex, errorCode: partition, activeProducers: [] }
      const { entries, open } = partition.producers
      context.room.take(entries.size)
      const activeProducers = [...entries].map(([producerId, { epoch, batches, lastTimestamp, coordinatorEpoch }]) => ({
        producerId,
        producerEpoch: epoch,
        lastSequence: batches.at(-1)?.lastSequence ?? -1,
        lastTimestamp,
        coordinatorEpoch,
        currentTxnStartOffset: open.get(producerId) ?? -1,
      }))
      return { partitionIndex, errorCode: 0, activeProducers }
    })
    return { name, partitions }
  }),
}))
