import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AddOffsetsToTxn } from '../protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../protocol/add-partitions-to-txn.ts'
import { EndTxn } from '../protocol/end-txn.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { TxnOffsetCommit as TxnOffsetCommitApi } from '../protocol/txn-offset-commit.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { onceNotConcurrent } from './concurrent-transactions.ts'
import type { ProducerSession } from './coordinators.ts'
import { errorAbout } from './error-about.ts'
import { itemsByTopic } from './nested.ts'

/** Transactions step by step (KIP-98), after `initProducerId`. */
export interface TransactionCalls {
  /** Makes partitions part of a transaction, before anything is produced to them. */
  addPartitionsToTxn(request: AddPartitionsToTxnRequest, ...options: Options): Promise<AddPartitionsToTxnResponse>
  /** Makes a group's offsets part of a transaction, before `txnOffsetCommit`. */
  addOffsetsToTxn(request: AddOffsetsToTxnRequest, ...options: Options): Promise<AddOffsetsToTxnResponse>
  /** Stores a group's positions once the transaction is committed. */
  txnOffsetCommit(request: TxnOffsetCommitRequest, ...options: Options): Promise<TxnOffsetCommitResponse>
  /** Commits or aborts a transaction. */
  endTxn(request: EndTxnRequest, ...options: Options): Promise<EndTxnResponse>
}

/** Who writes in which transaction. */
interface InTransaction extends Addressed {
  /** Whose transactions these are, as its writers name themselves. */
  transactionalId: string
  /** The producer's id, as the cluster gave it. */
  producerId: bigint
  /** Which of those who had the producer's id one after another; the last one alone may write. */
  producerEpoch: number
}

/** What `addPartitionsToTxn` of a Client is asked. */
export interface AddPartitionsToTxnRequest extends InTransaction {
  /** The partitions to add, by topic. */
  topics: Readonly<Record<string, readonly AddPartitionToTxn[]>>
}

/** A partition to add. */
export interface AddPartitionToTxn {
  /** The number of the partition. */
  partition: number
}

const addedFields: SettingKinds<AddPartitionToTxn> = { partition: 'number!' }

/** What `addPartitionsToTxn` of a Client answers. */
export interface AddPartitionsToTxnResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each partition, by topic. */
  topics: Record<string, AddPartitionToTxnPartition[]>
}

/** With an error in one partition nothing is added: the others have OperationNotAttempted. */
export interface AddPartitionToTxnPartition {
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `addOffsetsToTxn` of a Client is asked. */
export interface AddOffsetsToTxnRequest extends InTransaction {
  /** The group's id. */
  groupId: string
}

/** What `addOffsetsToTxn` of a Client answers. */
export interface AddOffsetsToTxnResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `txnOffsetCommit` of a Client is asked. */
export interface TxnOffsetCommitRequest extends InTransaction {
  /** The group's id. */
  groupId: string
  /** −1, the default: outside of group membership. */
  generationId?: number
  /** The member's id, as the coordinator gave it. */
  memberId?: string
  /** Of a static member (KIP-345). */
  groupInstanceId?: string
  /** What to store, by topic. */
  topics: Readonly<Record<string, readonly TxnOffsetCommit[]>>
}

/** A position to store: the offset of the next record to read. */
export interface TxnOffsetCommit {
  /** The number of the partition. */
  partition: number
  /** The offset of the next record to read. */
  offset: number
  /** Text kept with it. Default ''. */
  metadata?: string
}

const commitFields: SettingKinds<TxnOffsetCommit> = { partition: 'number!', offset: 'number!', metadata: 'string' }

/** What `txnOffsetCommit` of a Client answers. */
export interface TxnOffsetCommitResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each partition, by topic. */
  topics: Record<string, TxnOffsetCommitPartition[]>
}

/** What came of one partition. */
export interface TxnOffsetCommitPartition {
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `endTxn` of a Client is asked. */
export interface EndTxnRequest extends InTransaction {
  /** False aborts. */
  committed: boolean
}

/** What `endTxn` of a Client answers. */
export interface EndTxnResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /**
   * Whom to go on as: clusters with `transaction.version` 2 give each transaction an epoch of its own (KIP-890). null:
   * as before.
   */
  producer: ProducerSession | null
}

export const transactionCalls: CallsOf<TransactionCalls> = {
  addPartitionsToTxn: {
    fields: {
      addr: 'any',
      transactionalId: 'string!',
      producerId: 'bigint!',
      producerEpoch: 'number!',
      topics: 'object!',
    },
    run: addPartitionsToTxn,
  },
  addOffsetsToTxn: {
    fields: {
      addr: 'any',
      transactionalId: 'string!',
      producerId: 'bigint!',
      producerEpoch: 'number!',
      groupId: 'string!',
    },
    run: addOffsetsToTxn,
  },
  txnOffsetCommit: {
    fields: {
      addr: 'any',
      transactionalId: 'string!',
      producerId: 'bigint!',
      producerEpoch: 'number!',
      groupId: 'string!',
      generationId: 'number',
      memberId: 'string',
      groupInstanceId: 'string',
      topics: 'object!',
    },
    run: txnOffsetCommit,
  },
  endTxn: {
    fields: {
      addr: 'any',
      transactionalId: 'string!',
      producerId: 'bigint!',
      producerEpoch: 'number!',
      committed: 'boolean!',
    },
    run: endTxn,
  },
}

async function addPartitionsToTxn(
  caller: Caller,
  request: AddPartitionsToTxnRequest,
  options: CallOptions,
): Promise<AddPartitionsToTxnResponse> {
  const { transactionalId, producerId, producerEpoch } = request
  const topics = itemsByTopic('a partition of addPartitionsToTxn()', request.topics, addedFields)
  const wire = {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: topics.map(([name, added]) => ({ name, partitions: added.map(({ partition }) => partition) })),
  }
  const response = await onceNotConcurrent(caller, options, () =>
    caller.send(request, AddPartitionsToTxn, wire, options),
  )
  const added = response.resultsByTopicV3AndBelow.map(({ name, resultsByPartition }) => [
    name,
    resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
      partition: partitionIndex,
      error: errorAbout(`transactional id ${transactionalId}, ${name}/${partitionIndex}`, partitionErrorCode),
    })),
  ])
  return { throttle: response.throttleTimeMs, topics: Object.fromEntries(added) }
}

async function addOffsetsToTxn(
  caller: Caller,
  request: AddOffsetsToTxnRequest,
  options: CallOptions,
): Promise<AddOffsetsToTxnResponse> {
  const { transactionalId, producerId, producerEpoch, groupId } = request
  const wire = { transactionalId, producerId, producerEpoch, groupId }
  const response = await onceNotConcurrent(caller, options, () => caller.send(request, AddOffsetsToTxn, wire, options))
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout(`transactional id ${transactionalId}, group ${groupId}`, response.errorCode),
  }
}

async function txnOffsetCommit(
  caller: Caller,
  request: TxnOffsetCommitRequest,
  options: CallOptions,
): Promise<TxnOffsetCommitResponse> {
  const { transactionalId, producerId, producerEpoch, groupId, generationId = -1, memberId = '' } = request
  const wire = {
    transactionalId,
    groupId,
    producerId,
    producerEpoch,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId: request.groupInstanceId || null,
    topics: itemsByTopic('a commit of txnOffsetCommit()', request.topics, commitFields).map(([name, commits]) => ({
      name,
      partitions: commits.map(({ partition, offset, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata,
      })),
    })),
  }
  const response = await caller.send(request, TxnOffsetCommitApi, wire, options)
  const stored = response.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, errorCode }) => ({
      partition: partitionIndex,
      error: errorAbout(`group ${groupId}, ${name}/${partitionIndex}`, errorCode),
    })),
  ])
  return { throttle: response.throttleTimeMs, topics: Object.fromEntries(stored) }
}

async function endTxn(caller: Caller, request: EndTxnRequest, options: CallOptions): Promise<EndTxnResponse> {
  const { transactionalId, committed } = request
  const wire = { transactionalId, producerId: request.producerId, producerEpoch: request.producerEpoch, committed }
  const response = await onceNotConcurrent(caller, options, () => caller.send(request, EndTxn, wire, options))
  const { throttleTimeMs, errorCode, producerId, producerEpoch } = response
  return {
    throttle: throttleTimeMs,
    error: errorAbout(`transactional id ${transactionalId}`, errorCode),
    producer: errorCode === 0 && producerEpoch >= 0 ? { producerId, producerEpoch } : null,
  }
}
