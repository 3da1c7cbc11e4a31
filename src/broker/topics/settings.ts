import type { Configs } from '../configs/configs.ts'

/** What a partition needs to know of its topic's configs, read once. */
export interface TopicSettings {
  /** Infinity where nothing goes for being too much, or too old: in a topic that is compacted only. */
  readonly retentionBytes: number
  readonly retentionMs: number
  /** By how much the last record of a segment may be later than its first. */
  readonly segmentMs: number
  readonly minDirtyRatio: number
  readonly minCompactionLagMs: number
  /** How long a record stays that says that its key is gone. */
  readonly deleteRetentionMs: number
  readonly segmentBytes: number
  readonly maxMessageBytes: number
  /** What a compressed batch may become. */
  readonly maxDecompressedBytes: number
  readonly appendTime: boolean
  readonly compacted: boolean
  readonly timestampBefore: number
  readonly timestampAfter: number
  readonly minInsyncReplicas: number
  /** Whether a replica that is not in sync may lead, rather than none. */
  readonly uncleanElection: boolean
}

const smallestSegment = 4096
/** Whatever a topic's configs say, which any client may set: it is done in one turn. */
const mostDecompressed = 16 * 1024 * 1024

/** The largest segment where all logs together keep so many bytes. */
export function largestSegment(maxBytes: number): number {
  return Math.max(smallestSegment, Math.min(1024 * 1024, Math.floor(maxBytes / 16)))
}

export function settingsOf(configs: Configs, largestSegment: number): TopicSettings {
  const deletes = configs.get('cleanup.policy').includes('delete')
  const retentionBytes = deletes ? configs.number('retention.bytes') : -1
  const retentionMs = deletes ? configs.number('retention.ms') : -1
  const eighth = retentionBytes < 0 ? largestSegment : Math.max(smallestSegment, Math.floor(retentionBytes / 8))
  return {
    retentionBytes: retentionBytes < 0 ? Number.POSITIVE_INFINITY : retentionBytes,
    retentionMs: retentionMs < 0 ? Number.POSITIVE_INFINITY : retentionMs,
    segmentMs: configs.number('segment.ms'),
    minDirtyRatio: configs.number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: configs.number('min.compaction.lag.ms'),
    deleteRetentionMs: configs.number('delete.retention.ms'),
    segmentBytes: Math.min(largestSegment, eighth, configs.number('segment.bytes')),
    maxMessageBytes: configs.number('max.message.bytes'),
    maxDecompressedBytes: Math.min(configs.number('max.decompressed.message.bytes'), mostDecompressed),
    appendTime: configs.get('message.timestamp.type') === 'LogAppendTime',
    compacted: configs.get('cleanup.policy').includes('compact'),
    timestampBefore: configs.number('message.timestamp.before.max.ms'),
    timestampAfter: configs.number('message.timestamp.after.max.ms'),
    minInsyncReplicas: configs.number('min.insync.replicas'),
    uncleanElection: configs.get('unclean.leader.election.enable').toLowerCase() === 'true',
  }
}
