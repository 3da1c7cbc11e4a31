import type { DurationStats, SummaryStats } from '../base/summary.ts'
import type { MessageSource } from './message-source.ts'
import type { Position } from './position.ts'

/** How a partition is read. */
export interface PartitionStats {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** Of the next message; FirstOffset or LastOffset until it is known where that is. */
  offset: number
  /** Messages from there to the end; −1 before that was heard of. */
  lag: number
  /** Whether it is not read at present, as `pause` has it. */
  paused: boolean
}

/** A partition that can't be read at present. */
export interface PartitionTrouble {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** What it failed with last. */
  error: unknown
  /** When it began to fail. */
  since: Date
  /** In a row. */
  failures: number
}

/** What a Reader did since the last snapshot, and how it stands. Times are milliseconds. */
export interface ReaderStats {
  /** Connections opened for fetching. */
  dials: number
  /** Fetches answered. */
  fetches: number
  /** @deprecated The same as `fetches`; kafka-go has it for the sake of a typo in a metric's name. */
  deprecatedFetchesWithTypo: number
  /** Messages read. */
  messages: number
  /** Of record batches, as they came over the wire. */
  bytes: number
  /** Times a partition's leader moved, or the group was divided anew. */
  rebalances: number
  /** Those of `errors` for which time had run out. */
  timeouts: number
  /** Failures of reading a partition, each of them; most are tried again. */
  errors: number
  /** How long those took. */
  dialTime: DurationStats
  /** From a fetch sent to its answer. */
  readTime: DurationStats
  /** That reads waited for a message to come. */
  waitTime: DurationStats
  /** Messages an answer held. */
  fetchSize: SummaryStats
  /** Bytes of record batches an answer held. */
  fetchBytes: SummaryStats
  /** Of the next message; −1 in a group, and where several partitions are read. */
  offset: number
  /** Messages from there to the end, of all partitions read; −1 in a group. */
  lag: number
  /** What is being read: in a group, the partitions this member has. */
  partitions: PartitionStats[]
  /** Those of them that can't be read at present. */
  troubles: PartitionTrouble[]
  /** The setting, in bytes. */
  minBytes: number
  /** The setting, in bytes. */
  maxBytes: number
  /** The setting, in milliseconds. */
  maxWait: number
  /** Messages fetched and not read yet. */
  queueLength: number
  /** 0: bounded by bytes alone. */
  queueCapacity: number
  /** What the reader calls itself. */
  clientId: string
  /** The topic that is read; of several, with commas between. */
  topic: string
  /** '-1' in a group, and where all partitions are read. */
  partition: string
}

/** How each partition stands. */
export function describe(
  positions: Iterable<Position>,
  source: MessageSource,
): Pick<ReaderStats, 'partitions' | 'troubles'> {
  const partitions: PartitionStats[] = []
  const troubles: PartitionTrouble[] = []
  for (const position of positions) {
    const { topic, partition, state, failing } = position
    const offset = source.next(position)
    partitions.push({ topic, partition, offset, lag: position.lag(offset), paused: state === 'paused' })
    if (failing === undefined) continue
    const { error, failures, sinceTime } = failing
    troubles.push({ topic, partition, error, since: new Date(sinceTime), failures })
  }
  return { partitions, troubles }
}
