import { ProtocolError } from '../base/errors.ts'
import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { OffsetFetch } from '../protocol/offset-fetch.ts'
import type { IsolationLevel, IsolationLevelName } from '../protocol/offsets.ts'
import { inBatches } from './batches.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { listGroups } from './group-admin.ts'
import { lastOffsetOf } from './list-offsets.ts'
import { textsOf } from './nested.ts'
import { type OffsetFetchPartition, offsetFetch } from './offsets.ts'
import { offsetsOf } from './topic-offsets.ts'

/** What `groupLag` of a Client is asked. */
export interface GroupLagRequest extends Addressed {
  /** Default: all groups that are there. */
  groupIds?: readonly string[]
  /** Read committed: records of open transactions are not counted. Default: read uncommitted. */
  isolationLevel?: IsolationLevel | IsolationLevelName
}

export const groupLagSettings: SettingKinds<GroupLagRequest> = {
  addr: 'any',
  groupIds: 'list',
  isolationLevel: 'any',
}

/** What `groupLag` of a Client answers. */
export interface GroupLagResponse {
  /** The groups asked for. */
  groups: GroupLag[]
}

/** How far behind a group is, as far as it stored positions. */
export interface GroupLag {
  /** The group's id. */
  groupId: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Records to read, of all partitions without an error. */
  totalLag: number
  /** By topic, in the order of partitions. */
  topics: Record<string, PartitionLag[]>
}

/** How far behind a group is in one partition. */
export interface PartitionLag {
  /** The number of the partition. */
  partition: number
  /** The offset of the next record to read. */
  committedOffset: number
  /** The offset after the last record; −1 upon an error. */
  lastOffset: number
  /** Records to read; −1 upon an error. */
  lag: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** How far behind groups are, however many. */
export async function groupLag(
  caller: Caller,
  request: GroupLagRequest,
  options: CallOptions,
): Promise<GroupLagResponse> {
  const groupIds = request.groupIds ?? (await allGroups(caller, request, options))
  const asked = [...new Set(textsOf('a group of groupLag()', groupIds))]
  const stored =
    asked.length === 0 ? [] : (await inBatches(asked, ids => positions(caller, request, ids, options))).flat()
  const partitions = new Map<string, Set<number>>()
  for (const { topics } of stored) {
    for (const [topic, its] of Object.entries(topics)) {
      const ids = partitions.get(topic) ?? new Set()
      for (const { partition } of its) ids.add(partition)
      partitions.set(topic, ids)
    }
  }
  const wanted = new Map([...partitions].map(([topic, ids]) => [topic, [...ids]]))
  const found = await offsetsOf(caller, request, wanted, id => [lastOffsetOf(id)], options)
  const ends = new Map([...found].map(([topic, rows]) => [topic, new Map(rows.map(row => [row.partition, row]))]))
  return {
    groups: stored.map(({ groupId, error, topics }) => {
      let totalLag = 0
      const lags = Object.entries(topics).map(([topic, its]) => {
        const rows = its.map(position => {
          const end = ends.get(topic)?.get(position.partition)
          const error = position.error ?? end?.error ?? null
          const lastOffset = end?.lastOffset ?? -1
          const lag = error !== null || lastOffset < 0 ? -1 : Math.max(0, lastOffset - position.committedOffset)
          totalLag += Math.max(0, lag)
          return { partition: position.partition, committedOffset: position.committedOffset, lastOffset, lag, error }
        })
        return [topic, rows.sort((a, b) => a.partition - b.partition)]
      })
      return { groupId, error, totalLag, topics: Object.fromEntries(lags) }
    }),
  }
}

interface Positions {
  readonly groupId: string
  readonly error: KafkaError | null
  readonly topics: Record<string, OffsetFetchPartition[]>
}

async function allGroups(caller: Caller, { addr }: Addressed, options: CallOptions): Promise<string[]> {
  const { groups, error } = await listGroups(caller, { ...(addr !== undefined && { addr }) }, options)
  if (error !== null) throw error
  // Share groups store no positions that could be asked for so.
  return groups.filter(({ groupType }) => groupType !== 'share').map(({ groupId }) => groupId)
}

/** What these groups stored, of all of them at once, or from brokers before Kafka 3.0 one by one. */
async function positions(
  caller: Caller,
  to: Addressed,
  groupIds: readonly string[],
  options: CallOptions,
): Promise<Positions[]> {
  if (groupIds.length > 1) {
    try {
      const groups = groupIds.map(groupId => ({ groupId, topics: null }))
      const response = await caller.send(to, OffsetFetch, { groups }, options)
      return response.groups.map(({ groupId, errorCode, topics }) => ({
        groupId,
        error: errorAbout(`group ${groupId}`, errorCode),
        topics: Object.fromEntries(
          topics.map(({ name, partitions }) => [
            name,
            partitions.map(({ partitionIndex, committedOffset, metadata, errorCode }) => ({
              partition: partitionIndex,
              committedOffset,
              metadata: metadata ?? '',
              error: errorAbout(`group ${groupId}, ${name}/${partitionIndex}`, errorCode),
            })),
          ]),
        ),
      }))
    } catch (error) {
      // An old broker's version can't carry it.
      if (!(error instanceof ProtocolError)) throw error
    }
  }
  const { addr } = to
  return Promise.all(
    groupIds.map(async groupId => {
      const { error, topics } = await offsetFetch(caller, { ...(addr !== undefined && { addr }), groupId }, options)
      return { groupId, error, topics }
    }),
  )
}
