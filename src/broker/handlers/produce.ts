import { ProtocolError } from '../../base/errors.ts'
import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { Produce } from '../../protocol/produce.ts'
import type { RecordBatch } from '../../records/record-batch.ts'
import { deniedTopic, deniedTransactionalId } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { acknowledged } from '../log/acknowledged.ts'
import { batchOf, checkBatch, type Refusal, sayTransactional } from '../log/check-records.ts'
import type { Partition } from '../log/partition.ts'
import { endpointsOf, ledPartition, topicOf } from '../topics/lookup.ts'
import { byTopic, lastOfEach } from '../topics/named-once.ts'
import type { Topic } from '../topics/topic.ts'
import { andThen } from '../turns.ts'

type Request = RequestOf<typeof Produce>
type PartitionRequest = Request['topicData'][number]['partitionData'][number]
type PartitionAnswer = ResponseInput<typeof Produce>['responses'][number]['partitionResponses'][number]

// Kafka lists versions 0 to 2 for the sake of old clients' negotiation, and refuses them.
const firstServed = 3

export const produce: Handler = handler(Produce, [0, 13], (request, context) => {
  if (context.apiVersion < firstServed)
    throw new ProtocolError(`Produce v${context.apiVersion} is listed but not served`)
  // As Kafka has it, nobody may write in the name of no one, and the whole request is refused.
  const refused = transactionRefused(request, context)
  const leaders = new Set<number>()
  const waits: Wait[] = []
  const byId = context.apiVersion >= 13
  // Of a partition named twice only the last records count, as in Kafka.
  const topics = byTopic(
    request.topicData,
    ({ name, topicId }) => (byId ? topicId : name),
    ({ partitionData }) => partitionData,
  )
  const jobs = topics.flatMap(({ topic: { name, topicId }, partitions }, at): Job[] => {
    const topic = topicOf({ name, topicId }, byId, context)
    return lastOfEach(partitions, ({ index }) => index).map(asked => ({ at, topic, asked }))
  })
  const writable = permissions(topics, context)
  const appended = context.cluster.turns.map(
    jobs,
    ({ at, topic, asked }) =>
      Object.assign(
        refused
          ? failure(ErrorCode.TransactionalIDAuthorizationFailed)
          : append(asked, writable(topic, at), request, context, leaders, waits),
        { index: asked.index },
      ),
    unitsPerBatch,
    done => ownRecords(jobs, done),
  )
  return andThen(appended, answers => {
    const responses = topics.map(({ topic: { name, topicId } }) => {
      const partitionResponses: PartitionAnswer[] = []
      return { name, topicId, partitionResponses }
    })
    for (const [at, job] of jobs.entries()) responses[job.at]!.partitionResponses.push(answers[at]!)
    if (request.acks !== 0) {
      const answer = { responses, nodeEndpoints: context.apiVersion >= 10 ? endpointsOf(leaders, context) : [] }
      // The answers that wait are those in it.
      return waits.length === 0 ? answer : replicated(answer, waits, request.timeoutMs, context)
    }
    // There is no answer to put an error into.
    const failed = answers.find(({ errorCode }) => errorCode !== 0)
    if (failed !== undefined) throw new ProtocolError(`Produce with acks 0 failed with error ${failed.errorCode}`)
    return null
  })
})

/** Whether the client may not write in the name of the transaction that its records are of. */
function transactionRefused({ transactionalId, topicData }: Request, context: RequestContext): boolean {
  if (transactionalId !== null && context.access === undefined) return false
  const says = topicData.some(({ partitionData }) => partitionData.some(({ records }) => sayTransactional(records)))
  return says && (transactionalId === null || deniedTransactionalId(context, Operation.write, transactionalId) !== 0)
}

/**
 * What tells, of each topic once, whether it is to be written to: the topic, or the code of why not. Of one named that
 * there is not nothing is told to who may not.
 */
function permissions(
  named: readonly { readonly topic: { readonly name: string } }[],
  context: RequestContext,
): (topic: Topic | number, at: number) => Topic | number {
  if (context.access === undefined) return topic => topic
  const refused: number[] = []
  return (topic, at) => {
    if (topic === ErrorCode.UnknownTopicID) return topic
    const name = typeof topic === 'number' ? named[at]!.topic.name : topic.name
    refused[at] ??= deniedTopic(context, Operation.write, name)
    return refused[at] || topic
  }
}

interface Job {
  /** Of its topic in the answer. */
  readonly at: number
  readonly topic: Topic | number
  asked: PartitionRequest
}

// What an append takes besides looking at its records.
const unitsPerBatch = 5

/** The records that are still to be looked at lie in the request's frame, which is gone in the next turn. */
function ownRecords(jobs: readonly Job[], from: number): void {
  for (const job of jobs.slice(from))
    job.asked = { ...job.asked, records: job.asked.records === null ? null : new Uint8Array(job.asked.records) }
}

/** Records that are in the leader's log, and must be in others before their write is answered. */
interface Wait {
  readonly partition: Partition
  readonly endOffset: number
  readonly answer: { errorCode: number }
}

/** The answer, once the replicas in sync have the records, or have not in time: then it says so. */
async function replicated<A>(
  answer: A,
  waits: readonly Wait[],
  timeoutMs: number,
  { cluster, connection }: RequestContext,
): Promise<A> {
  await Promise.all(
    waits.map(async ({ partition, endOffset, answer }) => {
      answer.errorCode = await acknowledged(partition, endOffset, timeoutMs, cluster.clock, connection)
    }),
  )
  return answer
}

function failure(errorCode: number, more: Partial<PartitionAnswer> = {}): Omit<PartitionAnswer, 'index'> {
  return { errorCode, baseOffset: -1, ...more }
}

function append(
  { index, records }: PartitionRequest,
  topic: Topic | number,
  request: Request,
  context: RequestContext,
  leaders: Set<number>,
  waits: Wait[],
): Omit<PartitionAnswer, 'index'> {
  const { cluster, apiVersion } = context
  if (request.acks < -1 || request.acks > 1) return failure(ErrorCode.InvalidRequiredAcks)
  if (typeof topic === 'number') return failure(topic)
  const partition = ledPartition(topic, index, context)
  if (typeof partition === 'number') {
    const { leader = -1, leaderEpoch = -1 } = topic.partitions[index] ?? {}
    if (partition === ErrorCode.NotLeaderForPartition && apiVersion >= 10) {
      leaders.add(leader)
      return failure(partition, { currentLeader: { leaderId: leader, leaderEpoch } })
    }
    return failure(partition)
  }
  const { settings } = topic
  if (request.acks === -1 && partition.replicas.isr.length < settings.minInsyncReplicas)
    return failure(ErrorCode.NotEnoughReplicas)
  const now = cluster.clock.now()
  const { startOffset: logStartOffset } = partition.log
  const refused = ({ errorCode, early, ...why }: Refusal) =>
    failure(errorCode, { ...why, logStartOffset: early ? -1 : logStartOffset })
  const batch = batchOf(records)
  if ('errorCode' in batch) return refused(batch)
  if (batch.end - batch.start > cluster.maxBytes) return failure(ErrorCode.MessageSizeTooLarge)
  const duplicate = batch.producerId >= 0n ? partition.producers.duplicateOf(batch) : undefined
  const appendTime = (timestamp: number): number => (settings.appendTime ? timestamp : -1)
  const stored = (baseOffset: number, timestamp: number): Omit<PartitionAnswer, 'index'> => {
    const answer = {
      errorCode: 0,
      baseOffset,
      logAppendTimeMs: appendTime(timestamp),
      logStartOffset: partition.log.startOffset,
    }
    const endOffset = baseOffset + batch.count
    if (request.acks === -1 && partition.highWatermark < endOffset) waits.push({ partition, endOffset, answer })
    return answer
  }
  if (duplicate !== undefined) return stored(duplicate.baseOffset, duplicate.timestamp)
  const barred = enterTransaction(batch, partition, request.transactionalId, context)
  if (barred !== 0) return failure(barred)
  const checked = checkBatch(batch, settings, cluster.codecs, now, cluster.turns)
  if ('errorCode' in checked) return refused(checked)
  const errorCode = batch.producerId >= 0n ? partition.producers.check(batch, batch.isTransactional) : 0
  if (errorCode !== 0) return failure(errorCode, { logStartOffset })
  const isNew = batch.producerId >= 0n && !partition.producers.entries.has(batch.producerId)
  const baseOffset = partition.append(batch, checked.newest, now)
  cluster.stored(batch.end - batch.start)
  if (isNew) cluster.rememberedProducer()
  return stored(baseOffset, now)
}

/**
 * The error code of what the batch's transaction has against it. The second protocol adds the partition to the
 * transaction by the way (KIP-890).
 */
function enterTransaction(
  { producerId, producerEpoch, isTransactional }: RecordBatch,
  partition: Partition,
  transactionalId: string | null,
  context: RequestContext,
): number {
  const { open, entries } = partition.producers
  // As Kafka has it, what no producer wrote is of no transaction, whatever it says.
  if (!isTransactional || transactionalId === null || producerId < 0n) return 0
  if (open.has(producerId) && entries.get(producerId)?.epoch === producerEpoch) return 0
  const {
    cluster: { transactions, configs },
    apiVersion,
  } = context
  // As in brokers before 3.6, what comes late begins a transaction that its coordinator knows nothing of, and hangs.
  if (apiVersion < 12 && configs.get('transaction.partition.verification.enable') === 'false') return 0
  const transaction = transactions.owned(transactionalId, producerId, producerEpoch)
  if (transaction === ErrorCode.ProducerFenced) return ErrorCode.InvalidProducerEpoch
  if (typeof transaction === 'number') return transaction
  if (apiVersion >= 12) transactions.addPartitions(transaction, [partition], true)
  else if (!transaction.partitions.has(partition))
    return apiVersion >= 11 ? ErrorCode.TransactionAbortable : ErrorCode.InvalidTransactionState
  return 0
}
