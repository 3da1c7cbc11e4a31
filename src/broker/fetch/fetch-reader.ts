import type { ResponseInput } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Fetch } from '../../protocol/fetch.ts'
import { IsolationLevel } from '../../protocol/offsets.ts'
import { rackAwareSelector } from '../configs/definitions.ts'
import type { RequestContext } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import { ledPartition } from '../topics/lookup.ts'
import type { SessionPartition } from './fetch-sessions.ts'

export type FetchedPartition = ResponseInput<typeof Fetch>['responses'][number]['partitions'][number]

/** What a Fetch is to be answered, as far as it goes for every partition. */
export interface FetchTerms {
  readonly isolationLevel: number
  readonly rackId: string
  readonly byId: boolean
  /** Topics that the client may not read, as they are named in the request; undefined where nobody decides. */
  readonly denied: ReadonlySet<string> | undefined
  readonly context: RequestContext
}

const noBytes = new Uint8Array(0)

function failed(partitionIndex: number, errorCode: number): FetchedPartition {
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: null, records: noBytes }
}

/** As Kafka has it, what there is not, or is not to be read, has no aborted transactions, where other errors say nothing of them. */
function unknown(partitionIndex: number, errorCode: number): FetchedPartition {
  return { ...failed(partitionIndex, errorCode), abortedTransactions: [] }
}

/** The partition asked for, if it can be read here; else the answer that says why not, or where to read instead. */
export function readable(asked: SessionPartition, terms: FetchTerms): Partition | FetchedPartition {
  const { byId, rackId, denied, context } = terms
  if (denied?.has(byId ? asked.topicId : asked.topic))
    return unknown(asked.partition, ErrorCode.TopicAuthorizationFailed)
  const { cluster, node, apiVersion } = context
  const topic = byId ? cluster.topicById(asked.topicId) : cluster.topics.get(asked.topic)
  if (topic === undefined)
    return unknown(asked.partition, byId ? ErrorCode.UnknownTopicID : ErrorCode.UnknownTopicOrPartition)
  const partition = topic.partitions[asked.partition]
  if (partition === undefined) return unknown(asked.partition, ErrorCode.UnknownTopicOrPartition)
  const led = ledPartition(topic, asked.partition, context, asked.currentLeaderEpoch)
  // Followers in sync have all that may be read; they serve consumers since KIP-392.
  const follows =
    led === ErrorCode.NotLeaderForPartition &&
    apiVersion >= 11 &&
    partition.leader >= 0 &&
    partition.replicas.isr.includes(node.id)
  if (typeof led === 'number' && !follows) {
    const hint = led === ErrorCode.NotLeaderForPartition || led === ErrorCode.FencedLeaderEpoch
    const currentLeader =
      hint && apiVersion >= 12 ? { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch } : undefined
    return { ...failed(asked.partition, led), ...(currentLeader === undefined ? {} : { currentLeader }) }
  }
  const { log, replicas, leader, highWatermark, lastStableOffset } = partition
  const bounds = { highWatermark, lastStableOffset, logStartOffset: log.startOffset }
  // Before anything else, as Kafka: beyond the end of a log that was cut is no place to be told of alone.
  if (asked.lastFetchedEpoch >= 0) {
    const { leaderEpoch, endOffset } = partition.endOfEpoch(asked.lastFetchedEpoch)
    if (endOffset < 0) return failed(asked.partition, ErrorCode.OffsetOutOfRange)
    if (leaderEpoch < asked.lastFetchedEpoch || endOffset < asked.fetchOffset)
      return { ...failed(asked.partition, 0), ...bounds, divergingEpoch: { epoch: leaderEpoch, endOffset } }
  }
  if (asked.fetchOffset < log.startOffset || asked.fetchOffset > log.endOffset)
    return failed(asked.partition, ErrorCode.OffsetOutOfRange)
  const near =
    leader === node.id &&
    apiVersion >= 11 &&
    rackId !== '' &&
    node.rack !== rackId &&
    cluster.configs.get('replica.selector.class') === rackAwareSelector
      ? replicas.isr.find(id => cluster.nodes.get(id)?.rack === rackId)
      : undefined
  if (near !== undefined) return { ...failed(asked.partition, 0), ...bounds, preferredReadReplica: near }
  return partition
}

/** How far a reader may go. */
export function readLimit(partition: Partition, isolationLevel: number): number {
  return isolationLevel === IsolationLevel.ReadCommitted ? partition.lastStableOffset : partition.highWatermark
}

/** Reads a partition: at most `maxBytes`, but one whole batch at least, if `first`. */
export function read(
  partition: Partition,
  { partition: partitionIndex, fetchOffset, partitionMaxBytes }: SessionPartition,
  { isolationLevel }: FetchTerms,
  maxBytes: number,
  first: boolean,
): FetchedPartition {
  const { log, highWatermark, lastStableOffset } = partition
  const records = log.read(
    fetchOffset,
    readLimit(partition, isolationLevel),
    Math.min(maxBytes, partitionMaxBytes),
    first,
  )
  const committed = isolationLevel === IsolationLevel.ReadCommitted
  const aborted =
    committed && records.length > 0 ? partition.aborted(fetchOffset, log.offsetAfter(fetchOffset, records.length)) : []
  return {
    partitionIndex,
    errorCode: 0,
    highWatermark,
    lastStableOffset,
    logStartOffset: log.startOffset,
    abortedTransactions: committed ? aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })) : null,
    records,
  }
}
