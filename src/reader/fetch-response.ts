import { messageOf, ProtocolError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, type KafkaError } from '../protocol/errors.ts'
import type { Fetch } from '../protocol/fetch.ts'
import { IsolationLevel } from '../protocol/offsets.ts'
import { AbortedTransactions } from '../records/aborted.ts'
import { type RecordBatch, scanBatches } from '../records/record-batch.ts'
import { unreadable } from '../records/unreadable.ts'
import type { LeaderHint } from '../transport/layout.ts'
import { isMoved } from '../transport/moved.ts'
import type { ToldPartition } from './fetch-request.ts'
import type { AskedPartitions } from './fetch-session.ts'
import type { LogOffset } from './log-offset.ts'
import type { Position } from './position.ts'

type Response = ResponseOf<typeof Fetch>
type PartitionAnswer = Response['responses'][number]['partitions'][number]

/** A batch to hand out. */
export interface TakenBatch {
  readonly batch: RecordBatch
  /** Records before this offset are not asked for. */
  readonly from: number
  /** Behind it, and behind what follows in the answer and holds nothing to hand out. */
  next: number
}

type Told = Pick<ToldPartition, 'position' | 'era' | 'currentLeaderEpoch'>

/** What an answer says of one position. */
export type FetchOutcome = Told &
  (
    | {
        readonly kind: 'fetched'
        readonly batches: readonly TakenBatch[]
        /** Up to here is nothing to hand out before the first batch. */
        readonly passed: number
        readonly offset: number
        readonly leaderEpoch: number
        /** Leader epochs that began in between. */
        readonly epochs: readonly LogOffset[]
        /** One past the last offset readable. */
        readonly end: number
        /** One past the last offset there is. */
        readonly highWatermark: number
        /** Bytes of the largest batch; 0 for none. */
        readonly largest: number
      }
    /** The leader's log parted from what was read: it has the same up to here. */
    | { readonly kind: 'parted'; readonly offset: number; readonly leaderEpoch: number }
    /** The leader knows a replica that is nearer. */
    | { readonly kind: 'nearer'; readonly replica: number }
    | { readonly kind: 'outOfRange' }
    | { readonly kind: 'moved'; readonly error: KafkaError; readonly hint: LeaderHint }
    | { readonly kind: 'failed'; readonly error: unknown }
  )

/** Reads an answer for the positions it was asked for. Throws what the whole answer fails with. */
export function readResponse(
  response: Response,
  asked: AskedPartitions,
  isolationLevel: IsolationLevel,
  brokerId: number,
): FetchOutcome[] {
  const error = errorFor(response.errorCode)
  if (error !== null) throw error
  const outcomes: FetchOutcome[] = []
  for (const topic of response.responses) {
    for (const answer of topic.partitions) {
      const told = asked.take(topic, answer.partitionIndex)
      if (told === undefined || told.position.era !== told.era) continue
      const { position, era, currentLeaderEpoch } = told
      const outcome = readPartition(position, answer, isolationLevel, response.nodeEndpoints)
      outcomes.push({ position, era, currentLeaderEpoch, ...outcome })
    }
  }
  for (const { position, era, currentLeaderEpoch } of asked.leftOut()) {
    const error = new ProtocolError(`broker ${brokerId} left ${position.name} out of its answer to a fetch`)
    outcomes.push({ position, era, currentLeaderEpoch, kind: 'failed', error })
  }
  return outcomes
}

type PartitionOutcome = FetchOutcome extends infer Each ? (Each extends Told ? Omit<Each, keyof Told> : never) : never

function readPartition(
  position: Position,
  answer: PartitionAnswer,
  isolationLevel: IsolationLevel,
  endpoints: LeaderHint['endpoints'],
): PartitionOutcome {
  const error = errorFor(answer.errorCode, position.name)
  if (error?.code === ErrorCode.OffsetOutOfRange) return { kind: 'outOfRange' }
  if (error !== null && isMoved(error.code))
    return { kind: 'moved', error, hint: { ...answer.currentLeader, endpoints } }
  if (error !== null) return { kind: 'failed', error }
  if (answer.preferredReadReplica >= 0) return { kind: 'nearer', replica: answer.preferredReadReplica }
  const committed = isolationLevel === IsolationLevel.ReadCommitted
  const end = committed && answer.lastStableOffset >= 0 ? answer.lastStableOffset : answer.highWatermark
  const { epoch: leaderEpoch, endOffset } = answer.divergingEpoch
  // Only who says what epoch was read last asks for it.
  if (endOffset >= 0 && position.leaderEpoch >= 0) {
    const place = position.partsAt({ offset: endOffset, leaderEpoch })
    if (place !== undefined) return { kind: 'parted', ...place }
    // A leader that wrote nothing leaves no trace of its epoch.
    const { offset } = position
    const { highWatermark } = answer
    return {
      kind: 'fetched',
      batches: [],
      epochs: [],
      passed: offset,
      offset,
      leaderEpoch,
      end,
      highWatermark,
      largest: 0,
    }
  }
  try {
    return takeBatches(position, answer, end, committed)
  } catch (error) {
    return { kind: 'failed', error }
  }
}

/** What is to be handed out. Throws a ProtocolError for records that can't be. */
function takeBatches(position: Position, answer: PartitionAnswer, end: number, committed: boolean): PartitionOutcome {
  const { records, abortedTransactions, highWatermark } = answer
  const asked = position.offset
  const scanned = records === null ? [] : scan(position, records)
  const aborted = committed && abortedTransactions !== null ? new AbortedTransactions(abortedTransactions) : null
  const batches: TakenBatch[] = []
  const epochs: LogOffset[] = []
  let largest = 0
  let passed = asked
  let offset = asked
  let leaderEpoch = position.leaderEpoch
  for (const batch of scanned) {
    largest = Math.max(largest, batch.end - batch.start)
    const left = aborted?.covers(batch) ?? false
    // Brokers answer whole batches: the first may begin before the offset asked for.
    if (batch.lastOffset < offset) continue
    const next = batch.lastOffset + 1
    if (!batch.isControl && !left && batch.count > 0) batches.push({ batch, from: offset, next })
    else if (batches.length > 0) batches[batches.length - 1]!.next = next
    else passed = next
    if (epochs.at(-1)?.leaderEpoch !== batch.leaderEpoch) epochs.push({ offset, leaderEpoch: batch.leaderEpoch })
    offset = next
    leaderEpoch = batch.leaderEpoch
  }
  if (records !== null && records.length > 0 && offset === asked)
    throw unreadable(position.name, asked, records, scanned)
  return { kind: 'fetched', batches, passed, offset, leaderEpoch, epochs, end, highWatermark, largest }
}

/** The batches up to one that is damaged, which is told of when it is reached: then nothing comes before it. */
function scan({ name, offset }: Position, records: Uint8Array): RecordBatch[] {
  const batches: RecordBatch[] = []
  try {
    scanBatches(records, batches)
  } catch (error) {
    const last = batches.at(-1)
    if (last !== undefined && last.lastOffset >= offset) return batches
    throw new ProtocolError(`${name} at offset ${offset}: ${messageOf(error)}`, { cause: error })
  }
  return batches
}
