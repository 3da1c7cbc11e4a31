import { ConfigError } from '../base/errors.ts'
import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { ListOffsets, offsetTimes } from '../protocol/list-offsets.ts'
import {
  FirstOffset,
  IsolationLevel,
  type IsolationLevelName,
  LastOffset,
  namedOffsets,
  type OffsetName,
} from '../protocol/offsets.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsByTopic } from './nested.ts'

/** Asks for one offset of a partition: at a time, or at one of the special times. */
export interface OffsetRequest {
  /** The number of the partition. */
  partition: number
  /**
   * Milliseconds since 1970, or FirstOffset, LastOffset, −3 for the record with the largest timestamp (KIP-734), or
   * these by name. Of tiered storage (KIP-405, KIP-1005, KIP-1023): 'earliest_local' (−4), 'latest_tiered' (−5) and
   * 'earliest_pending_upload' (−6). A broker too old to know one is a ProtocolError.
   */
  timestamp: number | Date | OffsetName | keyof typeof offsetTimes
}

const offsetSettings: SettingKinds<OffsetRequest> = { partition: 'number!', timestamp: 'any!' }

/** Asks for the first offset that a partition still has. */
export function firstOffsetOf(partition: number): OffsetRequest {
  return { partition, timestamp: FirstOffset }
}

/** Asks for the offset after a partition's last record. */
export function lastOffsetOf(partition: number): OffsetRequest {
  return { partition, timestamp: LastOffset }
}

/** The first offset whose record is not older than this. */
export function timeOffsetOf(partition: number, at: Date): OffsetRequest {
  return { partition, timestamp: at.getTime() }
}

/** What `listOffsets` of a Client is asked. */
export interface ListOffsetsRequest extends Addressed {
  /** What is asked of each partition, by topic. */
  topics: Readonly<Record<string, readonly OffsetRequest[]>>
  /** Read committed: the last offset is the last stable one. Default: read uncommitted. */
  isolationLevel?: IsolationLevel | IsolationLevelName
}

export const listOffsetsSettings: SettingKinds<ListOffsetsRequest> = {
  addr: 'any',
  topics: 'object!',
  isolationLevel: 'any',
}

/** What `listOffsets` of a Client answers. */
export interface ListOffsetsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** By topic, in the order of partitions. */
  topics: Record<string, PartitionOffsets[]>
}

/** The offsets of a partition that were asked for. */
export interface PartitionOffsets {
  /** The number of the partition. */
  partition: number
  /** −1 when not asked for. */
  firstOffset: number
  /** The offset after the last record; −1 when not asked for. */
  lastOffset: number
  /** The first one that is not in tiered storage alone; this and the next two are there if asked for. */
  earliestLocalOffset?: number
  /** The last one in tiered storage; −1 where nothing is. */
  latestTieredOffset?: number
  /** The first one still to be uploaded to it; −1 where nothing is uploaded. */
  earliestPendingUploadOffset?: number
  /** Offsets found by time, with the time asked for; offset −1: no record is that young. */
  offsets: Map<number, Date>
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

export async function listOffsets(
  caller: Caller,
  request: ListOffsetsRequest,
  options: CallOptions,
): Promise<ListOffsetsResponse> {
  const isolationLevel = oneOf(
    'isolationLevel',
    request.isolationLevel ?? IsolationLevel.ReadUncommitted,
    IsolationLevel,
  )
  const found = new Map<string, Map<number, PartitionOffsets>>()
  const asked = itemsByTopic('an offset of listOffsets()', request.topics, offsetSettings).map(([name, wanted]) => ({
    name,
    rounds: rounds(wanted),
  }))
  for (const { name } of asked) found.set(name, new Map())
  // A request may name a partition once, so that several times of the same partition take several requests.
  const count = Math.max(0, ...asked.map(({ rounds }) => rounds.length))
  const responses = Array.from({ length: count }, async (_, round) => {
    const topics = asked.flatMap(({ name, rounds }) =>
      rounds[round] === undefined ? [] : [{ name, wanted: rounds[round] }],
    )
    const wire = {
      replicaId: -1,
      isolationLevel,
      topics: topics.map(({ name, wanted }) => ({
        name,
        partitions: [...wanted].map(([partitionIndex, timestamp]) => ({ partitionIndex, timestamp })),
      })),
    }
    return {
      wanted: new Map(topics.map(({ name, wanted }) => [name, wanted])),
      response: await caller.send(request, ListOffsets, wire, options),
    }
  })
  let throttle = 0
  for (const { wanted, response } of await Promise.all(responses)) {
    throttle = Math.max(throttle, response.throttleTimeMs)
    for (const { name, partitions } of response.topics) {
      for (const told of partitions) add(name, found.get(name), told, wanted.get(name)?.get(told.partitionIndex))
    }
  }
  const topics = [...found].map(
    ([name, partitions]) => [name, [...partitions.values()].sort((a, b) => a.partition - b.partition)] as const,
  )
  return { throttle, topics: Object.fromEntries(topics) }
}

/** The requests parted so that each part has a partition once. */
function rounds(wanted: readonly OffsetRequest[]): Map<number, number>[] {
  const parts: Map<number, number>[] = []
  for (const { partition, timestamp: given } of wanted) {
    const timestamp = timestampOf(given)
    const free = parts.find(part => !part.has(partition))
    if (free === undefined) parts.push(new Map([[partition, timestamp]]))
    else free.set(partition, timestamp)
  }
  return parts
}

const namedTimes = { ...namedOffsets, ...offsetTimes }

function timestampOf(given: OffsetRequest['timestamp']): number {
  const timestamp = given instanceof Date ? given.getTime() : given
  if (typeof timestamp !== 'number') return oneOf('timestamp', timestamp, namedTimes)
  if (!Number.isSafeInteger(timestamp)) throw new ConfigError(`timestamp must be whole milliseconds, not ${timestamp}`)
  return timestamp
}

interface Told {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly timestamp: number
  readonly offset: number
}

function add(
  topic: string,
  into: Map<number, PartitionOffsets> | undefined,
  told: Told,
  asked: number | undefined,
): void {
  if (into === undefined || asked === undefined) return
  const { partitionIndex: partition, errorCode, offset } = told
  let row = into.get(partition)
  if (row === undefined) {
    row = { partition, firstOffset: -1, lastOffset: -1, offsets: new Map(), error: null }
    into.set(partition, row)
  }
  row.error ??= errorAbout(`${topic}/${partition}`, errorCode)
  if (errorCode !== 0) return
  if (asked === FirstOffset) row.firstOffset = offset
  else if (asked === LastOffset) row.lastOffset = offset
  else if (asked === offsetTimes.earliest_local) row.earliestLocalOffset = offset
  else if (asked === offsetTimes.latest_tiered) row.latestTieredOffset = offset
  else if (asked === offsetTimes.earliest_pending_upload) row.earliestPendingUploadOffset = offset
  else row.offsets.set(offset, new Date(asked >= 0 ? asked : told.timestamp))
}
