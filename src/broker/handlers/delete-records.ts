import { DeleteRecords } from '../../protocol/delete-records.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { ledPartition } from '../topics/lookup.ts'
import { byTopic, lastOfEach } from '../topics/named-once.ts'

/** Stands for all that is in the partition. */
const toTheEnd = -1

export const deleteRecords: Handler = handler(DeleteRecords, [0, 2], ({ topics }, context) => ({
  topics: byTopic(
    topics,
    ({ name }) => name,
    ({ partitions }) => partitions,
  ).map(({ topic: { name }, partitions }) => {
    const refused = deniedTopic(context, Operation.delete, name)
    return {
      name,
      partitions: lastOfEach(partitions, ({ partitionIndex }) => partitionIndex).map(({ partitionIndex, offset }) => ({
        partitionIndex,
        ...(refused === 0 ? remove(name, partitionIndex, offset, context) : { lowWatermark: -1, errorCode: refused }),
      })),
    }
  }),
}))

function remove(
  name: string,
  index: number,
  offset: number,
  context: RequestContext,
): { lowWatermark: number; errorCode: number } {
  const topic = context.cluster.topics.get(name)
  const partition = topic === undefined ? ErrorCode.UnknownTopicOrPartition : ledPartition(topic, index, context)
  if (typeof partition === 'number') return { lowWatermark: -1, errorCode: partition }
  if (topic!.settings.compacted && !topic!.configs.get('cleanup.policy').includes('delete'))
    return { lowWatermark: -1, errorCode: ErrorCode.PolicyViolation }
  const { log, highWatermark } = partition
  if (offset < toTheEnd || offset > highWatermark) return { lowWatermark: -1, errorCode: ErrorCode.OffsetOutOfRange }
  log.deleteBefore(offset === toTheEnd ? highWatermark : offset)
  partition.changed()
  return { lowWatermark: log.startOffset, errorCode: 0 }
}
