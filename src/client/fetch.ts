import { ConfigError } from '../base/errors.ts'
import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Codecs } from '../compression/codecs.ts'
import { decompressors } from '../compression/decompressors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { Fetch } from '../protocol/fetch.ts'
import { FirstOffset, IsolationLevel, type IsolationLevelName, type OffsetName, offsetOf } from '../protocol/offsets.ts'
import { AbortedTransactions } from '../records/aborted.ts'
import { BatchDecoder } from '../records/decode-batch.ts'
import type { Message } from '../records/message.ts'
import { type RecordBatch, scanBatches } from '../records/record-batch.ts'
import { unreadable } from '../records/unreadable.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { listOffsets } from './list-offsets.ts'
import { RecordReader } from './record-reader.ts'

/**
 * Messages decoded at a time, so that a small batch which decompresses to millions of records doesn't become as many
 * objects at once.
 */
const atOnce = 1_000

export interface FetchRequest extends Addressed {
  topic: string
  partition: number
  /** Where to begin; FirstOffset and LastOffset, or these by name, are looked up first. */
  offset: number | OffsetName
  /** The broker answers as soon as it has so many bytes. Default 1. */
  minBytes?: number
  /** About how many bytes to answer at most; at least one batch comes all the same. Default 1,000,000. */
  maxBytes?: number
  /** How long the broker may wait for minBytes, in milliseconds. Default 500, or half of the client's timeout. */
  maxWait?: number
  /** Default: read uncommitted. */
  isolationLevel?: IsolationLevel | IsolationLevelName
}

export const fetchSettings: SettingKinds<FetchRequest> = {
  addr: 'any',
  topic: 'string!',
  partition: 'number!',
  offset: 'any!',
  minBytes: 'number',
  maxBytes: 'number',
  maxWait: 'number',
  isolationLevel: 'any',
}

export interface FetchResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  topic: string
  partition: number
  /** The offset after the last record that all replicas have; −1 upon an error. */
  highWatermark: number
  /** Where reading committed records ends. */
  lastStableOffset: number
  logStartOffset: number
  error: KafkaError | null
  /**
   * The records from the offset on, decoded and their checksums verified as they are read. Control records are left
   * out, and reading committed those of aborted transactions too. Reading them throws a ProtocolError where bytes came
   * and none of them leads on.
   */
  records: RecordReader
  /**
   * Where to fetch on when the records are read: behind the answer's last batch, whose last records may have been left
   * out, or all that it had, or been compacted away. Without any batch it is the offset asked for; −1 upon an error.
   */
  nextOffset: number
}

type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

const defaultMaxWait = 500

export async function fetch(caller: Caller, request: FetchRequest, options: CallOptions): Promise<FetchResponse> {
  const { topic, partition, minBytes = 1, maxBytes = 1_000_000 } = request
  const isolationLevel = oneOf(
    'isolationLevel',
    request.isolationLevel ?? IsolationLevel.ReadUncommitted,
    IsolationLevel,
  )
  const { maxWait = caller.brokerTimeout(defaultMaxWait) } = request
  const start = await startOf(caller, { ...request, isolationLevel }, options)
  if (typeof start !== 'number') return failed(request, start)
  const wire = {
    maxWaitMs: maxWait,
    minBytes,
    maxBytes,
    isolationLevel,
    topics: [{ topic, partitions: [{ partition, fetchOffset: start, partitionMaxBytes: maxBytes }] }],
    forgottenTopicsData: [],
  }
  const response = await caller.send(request, Fetch, wire, { ...options, waits: maxWait })
  const name = `${topic}/${partition}`
  const answer = response.responses[0]?.partitions[0]
  if (response.errorCode !== 0 || answer === undefined)
    return failed(request, errorAbout(name, response.errorCode), response.throttleTimeMs)
  caller.codecs.offer(decompressors)
  const committed = isolationLevel === IsolationLevel.ReadCommitted
  const batches = answer.records === null ? [] : scanBatches(answer.records)
  const error = errorAbout(name, answer.errorCode)
  return {
    throttle: response.throttleTimeMs,
    topic,
    partition,
    highWatermark: answer.highWatermark,
    lastStableOffset: answer.lastStableOffset,
    logStartOffset: answer.logStartOffset,
    error,
    records: RecordReader.from(messagesOf(topic, answer, batches, start, committed, caller.codecs)),
    nextOffset: error === null ? Math.max(start, (batches.at(-1)?.lastOffset ?? -1) + 1) : -1,
  }
}

async function startOf(caller: Caller, request: FetchRequest, options: CallOptions): Promise<number | KafkaError> {
  const { addr, topic, partition, isolationLevel = IsolationLevel.ReadUncommitted } = request
  const offset = offsetOf('offset', request.offset)
  if (!Number.isSafeInteger(offset) || offset < FirstOffset) throw new ConfigError(`there is no offset ${offset}`)
  if (offset >= 0) return offset
  const wanted = {
    ...(addr !== undefined && { addr }),
    topics: { [topic]: [{ partition, timestamp: offset }] },
    isolationLevel,
  }
  const found = (await listOffsets(caller, wanted, options)).topics[topic]?.[0]
  return found?.error ?? Math.max(found?.firstOffset ?? -1, found?.lastOffset ?? -1)
}

function* messagesOf(
  topic: string,
  answer: PartitionAnswer,
  batches: readonly RecordBatch[],
  from: number,
  committed: boolean,
  codecs: Codecs,
): Generator<Message, void> {
  const { partitionIndex: partition, highWatermark: highWaterMark, records } = answer
  if (records !== null && records.length > 0 && (batches.at(-1)?.lastOffset ?? -1) < from)
    throw unreadable(`${topic}/${partition}`, from, records, batches)
  const aborted = new AbortedTransactions(committed ? (answer.abortedTransactions ?? []) : [])
  for (const batch of batches) {
    // Asked about every batch, in order, for it counts the markers.
    const left = aborted.covers(batch)
    if (left || batch.isControl || batch.lastOffset < from) continue
    batch.verify()
    const decoder = new BatchDecoder(batch, { topic, partition, highWaterMark, codecs }, from)
    for (let messages = decoder.take(atOnce); messages.length > 0; messages = decoder.take(atOnce)) yield* messages
  }
}

function failed({ topic, partition }: FetchRequest, error: KafkaError | null, throttle = 0): FetchResponse {
  return {
    throttle,
    topic,
    partition,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    error,
    records: new RecordReader(),
    nextOffset: -1,
  }
}
