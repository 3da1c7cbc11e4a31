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

export interface ListTransactionsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** Of the first broker that could not tell; the transactions of the others are there. */
  error: KafkaError | null
  transactions: ListedTransaction[]
  /** States asked for that some broker does not know. */
  unknownStates: string[]
}

export interface ListedTransaction {
  transactionalId: string
  producerId: bigint
  state: string
  /** The id of the broker that coordinates it. */
  coordinator: number
}

export interface DescribeTransactionsRequest extends Addressed {
  transactionalIds: readonly string[]
}

export interface DescribeTransactionsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  transactions: TransactionDescription[]
}

export interface TransactionDescription {
  transactionalId: string
  error: KafkaError | null
  state: string
  producerId: bigint
  producerEpoch: number
  /** Milliseconds after which the broker aborts it. */
  timeout: number
  /** null when none is going on. */
  startedAt: Date | null
  /** Partitions by topic. */
  topics: Record<string, number[]>
}

export interface DescribeProducersRequest extends Addressed {
  /** Partitions by topic. */
  topics: Readonly<Record<string, readonly number[]>>
}

export interface DescribeProducersResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  topics: Record<string, PartitionProducers[]>
}

export interface PartitionProducers {
  partition: number
  error: KafkaError | null
  producers: ActiveProducer[]
}

export interface ActiveProducer {
  producerId: bigint
  producerEpoch: number
  /** −1: none yet. */
  lastSequence: number
  /** null: none yet. */
  lastTime: Date | null
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
