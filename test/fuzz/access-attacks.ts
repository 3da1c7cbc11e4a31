import { AlterClientQuotas } from '../../src/protocol/alter-client-quotas.ts'
import { AlterPartitionReassignments } from '../../src/protocol/alter-partition-reassignments.ts'
import { AlterReplicaLogDirs } from '../../src/protocol/alter-replica-log-dirs.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import { CreateAcls } from '../../src/protocol/create-acls.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteAcls } from '../../src/protocol/delete-acls.ts'
import { DescribeAcls } from '../../src/protocol/describe-acls.ts'
import { DescribeClientQuotas } from '../../src/protocol/describe-client-quotas.ts'
import { DescribeLogDirs } from '../../src/protocol/describe-log-dirs.ts'
import { DescribeTopicPartitions } from '../../src/protocol/describe-topic-partitions.ts'
import { DescribeUserScramCredentials } from '../../src/protocol/describe-user-scram-credentials.ts'
import { ElectLeaders } from '../../src/protocol/elect-leaders.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { ListPartitionReassignments } from '../../src/protocol/list-partition-reassignments.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { UpdateFeatures } from '../../src/protocol/update-features.ts'
import { type Attack, type Fill, frame, short, times, topicName } from './attacks.ts'

const rule = (index: number, more: object = {}) => ({
  resourceType: 2,
  resourceName: topicName(index),
  resourcePatternType: 3,
  principal: 'User:a',
  host: '*',
  operation: 3,
  permissionType: 3,
  ...more,
})
const filter = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const guarded = { superUsers: ['User:ANONYMOUS'] }
/** Everyone is asked for his rights, and nobody has any. */
const denying = { authorizer: true }
const salt = new Uint8Array(1)

const rules = (fill: Fill): Uint8Array => fill(CreateAcls, 3, n => ({ creations: times(n, i => rule(i)) }))

/** On what administrators ask, and on what is asked of access rules. */
export const accessAttacks: readonly Attack[] = [
  { name: 'CreateAcls of many rules', ground: { config: guarded }, frames: fill => [rules(fill)] },
  {
    name: 'CreateAcls of many prefixes of one another',
    ground: { config: guarded },
    frames: fill => [
      fill(
        CreateAcls,
        3,
        n => ({ creations: times(n, i => rule(0, { resourceName: 'x'.repeat(i + 1), resourcePatternType: 4 })) }),
        1000,
      ),
      fill(CreateAcls, 3, n => ({ creations: times(n, i => rule(i)) })),
    ],
  },
  {
    name: 'DescribeAcls of many',
    ground: { config: guarded },
    frames: fill => [rules(fill), frame(DescribeAcls, 3, filter)],
  },
  {
    name: 'DeleteAcls by many filters, of many rules',
    ground: { config: guarded },
    frames: fill => [
      rules(fill),
      fill(DeleteAcls, 3, n => ({ filters: times(n, i => ({ ...filter, resourceNameFilter: `-${short(i)}` })) })),
    ],
  },
  {
    name: 'Metadata with the rights in all of 9,000 topics',
    ground: { topics: 9_000, config: guarded },
    frames: fill => [
      rules(fill),
      frame(Metadata, 12, { topics: null, includeTopicAuthorizedOperations: true, allowAutoTopicCreation: false }),
    ],
  },
  {
    name: 'Metadata of many topics, without rights',
    ground: { config: denying },
    frames: fill => [fill(Metadata, 12, n => ({ topics: times(n, i => ({ name: short(i) })) }))],
  },
  {
    name: 'DescribeTopicPartitions of many topics, without rights',
    ground: { config: denying },
    frames: fill => [fill(DescribeTopicPartitions, 0, n => ({ topics: times(n, i => ({ name: short(i) })) }))],
  },
  {
    name: 'Produce to many topics, without rights',
    ground: { config: denying },
    frames: fill => [
      fill(Produce, 9, n => ({
        transactionalId: null,
        acks: 1,
        timeoutMs: 1000,
        topicData: times(n, i => ({ name: short(i), partitionData: [{ index: 0, records: null }] })),
      })),
    ],
  },
  {
    name: 'Fetch of many topics, without rights',
    ground: { config: denying },
    frames: fill => [
      fill(Fetch, 12, n => ({
        maxWaitMs: 0,
        minBytes: 1,
        topics: times(n, i => ({
          topic: short(i),
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }],
        })),
      })),
    ],
  },
  {
    name: 'CreateTopics of many, without rights',
    ground: { config: denying },
    frames: fill => [
      fill(CreateTopics, 7, n => ({
        topics: times(n, i => ({
          name: short(i),
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        })),
      })),
    ],
  },
  {
    name: 'OffsetCommit of many topics, without rights',
    ground: { config: denying },
    frames: fill => [
      fill(OffsetCommit, 8, n => ({
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: times(n, i => ({
          name: short(i),
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }],
        })),
      })),
    ],
  },
  {
    name: 'AlterUserScramCredentials of many users',
    frames: fill => [
      fill(AlterUserScramCredentials, 0, n => ({
        deletions: [],
        upsertions: times(n, i => ({
          name: short(i),
          mechanism: 2,
          iterations: 4096,
          salt,
          saltedPassword: salt,
        })),
      })),
    ],
  },
  {
    name: 'DescribeUserScramCredentials of users there are not',
    frames: fill => [fill(DescribeUserScramCredentials, 0, n => ({ users: times(n, i => ({ name: short(i) })) }))],
  },
  {
    name: 'AlterClientQuotas of many',
    frames: fill => [
      fill(AlterClientQuotas, 1, n => ({
        entries: times(n, i => ({
          entity: [{ entityType: 'user', entityName: short(i) }],
          ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
        })),
        validateOnly: false,
      })),
      frame(DescribeClientQuotas, 1, { components: [], strict: false }),
    ],
  },
  {
    name: 'AlterClientQuotas of one with many parts',
    frames: fill => [
      fill(AlterClientQuotas, 1, n => ({
        entries: [{ entity: times(n, i => ({ entityType: short(i), entityName: null })), ops: [] }],
        validateOnly: false,
      })),
    ],
  },
  {
    name: 'DescribeLogDirs of all of 9,000 topics',
    ground: { topics: 9_000 },
    frames: () => [frame(DescribeLogDirs, 4, { topics: null })],
  },
  {
    name: 'DescribeLogDirs of one topic again and again',
    ground: { topics: 1, partitions: 9_000 },
    frames: fill => [
      fill(DescribeLogDirs, 4, n => ({ topics: times(n, i => ({ topic: topicName(0), partitions: [i] })) })),
    ],
  },
  {
    name: 'AlterReplicaLogDirs of many',
    frames: fill => [
      fill(AlterReplicaLogDirs, 2, n => ({
        dirs: [{ path: '/', topics: times(n, i => ({ name: short(i), partitions: [0] })) }],
      })),
    ],
  },
  {
    name: 'AlterPartitionReassignments of 9,000 partitions',
    ground: { topics: 1, partitions: 9_000 },
    frames: fill => [
      fill(AlterPartitionReassignments, 0, n => ({
        topics: [{ name: topicName(0), partitions: times(n, i => ({ partitionIndex: i % 9_000, replicas: [1] })) }],
      })),
      frame(ListPartitionReassignments, 0, {}),
    ],
  },
  {
    name: 'AlterPartitionReassignments to very many brokers',
    ground: { topics: 1 },
    frames: fill => [
      fill(AlterPartitionReassignments, 0, n => ({
        topics: [{ name: topicName(0), partitions: [{ partitionIndex: 0, replicas: times(n, i => i) }] }],
      })),
    ],
  },
  {
    name: 'ElectLeaders of all of 9,000 topics',
    ground: { topics: 9_000 },
    frames: () => [frame(ElectLeaders, 2, { electionType: 0, topicPartitions: null })],
  },
  {
    name: 'UpdateFeatures of many',
    frames: fill => [
      fill(UpdateFeatures, 1, n => ({
        featureUpdates: times(n, () => ({ feature: 'transaction.version', maxVersionLevel: 2, upgradeType: 1 })),
      })),
    ],
  },
]
