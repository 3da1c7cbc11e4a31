import { zeroUuid } from '../../src/bytes/reader.ts'
import { AddOffsetsToTxn } from '../../src/protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import { AddRaftVoter } from '../../src/protocol/add-raft-voter.ts'
import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import type { RequestInput } from '../../src/protocol/api.ts'
import { CreateAcls } from '../../src/protocol/create-acls.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteAcls } from '../../src/protocol/delete-acls.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeAcls } from '../../src/protocol/describe-acls.ts'
import { DescribeCluster } from '../../src/protocol/describe-cluster.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { DescribeTopicPartitions } from '../../src/protocol/describe-topic-partitions.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { DescribeUserScramCredentials } from '../../src/protocol/describe-user-scram-credentials.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { ListConfigResources } from '../../src/protocol/list-config-resources.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetDelete } from '../../src/protocol/offset-delete.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/offset-for-leader-epoch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { RemoveRaftVoter } from '../../src/protocol/remove-raft-voter.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'
import { batch, type Peer } from './peer.ts'

type Rule = RequestInput<typeof CreateAcls>['creations'][number]

const topicType = 2
const groupType = 3
const clusterType = 4
const transactionalIdType = 5
// Of configs, which have numbers of their own.
const metricsType = 16
const groupConfigType = 32
const literal = 3
const prefixed = 4
const any = 1
const match = 2
const deny = 2
const allow = 3
const operations = { all: 2, read: 3, write: 4, create: 5, delete: 6, alter: 7, describe: 8 } as const
const configOperations = { clusterAction: 9, describeConfigs: 10, alterConfigs: 11, idempotentWrite: 12 } as const
const refused = 29

function rule(resourceType: number, resourceName: string, operation: number, more: Partial<Rule> = {}): Rule {
  return {
    resourceType,
    resourceName,
    resourcePatternType: literal,
    principal: 'User:alice',
    host: '*',
    operation,
    permissionType: allow,
    ...more,
  }
}

const filterOf = (name: string | null, more: object = {}) => ({
  resourceTypeFilter: any,
  resourceNameFilter: name,
  patternTypeFilter: any,
  principalFilter: null,
  hostFilter: null,
  operation: any,
  permissionType: any,
  ...more,
})

/** Rules as they are made, found and deleted, wrong ones too. */
export async function rules(admin: Peer, _alice: Peer, unique: string): Promise<void> {
  const create = (...creations: Rule[]) => admin.ask(CreateAcls, 3, { creations })
  const settled = (count: number) =>
    admin.settle(
      DescribeAcls,
      3,
      filterOf(null, { principalFilter: `User:${unique}` }),
      ({ resources }) => resources.reduce((sum, { acls }) => sum + acls.length, 0) === count,
    )
  const mine = { principal: `User:${unique}` }
  const a = `${unique}-a`
  await create(
    rule(topicType, a, operations.read, mine),
    rule(topicType, a, operations.read, mine),
    rule(topicType, `${unique}-`, operations.write, { ...mine, resourcePatternType: prefixed }),
    rule(topicType, '*', operations.describe, { ...mine, permissionType: deny, host: '10.0.0.1' }),
    rule(groupType, a, operations.all, mine),
    rule(clusterType, 'kafka-cluster', operations.create, mine),
  )
  await settled(5)
  const wrong: Partial<Rule>[] = [
    { resourceName: '' },
    { principal: 'nobody' },
    { principal: '' },
    { principal: 'User:' },
    { principal: ':x' },
    { resourceType: clusterType },
    { operation: configOperations.idempotentWrite, principal: mine.principal },
  ]
  for (const each of wrong) await create(rule(topicType, `${unique}-wrong`, operations.read, { ...mine, ...each }))
  await settled(6)
  const describe = (name: string | null, more: object = {}) =>
    admin.ask(DescribeAcls, 3, filterOf(name, { principalFilter: mine.principal, ...more }))
  await describe(null)
  await describe(a)
  await describe(a, { patternTypeFilter: match })
  await describe(`${unique}-other`, { patternTypeFilter: match })
  await describe(`${unique}-`, { patternTypeFilter: prefixed })
  await describe('*', { patternTypeFilter: match })
  await describe(null, { patternTypeFilter: match, resourceTypeFilter: topicType })
  await describe(null, { operation: operations.all })
  await describe(null, { operation: operations.read })
  await describe(null, { permissionType: deny })
  await describe(null, { hostFilter: '10.0.0.1' })
  await describe(null, { hostFilter: '10.0.0.2' })
  const remove = (...filters: ReturnType<typeof filterOf>[]) => admin.ask(DeleteAcls, 3, { filters })
  await remove(filterOf(a, { principalFilter: mine.principal, operation: operations.delete }))
  await remove(
    filterOf(a, { principalFilter: mine.principal, resourceTypeFilter: topicType }),
    filterOf(null, { principalFilter: mine.principal, operation: operations.read }),
  )
  await settled(5)
  await remove(filterOf(null, { principalFilter: mine.principal }))
  await settled(0)
}

interface Things {
  readonly topic: string
  readonly topicId: string
  readonly missing: string
  readonly group: string
  readonly id: string
  readonly fresh: string
  /** A topic that is there for no longer than one may delete it. */
  readonly doomed: string
  readonly doomedId: string
}

/** A request of each API by who may do some of it. */
async function everything(
  peer: Peer,
  { topic, topicId, missing, group, id, fresh, doomed, doomedId }: Things,
): Promise<void> {
  const both = [topic, missing]
  const records = () => batch(1)
  await peer.ask(Metadata, 12, {
    topics: both.map(name => ({ name })),
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
  })
  await peer.ask(Metadata, 12, { topics: [{ name: fresh }], allowAutoTopicCreation: true })
  await peer.ask(Metadata, 12, { topics: [{ name: null, topicId }], allowAutoTopicCreation: false })
  await peer.ask(DescribeTopicPartitions, 0, {
    topics: both.map(name => ({ name })),
    responsePartitionLimit: 10,
    cursor: null,
  })
  await peer.ask(DescribeCluster, 1, { includeClusterAuthorizedOperations: true, endpointType: 1 })
  const produce = (transactionalId: string | null, bytes: Uint8Array) =>
    peer.ask(Produce, 9, {
      transactionalId,
      acks: -1,
      timeoutMs: 5_000,
      topicData: both.map(name => ({ name, partitionData: [{ index: 0, records: bytes }] })),
    })
  await produce(null, records())
  await produce(id, records())
  await produce(id, batch(1, { producerId: 999_999n, producerEpoch: 0, baseSequence: 0, transactional: true }))
  const fetched = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  await peer.ask(Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: both.map(name => ({ topic: name, partitions: [fetched] })),
  })
  await peer.ask(Fetch, 13, { maxWaitMs: 0, minBytes: 0, topics: [{ topicId, partitions: [fetched] }] })
  await peer.ask(ListOffsets, 7, {
    replicaId: -1,
    topics: both.map(name => ({ name, partitions: [{ partitionIndex: 0, timestamp: -2 }] })),
  })
  await peer.ask(OffsetForLeaderEpoch, 4, {
    replicaId: -1,
    topics: both.map(name => ({ topic: name, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] })),
  })
  await peer.ask(DeleteRecords, 2, {
    topics: both.map(name => ({ name, partitions: [{ partitionIndex: 0, offset: 0 }] })),
    timeoutMs: 5_000,
  })
  await peer.ask(CreateTopics, 7, {
    topics: [
      { name: `${fresh}-made`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ],
    validateOnly: true,
  })
  await peer.ask(CreatePartitions, 3, {
    topics: both.map(name => ({ name, count: 2, assignments: null })),
    timeoutMs: 5_000,
    validateOnly: true,
  })
  await peer.ask(DeleteTopics, 6, {
    topics: [
      { name: missing, topicId: zeroUuid },
      { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAEQ' },
    ],
    timeoutMs: 5_000,
  })
  await peer.ask(DeleteTopics, 6, { topics: [{ name: null, topicId: doomedId }], timeoutMs: 5_000 })
  await peer.ask(DeleteTopics, 6, { topics: [{ name: doomed, topicId: zeroUuid }], timeoutMs: 5_000 })
  const keys = { configurationKeys: ['cleanup.policy'] }
  await peer.ask(DescribeConfigs, 4, {
    resources: [
      ...both.map(resourceName => ({ resourceType: 2, resourceName, ...keys })),
      { resourceType: 4, resourceName: '1', configurationKeys: ['fetch.max.bytes'] },
    ],
  })
  await peer.ask(IncrementalAlterConfigs, 1, {
    resources: both.map(resourceName => ({
      resourceType: 2,
      resourceName,
      configs: [{ name: 'retention.ms', configOperation: 0, value: '1000' }],
    })),
    validateOnly: true,
  })
  await peer.ask(AlterConfigs, 2, {
    resources: both.map(resourceName => ({ resourceType: 2, resourceName, configs: [] })),
    validateOnly: true,
  })
  await peer.ask(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
  await peer.ask(FindCoordinator, 3, { key: group, keyType: 0 })
  await peer.ask(FindCoordinator, 4, { keyType: 1, coordinatorKeys: [id] })
  await peer.ask(DescribeGroups, 6, { groups: [group, `${group}-missing`], includeAuthorizedOperations: true })
  await peer.ask(ListGroups, 5, {})
  await peer.ask(OffsetDelete, 0, {
    groupId: group,
    topics: both.map(name => ({ name, partitions: [{ partitionIndex: 0 }] })),
  })
  const committed = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }
  await peer.ask(OffsetCommit, 8, {
    groupId: group,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: both.map(name => ({ name, partitions: [committed] })),
  })
  await peer.ask(OffsetFetch, 8, {
    groupId: '',
    topics: null,
    groups: [{ groupId: group, topics: both.map(name => ({ name, partitionIndexes: [0] })) }],
  })
  await peer.ask(OffsetFetch, 8, { groupId: '', topics: null, groups: [{ groupId: group, topics: null }] })
  await peer.ask(JoinGroup, 5, {
    groupId: `${group}-joined`,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: 'stranger',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
  })
  await peer.ask(Heartbeat, 4, { groupId: group, generationId: 1, memberId: 'stranger' })
  const stranger = { groupId: group, generationId: 1, memberId: 'stranger', assignments: [] }
  await peer.ask(SyncGroup, 5, { ...stranger, protocolType: 'consumer', protocolName: 'range' })
  await peer.ask(SyncGroup, 5, stranger)
  await peer.ask(LeaveGroup, 5, { groupId: group, members: [{ memberId: 'stranger' }] })
  await peer.ask(DeleteGroups, 2, { groupsNames: [`${group}-missing`] })
  await peer.ask(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
  await peer.ask(InitProducerId, 4, { transactionalId: id, transactionTimeoutMs: 60_000 })
  const producer = { producerId: 999_999n, producerEpoch: 0 }
  await peer.ask(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: id,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: both.map(name => ({ name, partitions: [0] })),
  })
  await peer.ask(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: id,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [{ name: topic, partitions: [0] }],
  })
  await peer.ask(AddOffsetsToTxn, 3, { transactionalId: id, ...producer, groupId: group })
  await peer.ask(EndTxn, 3, { transactionalId: id, ...producer, committed: true })
  await peer.ask(TxnOffsetCommit, 3, {
    transactionalId: id,
    groupId: group,
    ...producer,
    topics: both.map(name => ({ name, partitions: [committed] })),
  })
  await peer.ask(DescribeTransactions, 0, { transactionalIds: [id] })
  await peer.ask(DescribeProducers, 0, { topics: both.map(name => ({ name, partitionIndexes: [0] })) })
  await peer.ask(DescribeAcls, 3, filterOf('nothing'))
  await peer.ask(CreateAcls, 3, { creations: [] })
  await peer.ask(CreateAcls, 3, { creations: [rule(topicType, 't', operations.read, { principal: 'nobody' })] })
  await peer.ask(DeleteAcls, 3, { filters: [filterOf('nothing'), filterOf('nothing')] })
  await peer.ask(DescribeUserScramCredentials, 0, { users: [{ name: 'nobody' }] })
  await peer.ask(AlterUserScramCredentials, 0, { deletions: [{ name: 'nobody', mechanism: 1 }], upsertions: [] })
  await peer.ask(ListTransactions, 1, { stateFilters: [], producerIdFilters: [], durationFilter: -1 })
  await peer.ask(ListConfigResources, 1, { resourceTypes: [7] })
  const voter = { clusterId: null, voterId: 9, voterDirectoryId: zeroUuid }
  await peer.ask(AddRaftVoter, 0, { ...voter, timeoutMs: 1000, listeners: [] })
  await peer.ask(RemoveRaftVoter, 0, voter)
  for (const [resourceType, resourceName, name] of [
    [groupConfigType, group, 'consumer.session.timeout.ms'],
    [metricsType, 'nothing', 'interval.ms'],
    [clusterType, '1', 'message.max.bytes'],
  ] as const) {
    const of = { resourceType, resourceName }
    const configs = [{ name, configOperation: 0, value: '50000' }]
    await peer.ask(IncrementalAlterConfigs, 1, { resources: [{ ...of, configs }], validateOnly: true })
    await peer.ask(DescribeConfigs, 4, { resources: [{ ...of, configurationKeys: [name] }], includeSynonyms: true })
  }
}

/** Each rule by itself: who has it asks for everything. */
export async function rights(admin: Peer, alice: Peer, unique: string): Promise<void> {
  const topic = `${unique}-topic`
  const group = `${unique}-group`
  const id = `${unique}-id`
  const topicId = await admin.topic(topic)
  await admin.group(group)
  await admin.transactions(id)
  await admin.producerIds()
  await admin.settle(
    OffsetCommit,
    8,
    {
      groupId: group,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [
        {
          name: topic,
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }],
        },
      ],
    },
    ({ topics }) => topics[0]!.partitions[0]!.errorCode === 0,
  )
  const { read, write, create, alter, describe } = operations
  const { clusterAction, describeConfigs, alterConfigs, idempotentWrite } = configOperations
  const each = (type: number, name: string, all: readonly number[]): Rule[][] => all.map(one => [rule(type, name, one)])
  const rounds: Rule[][] = [
    [],
    ...each(topicType, topic, [read, write, create, operations.delete, alter, describe, describeConfigs, alterConfigs]),
    ...each(groupType, group, [read, operations.delete, describe, describeConfigs, alterConfigs]),
    ...each(transactionalIdType, id, [write, describe]),
    ...each(clusterType, 'kafka-cluster', [create, operations.delete, alter, describe, describeConfigs, alterConfigs]),
    ...each(clusterType, 'kafka-cluster', [idempotentWrite, clusterAction]),
    [rule(topicType, topic, read), rule(groupType, group, read), rule(transactionalIdType, id, write)],
    [rule(topicType, topic, write), rule(transactionalIdType, id, write)],
    // Whether there is any topic left to write to decides on idempotence (KIP-679).
    [
      rule(topicType, unique, write, { resourcePatternType: prefixed }),
      rule(topicType, unique.slice(0, 3), write, { resourcePatternType: prefixed, permissionType: deny }),
    ],
    [
      rule(topicType, `${unique}-x`, write),
      rule(topicType, `${unique}-x`, write, { principal: 'User:*', permissionType: deny }),
    ],
    [rule(topicType, '*', write), rule(topicType, topic, write, { permissionType: deny })],
    [
      rule(topicType, `${unique}-x`, operations.all),
      rule(topicType, '*', operations.all, { permissionType: deny, host: '10.1.1.1' }),
    ],
    // All of those that are there not, too.
    [
      rule(topicType, unique, operations.all, { resourcePatternType: prefixed }),
      rule(groupType, '*', operations.all),
      rule(transactionalIdType, unique, operations.all, { resourcePatternType: prefixed }),
    ],
    [
      rule(topicType, '*', operations.all),
      rule(topicType, topic, read, { permissionType: deny }),
      rule(groupType, group, operations.all, { permissionType: deny }),
      rule(groupType, '*', operations.all, { principal: 'User:*' }),
    ],
    [rule(topicType, '*', operations.all, { host: '10.1.1.1' }), rule(clusterType, 'kafka-cluster', operations.all)],
  ]
  for (const [round, rules] of rounds.entries()) {
    const marker = `${unique}-marker-${round}`
    const marked = rule(topicType, marker, describe)
    await admin.ask(CreateAcls, 3, { creations: [...rules, marked] })
    const learnt = { topics: [{ name: marker }], allowAutoTopicCreation: false }
    await alice.settle(Metadata, 12, learnt, ({ topics }) => topics[0]!.errorCode !== refused)
    const doomed = `${unique}-doomed-${round}`
    const doomedId = await admin.topic(doomed)
    alice.note(`round ${round}`, rules)
    await everything(alice, {
      topic,
      topicId,
      missing: `${unique}-missing`,
      group,
      id,
      fresh: `${unique}-fresh-${round}`,
      doomed,
      doomedId,
    })
    await admin.ask(DeleteAcls, 3, {
      filters: rules.map(({ resourceType, resourceName, principal, operation, permissionType }) =>
        filterOf(resourceName, {
          resourceTypeFilter: resourceType,
          principalFilter: principal,
          operation,
          permissionType,
        }),
      ),
    })
    await admin.ask(DeleteAcls, 3, { filters: [filterOf(marker)] })
    await alice.settle(Metadata, 12, learnt, ({ topics }) => topics[0]!.errorCode === refused)
  }
}
