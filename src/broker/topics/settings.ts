import type { Configs } from '../configs/configs.ts'

/** What a partition needs to know of its topic's configs, read once. */
export interface TopicSettings {
  readonly retentionBytes: number
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

const largestSegment = 1024 * 1024
const smallestSegment = 4096

export function settingsOf(configs: Configs): TopicSettings {
  const retentionBytes = configs.number('retention.bytes')
  const eighth = retentionBytes < 0 ? largestSegment : Math.max(smallestSegment, Math.floor(retentionBytes / 8))
  return {
    retentionBytes: retentionBytes < 0 ? Number.POSITIVE_INFINITY : retentionBytes,
    segmentBytes: Math.min(largestSegment, eighth, configs.number('segment.bytes')),
    maxMessageBytes: configs.number('max.message.bytes'),
    maxDecompressedBytes: configs.number('max.decompressed.message.bytes'),
    appendTime: configs.get('message.timestamp.type') === 'LogAppendTime',
    compacted: configs.get('cleanup.policy').includes('compact'),
    timestampBefore: configs.number('message.timestamp.before.max.ms'),
    timestampAfter: configs.number('message.timestamp.after.max.ms'),
    minInsyncReplicas: configs.number('min.insync.replicas'),
    uncleanElection: configs.get('unclean.leader.election.enable').toLowerCase() === 'true',
  }
}
