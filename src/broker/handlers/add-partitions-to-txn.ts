import { AddPartitionsToTxn } from '../../protocol/add-partitions-to-txn.ts'
import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster, deniedTopic, deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import { byTopic } from '../topics/named-once.ts'
import { fencedAs } from './init-producer-id.ts'

type Request = RequestOf<typeof AddPartitionsToTxn>
type Topics = Request['v3AndBelowTopics']
type Results = NonNullable<ResponseInput<typeof AddPartitionsToTxn>['resultsByTopicV3AndBelow']>

/** Up to version 3 from clients; above from brokers, several transactions at once. */
export const addPartitionsToTxn: Handler = handler(AddPartitionsToTxn, [0, 5], (request, context) => {
  if (context.apiVersion < 4) {
    const {
      v3AndBelowTransactionalId: id,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: epoch,
      v3AndBelowTopics: topics,
    } = request
    return { resultsByTopicV3AndBelow: add(id, producerId, epoch, topics, false, context) }
  }
  return {
    resultsByTransaction: request.transactions.map(
      ({ transactionalId, producerId, producerEpoch, topics, verifyOnly }) => ({
        transactionalId,
        topicResults: add(transactionalId, producerId, producerEpoch, topics, verifyOnly, context),
      }),
    ),
  }
})

function add(
  id: string,
  producerId: bigint,
  producerEpoch: number,
  topics: Topics,
  verifyOnly: boolean,
  context: RequestContext,
): Results {
  const { cluster, apiVersion } = context
  const all = (codeOf: (topic: string, partition: number) => number): Results =>
    topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map(partitionIndex => ({
        partitionIndex,
        partitionErrorCode: codeOf(name, partitionIndex),
      })),
    }))
  const misplaced =
    (apiVersion >= 4
      ? deniedCluster(context, Operation.clusterAction)
      : deniedTransactionalId(context, Operation.write, id)) || notCoordinator('transaction', id, context)
  if (misplaced !== 0) return all(() => misplaced)
  const forbidden = new Map(topics.map(({ name }) => [name, deniedTopic(context, Operation.write, name)]))
  const known: Partition[] = topics.flatMap(({ name, partitions }) =>
    forbidden.get(name) !== 0 ? [] : partitions.flatMap(index => cluster.partition(name, index) ?? []),
  )
  const asked = topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
  // All or none: those that could have been added say that nobody tried.
  if (known.length < asked)
    return byTopic(
      topics,
      ({ name }) => name,
      ({ partitions }) => partitions,
    ).map(({ topic: { name }, partitions }) => ({
      name,
      resultsByPartition: [...new Set(partitions)].map(partitionIndex => ({
        partitionIndex,
        partitionErrorCode:
          forbidden.get(name) ||
          (cluster.partition(name, partitionIndex) === undefined
            ? ErrorCode.UnknownTopicOrPartition
            : ErrorCode.OperationNotAttempted),
      })),
    }))
  const transaction = cluster.transactions.owned(id, producerId, producerEpoch)
  if (typeof transaction === 'number') return all(() => fencedAs(transaction, apiVersion >= 2))
  if (verifyOnly)
    return all((name, index) =>
      transaction.partitions.has(cluster.partition(name, index)!) ? 0 : ErrorCode.TransactionAbortable,
    )
  cluster.transactions.addPartitions(transaction, known)
  return all(() => 0)
}
