import { ProtocolError } from '../base/errors.ts'
import { array, ignorable, since, until } from '../schema/combinators.ts'
import { int8, int16, int32, int64, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { ErrorCode, errorFor } from './errors.ts'
import { toLeaders } from './route.ts'

/** Times that stand for a place in the log, by name. */
export const offsetTimes = {
  latest: -1,
  earliest: -2,
  /** The record with the largest timestamp (KIP-734). */
  max_timestamp: -3,
  /** The first offset that is not in tiered storage alone (KIP-405). */
  earliest_local: -4,
  /** The last offset in tiered storage (KIP-1005). */
  latest_tiered: -5,
  /** The first offset that is still to be uploaded (KIP-1023). */
  earliest_pending_upload: -6,
} as const

const sinceVersion: Readonly<Record<number, number>> = {
  [offsetTimes.max_timestamp]: 7,
  [offsetTimes.earliest_local]: 8,
  [offsetTimes.latest_tiered]: 9,
  [offsetTimes.earliest_pending_upload]: 11,
}

/** Whether a version knows what a time below 0 stands for: an older broker takes it for a time, and names its first record. */
export function knowsTime(version: number, time: number): boolean {
  return time >= offsetTimes.earliest || version >= (sinceVersion[time] ?? Number.POSITIVE_INFINITY)
}

/** The offset at a time, or at one of the special times, on each partition's leader. */
export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [0, 11],
  flexible: 6,
  route: toLeaders(['topics', 'partitions']),
  repeatable: true,
  ahead: () => true,
  request: {
    replicaId: int32,
    /** 1: latest is the last stable offset. */
    isolationLevel: since(2, int8),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: ignorable(since(4, int32, -1)),
        /**
         * -1 latest, -2 earliest, -3 largest timestamp (v7), -4 earliest local (v8), -5 latest tiered (v9), -6 earliest
         * pending upload (v11).
         */
        timestamp,
        maxNumOffsets: until(0, int32, 1),
      }),
    }),
    /** How long tiered storage may be asked (KIP-1075). */
    timeoutMs: ignorable(since(10, int32)),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        oldStyleOffsets: until(0, array(int64)),
        timestamp: since(1, timestamp, -1),
        /** -1: no record at or after that time. */
        offset: since(1, int64, -1),
        leaderEpoch: since(4, int32, -1),
      }),
    }),
  },
  check({ topics }, version) {
    for (const { partitions } of topics)
      for (const { timestamp } of partitions)
        if (version < (sinceVersion[Number(timestamp)] ?? 0))
          throw new ProtocolError(`the broker does not know what ${timestamp} stands for (ListOffsets v${version})`, {
            cause: errorFor(ErrorCode.UnsupportedVersion),
          })
  },
})
