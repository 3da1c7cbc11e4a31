import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { WriteTxnMarkers } from '../../protocol/write-txn-markers.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { acknowledged } from '../log/acknowledged.ts'
import { ledPartition } from '../topics/lookup.ts'

type Marker = RequestOf<typeof WriteTxnMarkers>['markers'][number]
type Answer = ResponseInput<typeof WriteTxnMarkers>['markers'][number]['topics'][number]['partitions'][number]

// As long as Kafka waits for its own requests.
const patience = 30_000
// A marker is a batch of one record.
const markerBytes = 78
// What a marker takes besides looking at its partition.
const unitsPerMarker = 3

/** By administrators, for transactions that hang (KIP-664): this cluster's own coordinators have no need of it. */
export const writeTxnMarkers: Handler = handler(WriteTxnMarkers, [1, 2], async ({ markers }, context) => {
  const refused = deniedCluster(context, Operation.alter) === 0 ? 0 : deniedCluster(context, Operation.clusterAction)
  const answers = markers.map(({ producerId, topics }) => ({
    producerId,
    topics: topics.map(({ name }) => ({ name, partitions: [] as Answer[] })),
  }))
  const jobs = markers.flatMap((marker, at) =>
    marker.topics.flatMap(({ name, partitionIndexes }, topic) =>
      partitionIndexes.map(index => ({ marker, name, index, into: answers[at]!.topics[topic]!.partitions })),
    ),
  )
  const waits: Promise<void>[] = []
  await context.cluster.turns.map(
    jobs,
    ({ marker, name, index, into }) => {
      const answer = { partitionIndex: index, errorCode: refused }
      into.push(answer)
      const outcome = refused || write(marker, name, index, context)
      if (typeof outcome === 'number') answer.errorCode = outcome
      else
        waits.push(
          outcome.then(code => {
            answer.errorCode = code
          }),
        )
    },
    unitsPerMarker,
  )
  await Promise.all(waits)
  return { markers: answers }
})

/** The error code; a promise of it while not all replicas in sync have the marker. */
function write(
  { producerId, producerEpoch, coordinatorEpoch, transactionResult }: Marker,
  name: string,
  index: number,
  context: RequestContext,
): number | Promise<number> {
  const { cluster, connection } = context
  const topic = cluster.topics.get(name)
  const partition = topic === undefined ? ErrorCode.UnknownTopicOrPartition : ledPartition(topic, index, context)
  if (typeof partition === 'number') return partition
  const entry = partition.producers.entries.get(producerId)
  if (entry !== undefined && producerEpoch < entry.epoch) return ErrorCode.InvalidProducerEpoch
  if (entry !== undefined && coordinatorEpoch < entry.coordinatorEpoch) return ErrorCode.TransactionCoordinatorFenced
  const timestamp = cluster.clock.now()
  partition.endTransaction({ producerId, producerEpoch, commit: transactionResult, coordinatorEpoch, timestamp })
  cluster.stored(markerBytes)
  if (entry === undefined) cluster.rememberedProducer()
  const end = partition.log.endOffset
  return partition.highWatermark >= end ? 0 : acknowledged(partition, end, patience, cluster.clock, connection)
}
