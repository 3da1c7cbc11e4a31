import type { VersionCap } from '../../src/broker/config.ts'

type Versions = Readonly<Record<string, VersionCap>>

/** What brokers of older releases speak, of what the embedded one does. 3.9.2 and 2.8.2 were asked; 1.1 is from its sources. */
export const releases = {
  '4.4': {},
  '3.9': {
    Produce: 11,
    Fetch: 17,
    ListOffsets: 9,
    Metadata: 12,
    OffsetCommit: 9,
    OffsetFetch: 9,
    ApiVersions: 4,
    InitProducerId: 5,
    EndTxn: 4,
    TxnOffsetCommit: 4,
    DescribeCluster: 1,
    ListTransactions: 1,
    ConsumerGroupHeartbeat: 0,
    ConsumerGroupDescribe: 0,
  },
  '2.8': {
    Produce: 9,
    Fetch: 12,
    ListOffsets: 6,
    Metadata: 11,
    OffsetCommit: 8,
    OffsetFetch: 7,
    FindCoordinator: 3,
    JoinGroup: 7,
    LeaveGroup: 4,
    ListGroups: 4,
    ApiVersions: 3,
    InitProducerId: 4,
    AddPartitionsToTxn: 3,
    AddOffsetsToTxn: 3,
    EndTxn: 3,
    TxnOffsetCommit: 3,
    DescribeCluster: 0,
    ConsumerGroupHeartbeat: null,
    ConsumerGroupDescribe: null,
    DescribeTransactions: null,
    ListTransactions: null,
    DescribeTopicPartitions: null,
  },
  '1.1': {
    Produce: 5,
    Fetch: 7,
    ListOffsets: 2,
    Metadata: 5,
    OffsetCommit: 3,
    OffsetFetch: 3,
    FindCoordinator: 1,
    JoinGroup: 2,
    Heartbeat: 1,
    LeaveGroup: 1,
    SyncGroup: 1,
    DescribeGroups: 1,
    ListGroups: 1,
    ApiVersions: 1,
    CreateTopics: 2,
    DeleteTopics: 1,
    InitProducerId: 0,
    OffsetForLeaderEpoch: null,
    AddPartitionsToTxn: 0,
    AddOffsetsToTxn: 0,
    EndTxn: 0,
    TxnOffsetCommit: 0,
    CreatePartitions: 0,
    IncrementalAlterConfigs: null,
    DescribeCluster: null,
    DescribeProducers: null,
    ConsumerGroupHeartbeat: null,
    ConsumerGroupDescribe: null,
    DescribeTransactions: null,
    ListTransactions: null,
    DescribeTopicPartitions: null,
  },
} as const satisfies Readonly<Record<string, Versions>>

export type Release = keyof typeof releases

/**
 * Whether all that is about a topic names its id: one made anew is told from the one before. 3.9 commits by name, and so
 * a commit under way when the topic is made anew counts for the new one, whoever sent it.
 */
export function namesTopicIds(release: Release): boolean {
  return release === '4.4'
}
