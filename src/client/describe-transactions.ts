import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { DescribeProducers } from '../protocol/describe-producers.ts'
import { DescribeTransactions } from '../protocol/describe-transactions.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { ListTransactions } from '../protocol/list-transactions.ts'
import { inBatches, longestThrottle } from './batches.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { partitionsByTopic, textsOf } from './nested.ts'

/** Transactions and producers, seen from outside (KIP-664). */
export interface TransactionAdminCalls {
  /** The transactions of all brokers. */
  listTransactions(request?: ListTransactionsRequest, ...options: Options): Promise<ListTransactionsResponse>
  /** The state of transactions, from each one's coordinator. */
  describeTransactions(request: DescribeTransactionsRequest, ...options: Options): Promise<DescribeTransactionsResponse>
  /** The producers that partitions' leaders know of. */
  describeProducers(request: DescribeProducersRequest, ...options: Options): Promise<DescribeProducersResponse>
}

/** What `listTransactions` of a Client is asked. */
export interface ListTransactionsRequest extends Addressed {
  /** As 'Ongoing' or 'CompleteCommit'. Default: all. */
  states?: readonly string[]
  /** Default: all. */
  producerIds?: readonly bigint[]
  /** Those that have gone on for so many milliseconds or longer (KIP-994, Kafka 3.8). Default: all. */
  minDuration?: number
  /** Those whose ids match this, in the form of Java's regular expressions (KIP-1152, Kafka 4.1). Default: all. */
  transactionalIdPattern?: string
}

const listFields: SettingKinds<ListTransactionsRequest> = {
  addr: 'any',
  states: 'list',
  producerIds: 'list',
  minDuration: 'number',
  transactionalIdPattern: 'string',
}

/** What `listTransactions` of a Client answers. */
export interface ListTransactionsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** Of the first broker that could not tell; the transactions of the others are there. */
  error: KafkaError | null
  /** The transactions. */
  transactions: ListedTransaction[]
  /** States asked for that some broker does not know. */
  unknownStates: string[]
}

/** A transaction. */
export interface ListedTransaction {
  /** Whose transactions these are, as its writers name themselves. */
  transactionalId: string
  /** The producer's id, as the cluster gave it. */
  producerId: bigint
  /** As 'Ongoing' or 'CompleteCommit'. */
  state: string
  /** The id of the broker that coordinates it. */
  coordinator: number
}

/** What `describeTransactions` of a Client is asked. */
export interface DescribeTransactionsRequest extends Addressed {
  /** The transactional ids to tell of. */
  transactionalIds: readonly string[]
}

/** What `describeTransactions` of a Client answers. */
export interface DescribeTransactionsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** What became of each. */
  transactions: TransactionDescription[]
}

/** Where the transaction of one transactional id stands. */
export interface TransactionDescription {
  /** Whose transactions these are, as its writers name themselves. */
  transactionalId: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** As 'Ongoing' or 'CompleteCommit'; '' upon an error. */
  state: string
  /** The producer's id, as the cluster gave it. */
  producerId: bigint
  /** Which of those who had the producer's id one after another; the last one alone may write. */
  producerEpoch: number
  /** Milliseconds after which the broker aborts it. */
  timeout: number
  /** null when none is going on. */
  startedAt: Date | null
  /** Partitions by topic. */
  topics: Record<string, number[]>
}

/** What `describeProducers` of a Client is asked. */
export interface DescribeProducersRequest extends Addressed {
  /** Partitions by topic. */
  topics: Readonly<Record<string, readonly number[]>>
}

/** What `describeProducers` of a Client answers. */
export interface DescribeProducersResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** Partitions, by topic. */
  topics: Record<string, PartitionProducers[]>
}

/** Who writes to one partition. */
export interface PartitionProducers {
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Who wrote lately. */
  producers: ActiveProducer[]
}

/** One who writes to a partition. */
export interface ActiveProducer {
  /** The producer's id, as the cluster gave it. */
  producerId: bigint
  /** Which of those who had the producer's id one after another; the last one alone may write. */
  producerEpoch: number
  /** −1: none yet. */
  lastSequence: number
  /** null: none yet. */
  lastTime: Date | null
  /** Of the coordinator that wrote its last marker; −1: none yet. */
  coordinatorEpoch: number
  /** Where its transaction begins; −1: it has none open here. */
  currentTransactionStartOffset: number
}

export const transactionAdminCalls: CallsOf<TransactionAdminCalls> = {
  listTransactions: { fields: listFields, run: listTransactions },
  describeTransactions: { fields: { addr: 'any', transactionalIds: 'list!' }, run: describeTransactions },
  describeProducers: { fields: { addr: 'any', topics: 'object!' }, run: describeProducers },
}

async function listTransactions(
  caller: Caller,
  request: ListTransactionsRequest,
  options: CallOptions,
): Promise<ListTransactionsResponse> {
  const { states = [], producerIds = [], minDuration = -1, transactionalIdPattern = null } = request
  const wire = {
    stateFilters: textsOf('a state of listTransactions()', states),
    producerIdFilters: producerIds,
    durationFilter: minDuration,
    transactionalIdPattern,
  }
  const answers = await caller.sendToEach(request, ListTransactions, wire, options)
  const errors = answers.map(([id, { errorCode }]) => errorAbout(`transactions of broker ${id}`, errorCode))
  return {
    throttle: longestThrottle(answers.map(([, answer]) => answer)),
    error: errors.find(error => error !== null) ?? null,
    transactions: answers.flatMap(([coordinator, { transactionStates }]) =>
      transactionStates.map(({ transactionalId, producerId, transactionState }) => ({
        transactionalId,
        producerId,
        state: transactionState,
        coordinator,
      })),
    ),
    unknownStates: [...new Set(answers.flatMap(([, { unknownStateFilters }]) => unknownStateFilters))],
  }
}

async function describeTransactions(
  caller: Caller,
  request: DescribeTransactionsRequest,
  options: CallOptions,
): Promise<DescribeTransactionsResponse> {
  const ids = textsOf('an id of describeTransactions()', request.transactionalIds)
  const answers = await inBatches(ids, transactionalIds =>
    caller.send(request, DescribeTransactions, { transactionalIds }, options),
  )
  return {
    throttle: longestThrottle(answers),
    transactions: answers
      .flatMap(({ transactionStates }) => transactionStates)
      .map(told => ({
        transactionalId: told.transactionalId,
        error: errorAbout(`transactional id ${told.transactionalId}`, told.errorCode),
        state: told.transactionState,
        producerId: told.producerId,
        producerEpoch: told.producerEpoch,
        timeout: told.transactionTimeoutMs,
        startedAt:
          told.errorCode !== 0 || told.transactionStartTimeMs < 0 ? null : new Date(told.transactionStartTimeMs),
        topics: Object.fromEntries(told.topics.map(({ topic, partitions }) => [topic, partitions])),
      })),
  }
}

async function describeProducers(
  caller: Caller,
  request: DescribeProducersRequest,
  options: CallOptions,
): Promise<DescribeProducersResponse> {
  const topics = partitionsByTopic('a partition of describeProducers()', request.topics).map(
    ([name, partitionIndexes]) => ({ name, partitionIndexes }),
  )
  const response = await caller.send(request, DescribeProducers, { topics }, options)
  const found = response.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, errorCode, errorMessage, activeProducers }) => ({
      partition: partitionIndex,
      error: errorAbout(`${name}/${partitionIndex}`, errorCode, errorMessage),
      producers: activeProducers.map(({ lastTimestamp, currentTxnStartOffset, ...producer }) => ({
        ...producer,
        lastTime: lastTimestamp < 0 ? null : new Date(lastTimestamp),
        currentTransactionStartOffset: currentTxnStartOffset,
      })),
    })),
  ])
  return { throttle: response.throttleTimeMs, topics: Object.fromEntries(found) }
}
