import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { knowsTime, ListOffsets, offsetTimes } from '../../protocol/list-offsets.ts'
import { RecordBatch } from '../../records/record-batch.ts'
import { RecordCursor } from '../../records/record-cursor.ts'
import { deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { readLimit } from '../fetch/fetch-reader.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import { ledPartition } from '../topics/lookup.ts'
import { byTopic, lastOfEach, repeatedKeys } from '../topics/named-once.ts'
import { andThen } from '../turns.ts'

type Request = RequestOf<typeof ListOffsets>
type Asked = Request['topics'][number]['partitions'][number]
type Answer = Omit<
  ResponseInput<typeof ListOffsets>['topics'][number]['partitions'][number],
  'partitionIndex' | 'oldStyleOffsets'
>

const unitsPerPartition = 0.5

export const listOffsets: Handler = handler(ListOffsets, [1, 11], ({ topics, isolationLevel }, context) => {
  const named = byTopic(
    topics,
    ({ name }) => name,
    ({ partitions }) => partitions,
  )
  const asked = named.flatMap(({ topic: { name }, partitions }, at) => {
    const repeated = repeatedKeys(partitions, indexOf)
    const refused = deniedTopic(context, Operation.describe, name)
    return lastOfEach(partitions, indexOf).map(each => ({
      at,
      name,
      each,
      errorCode: refused || (repeated.has(indexOf(each)) ? ErrorCode.InvalidRequest : 0),
    }))
  })
  const found = context.cluster.turns.map(
    asked,
    ({ name, each, errorCode }) => ({
      partitionIndex: each.partitionIndex,
      ...(errorCode !== 0 ? { errorCode } : find(name, each, isolationLevel, context)),
    }),
    unitsPerPartition,
  )
  return andThen(found, answers => {
    const results = named.map(({ topic: { name } }) => ({ name, partitions: [] as (typeof answers)[number][] }))
    for (const [index, { at }] of asked.entries()) results[at]!.partitions.push(answers[index]!)
    return { topics: results }
  })
})

function indexOf({ partitionIndex }: Asked): number {
  return partitionIndex
}

function find(
  name: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: Asked,
  isolationLevel: number,
  context: RequestContext,
): Answer {
  const topic = context.cluster.topics.get(name)
  const partition =
    topic === undefined
      ? ErrorCode.UnknownTopicOrPartition
      : ledPartition(topic, partitionIndex, context, currentLeaderEpoch)
  if (typeof partition === 'number') return { errorCode: partition }
  if (!knowsTime(context.apiVersion, timestamp)) return { errorCode: ErrorCode.UnsupportedVersion }
  const found = (at: number, offset: number): Answer => {
    const leaderEpoch = context.apiVersion >= 4 && offset >= 0 ? partition.epochAt(offset) : -1
    return { errorCode: 0, timestamp: at, offset, leaderEpoch }
  }
  const { log } = partition
  const end = readLimit(partition, isolationLevel)
  // A new leader's replicas may not have yet what those of the last had: the end would go back.
  const behind = partition.epochStart > partition.highWatermark
  if (timestamp === offsetTimes.latest) return behind ? { errorCode: notAvailable(context) } : found(-1, end)
  if (timestamp === offsetTimes.earliest || timestamp === offsetTimes.earliest_local) return found(-1, log.startOffset)
  // Nothing of an embedded broker is in tiered storage.
  if (timestamp === offsetTimes.latest_tiered || timestamp === offsetTimes.earliest_pending_upload) return found(-1, -1)
  const target = timestamp === offsetTimes.max_timestamp ? log.maxTimestamp() : timestamp
  const first =
    target < 0 && timestamp === offsetTimes.max_timestamp ? undefined : firstSince(partition, target, context.cluster)
  if (first === undefined) return found(-1, -1)
  if (first.offset < end) return found(first.timestamp, first.offset)
  return behind ? { errorCode: notAvailable(context) } : found(-1, -1)
}

/** What reading a batch takes: it is not told what it becomes, but not more than so much was taken in. */
function unitsPerBatch({ codec, count }: RecordBatch): number {
  return count / 150 + (codec === 0 ? 0 : 500)
}

function notAvailable({ apiVersion }: RequestContext): number {
  return apiVersion >= 5 ? ErrorCode.OffsetNotAvailable : ErrorCode.LeaderNotAvailable
}

/** The first record of this time or later. */
function firstSince(
  { log }: Partition,
  timestamp: number,
  { codecs, turns }: Cluster,
): { timestamp: number; offset: number } | undefined {
  const cursor = new RecordCursor()
  for (const bytes of log.since(timestamp)) {
    const batch = new RecordBatch(bytes, 0, bytes.length)
    if (batch.lastOffset < log.startOffset) continue
    cursor.reset(batch, codecs)
    turns.spend(unitsPerBatch(batch))
    while (cursor.next())
      if (cursor.timestamp >= timestamp && cursor.offset >= log.startOffset)
        return { timestamp: cursor.timestamp, offset: cursor.offset }
  }
  return undefined
}
