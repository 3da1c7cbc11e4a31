import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { DeleteRecords } from '../protocol/delete-records.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsByTopic } from './nested.ts'

/** What `deleteRecords` of a Client is asked. */
export interface DeleteRecordsRequest extends Addressed {
  /** By topic, where each partition is to begin. */
  topics: Readonly<Record<string, readonly RecordsToDelete[]>>
  /** Milliseconds that a leader may wait for its replicas. Default 10,000, or half of the client's timeout. */
  timeout?: number
}

export const deleteRecordsSettings: SettingKinds<DeleteRecordsRequest> = {
  addr: 'any',
  topics: 'object!',
  timeout: 'number',
}

/** Where one partition is to begin. */
export interface RecordsToDelete {
  /** The number of the partition. */
  partition: number
  /** The first that stays; 'latest': all that the partition has are deleted. */
  beforeOffset: number | 'latest'
}

const recordsFields: SettingKinds<RecordsToDelete> = { partition: 'number!', beforeOffset: 'any!' }

/** What `deleteRecords` of a Client answers. */
export interface DeleteRecordsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** What came of each partition, by topic. */
  topics: Record<string, DeleteRecordsPartition[]>
}

/** What came of one partition. */
export interface DeleteRecordsPartition {
  /** The number of the partition. */
  partition: number
  /** The partition's first offset now; −1 upon an error. */
  lowWatermark: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

const replicaTimeout = 10_000

export async function deleteRecords(
  caller: Caller,
  request: DeleteRecordsRequest,
  options: CallOptions,
): Promise<DeleteRecordsResponse> {
  const { timeout = caller.brokerTimeout(replicaTimeout) } = request
  const topics = itemsByTopic('a partition of deleteRecords()', request.topics, recordsFields).map(
    ([name, records]) => ({
      name,
      partitions: records.map(({ partition, beforeOffset }) => ({
        partitionIndex: partition,
        offset: typeof beforeOffset === 'number' ? beforeOffset : oneOf('beforeOffset', beforeOffset, { latest: -1 }),
      })),
    }),
  )
  const response = await caller.send(
    request,
    DeleteRecords,
    { topics, timeoutMs: timeout },
    { ...options, waits: timeout },
  )
  const deleted = response.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, lowWatermark, errorCode }) => ({
      partition: partitionIndex,
      lowWatermark: errorCode === 0 ? lowWatermark : -1,
      error: errorAbout(`${name}/${partitionIndex}`, errorCode),
    })),
  ])
  return { throttle: response.throttleTimeMs, topics: Object.fromEntries(deleted) }
}
