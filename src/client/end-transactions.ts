import { ConfigError } from '../base/errors.ts'
import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { DescribeProducers } from '../protocol/describe-producers.ts'
import { ErrorCode, type KafkaError } from '../protocol/errors.ts'
import { InitProducerId } from '../protocol/init-producer-id.ts'
import { WriteTxnMarkers } from '../protocol/write-txn-markers.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { onceNotConcurrent } from './concurrent-transactions.ts'
import type { ProducerSession } from './coordinators.ts'
import { errorAbout } from './error-about.ts'
import { textsOf } from './nested.ts'

/** Transactions ended from outside. */
export interface TransactionEndCalls {
  /**
   * Ends a transaction in one partition, as aborted, by a marker of its own (KIP-664): for one that hangs there, which
   * no coordinator knows of any more. One that goes on elsewhere is torn by it. Needs the right to alter the cluster.
   */
  abortTransaction(request: AbortTransactionRequest, ...options: Options): Promise<AbortTransactionResponse>
  /** Takes transactional ids from their writers: what is open is aborted, and those writers are over (KIP-588). */
  fenceProducers(request: FenceProducersRequest, ...options: Options): Promise<FenceProducersResponse>
  /** Has the coordinator abort the transaction of a transactional id, whose writer is over by that (KIP-939). */
  forceTerminateTransaction(
    request: ForceTerminateTransactionRequest,
    ...options: Options
  ): Promise<ForceTerminateTransactionResponse>
}

/** Which transaction: by where it begins in the partition, or by whose it is, as `describeProducers` tells. */
export interface AbortTransactionRequest extends Addressed {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** The offset of its first record there: the leader is asked whose it is (Kafka 2.8). */
  startOffset?: number
  /** Whose transaction it is, in place of `startOffset`. */
  producerId?: bigint
  /** Goes with `producerId`. */
  producerEpoch?: number
  /** Of the coordinator that wrote the producer's last marker. Default 0, as when there was none. */
  coordinatorEpoch?: number
}

const abortFields: SettingKinds<AbortTransactionRequest> = {
  addr: 'any',
  topic: 'string!',
  partition: 'number!',
  startOffset: 'number',
  producerId: 'bigint',
  producerEpoch: 'number',
  coordinatorEpoch: 'number',
}

/** What `abortTransaction` of a Client answers. */
export interface AbortTransactionResponse {
  /** InvalidTransactionState where none that is open begins at `startOffset`. */
  error: KafkaError | null
  /** Whose transaction it was; null where that could not be told. */
  producer: ProducerSession | null
}

/** What `fenceProducers` of a Client is asked. */
export interface FenceProducersRequest extends Addressed {
  /** Whose writers are to be stopped. */
  transactionalIds: readonly string[]
}

/** What `fenceProducers` of a Client answers. */
export interface FenceProducersResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** In the order asked. */
  producers: FencedProducer[]
}

/** What came of one transactional id. */
export interface FencedProducer {
  /** Whose transactions these are, as its writers name themselves. */
  transactionalId: string
  /** Id and epoch that the id has from now on; null upon an error. */
  producer: ProducerSession | null
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `forceTerminateTransaction` of a Client is asked. */
export interface ForceTerminateTransactionRequest extends Addressed {
  /** Whose transaction is to end. */
  transactionalId: string
}

/** What `forceTerminateTransaction` of a Client answers. */
export interface ForceTerminateTransactionResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

export const transactionEndCalls: CallsOf<TransactionEndCalls> = {
  abortTransaction: { fields: abortFields, run: abortTransaction },
  fenceProducers: { fields: { addr: 'any', transactionalIds: 'list!' }, run: fenceProducers },
  forceTerminateTransaction: {
    fields: { addr: 'any', transactionalId: 'string!' },
    run: forceTerminateTransaction,
  },
}

async function abortTransaction(
  caller: Caller,
  request: AbortTransactionRequest,
  options: CallOptions,
): Promise<AbortTransactionResponse> {
  const { topic, partition } = request
  const owner = await ownerOf(caller, request, options)
  if ('error' in owner) return { error: owner.error, producer: null }
  const { producerId, producerEpoch, coordinatorEpoch } = owner
  const marker = {
    producerId,
    producerEpoch,
    coordinatorEpoch,
    transactionResult: false,
    topics: [{ name: topic, partitionIndexes: [partition] }],
  }
  const { markers } = await caller.send(request, WriteTxnMarkers, { markers: [marker] }, options)
  const [answer] = markers.flatMap(({ topics }) => topics).flatMap(({ partitions }) => partitions)
  const code = answer?.errorCode ?? ErrorCode.Unknown
  return {
    error: errorAbout(`${topic}/${partition}, producer ${producerId} of epoch ${producerEpoch}`, code),
    producer: { producerId, producerEpoch },
  }
}

type Owner = ProducerSession & { readonly coordinatorEpoch: number }

async function ownerOf(
  caller: Caller,
  request: AbortTransactionRequest,
  options: CallOptions,
): Promise<Owner | { readonly error: KafkaError | null }> {
  const { topic, partition, startOffset, producerId, producerEpoch, coordinatorEpoch = 0 } = request
  if (startOffset === undefined) {
    if (producerId === undefined || producerEpoch === undefined)
      throw new ConfigError('abortTransaction: give startOffset, or producerId and producerEpoch')
    return { producerId, producerEpoch, coordinatorEpoch }
  }
  if (producerId !== undefined || producerEpoch !== undefined)
    throw new ConfigError('abortTransaction: startOffset says whose the transaction is: give no producer with it')
  const topics = [{ name: topic, partitionIndexes: [partition] }]
  const response = await caller.send(request, DescribeProducers, { topics }, options)
  const what = `${topic}/${partition}`
  const [answer] = response.topics.flatMap(({ partitions }) => partitions)
  const refused = errorAbout(what, answer?.errorCode ?? ErrorCode.Unknown, answer?.errorMessage)
  if (refused !== null) return { error: refused }
  const found = answer!.activeProducers.find(({ currentTxnStartOffset }) => currentTxnStartOffset === startOffset)
  if (found === undefined || startOffset < 0) {
    const error = errorAbout(what, ErrorCode.InvalidTransactionState, `no open transaction begins at ${startOffset}`)
    return { error }
  }
  // −1 where no coordinator has written a marker of its yet; no coordinator's epoch is lower than 0.
  return { ...found, coordinatorEpoch: request.coordinatorEpoch ?? Math.max(0, found.coordinatorEpoch) }
}

/** So many ids are taken over at a time. */
const atOnce = 50

async function fenceProducers(
  caller: Caller,
  request: FenceProducersRequest,
  options: CallOptions,
): Promise<FenceProducersResponse> {
  const ids = textsOf('an id of fenceProducers()', request.transactionalIds)
  const fenced: Awaited<ReturnType<typeof fence>>[] = []
  for (let at = 0; at < ids.length; at += atOnce)
    fenced.push(...(await Promise.all(ids.slice(at, at + atOnce).map(id => fence(caller, request, id, options)))))
  return {
    throttle: Math.max(0, ...fenced.map(({ throttle }) => throttle)),
    producers: fenced.map(({ throttle: _, ...producer }) => producer),
  }
}

async function forceTerminateTransaction(
  caller: Caller,
  request: ForceTerminateTransactionRequest,
  options: CallOptions,
): Promise<ForceTerminateTransactionResponse> {
  const { throttle, error } = await fence(caller, request, request.transactionalId, options)
  return { throttle, error }
}

/** Begins with the id as a new writer does, and writes nothing. */
async function fence(
  caller: Caller,
  to: Addressed,
  transactionalId: string,
  options: CallOptions,
): Promise<FencedProducer & { readonly throttle: number }> {
  if (transactionalId === '') throw new ConfigError('a transactional id must not be empty')
  const wire = { transactionalId, transactionTimeoutMs: 60_000 }
  const response = await onceNotConcurrent(caller, options, () => caller.send(to, InitProducerId, wire, options))
  const { errorCode, producerId, producerEpoch, throttleTimeMs: throttle } = response
  const error = errorAbout(`transactional id ${transactionalId}`, errorCode)
  return { transactionalId, producer: error === null ? { producerId, producerEpoch } : null, error, throttle }
}
