import { expect, test } from 'vitest'
import { zeroUuid } from '../../src/bytes/reader.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { CreateDelegationToken } from '../../src/protocol/create-delegation-token.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { apis } from '../../src/protocol/registry.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { defaultOf } from '../../src/schema/defaults.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { batch, open } from './open.ts'

const name = 't'

/** Of each API one thing, or one there is not, asked for by a request that names it. */
const asked = (version: number, topicId: string): Readonly<Record<string, object>> => ({
  Produce: {
    acks: -1,
    topicData: [{ ...(version >= 13 ? { topicId } : { name }), partitionData: [{ index: 0, records: batch() }] }],
  },
  Fetch: {
    topics: [
      {
        ...(version >= 13 ? { topicId } : { topic: name }),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }],
      },
    ],
  },
  ListOffsets: { replicaId: -1, topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }] },
  Metadata: { topics: [{ name }, { name: 'missing' }], allowAutoTopicCreation: true },
  OffsetCommit: {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    topics: [
      {
        ...(version >= 10 ? { topicId } : { name }),
        partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }],
      },
    ],
  },
  OffsetFetch: { groupId: 'g', topics: [{ name, partitionIndexes: [0] }], groups: [{ groupId: 'g', topics: null }] },
  FindCoordinator: { key: 'g', coordinatorKeys: ['g'] },
  Heartbeat: { groupId: 'g' },
  LeaveGroup: { groupId: 'g', ...(version >= 3 && { members: [{ memberId: 'm' }] }) },
  SyncGroup: { groupId: 'g', protocolType: 'consumer', protocolName: 'range' },
  DescribeGroups: { groups: ['g'] },
  CreateTopics: {
    topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    validateOnly: true,
  },
  DeleteTopics: version >= 6 ? { topics: [{ name: 'missing', topicId: zeroUuid }] } : { topicNames: ['missing'] },
  DeleteRecords: { topics: [{ name, partitions: [{ partitionIndex: 0, offset: 0 }] }] },
  InitProducerId: { transactionalId: 'x', transactionTimeoutMs: 1000 },
  OffsetForLeaderEpoch: { replicaId: -1, topics: [{ topic: name, partitions: [{ partition: 0, leaderEpoch: 0 }] }] },
  AddPartitionsToTxn:
    version < 4
      ? { v3AndBelowTransactionalId: 'x', v3AndBelowTopics: [{ name, partitions: [0] }] }
      : {
          transactions: [
            { transactionalId: 'x', producerId: 1n, producerEpoch: 0, topics: [{ name, partitions: [0] }] },
          ],
        },
  AddOffsetsToTxn: { transactionalId: 'x', groupId: 'g' },
  EndTxn: { transactionalId: 'x' },
  TxnOffsetCommit: {
    transactionalId: 'x',
    groupId: 'g',
    topics: [
      {
        ...(version >= 6 ? { topicId } : { name }),
        partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }],
      },
    ],
  },
  DescribeConfigs: { resources: [{ resourceType: 2, resourceName: name, configurationKeys: null }] },
  AlterConfigs: { resources: [{ resourceType: 2, resourceName: name, configs: [] }], validateOnly: true },
  IncrementalAlterConfigs: { resources: [{ resourceType: 2, resourceName: name, configs: [] }], validateOnly: true },
  CreatePartitions: { topics: [{ name, count: 2, assignments: null }], validateOnly: true },
  DeleteGroups: { groupsNames: ['g'] },
  OffsetDelete: { groupId: 'g', topics: [{ name, partitions: [{ partitionIndex: 0 }] }] },
  DescribeProducers: { topics: [{ name, partitionIndexes: [0] }] },
  DescribeTransactions: { transactionalIds: ['x'] },
  DescribeTopicPartitions: { topics: [{ name }], responsePartitionLimit: 10 },
  CreateAcls: {
    creations: [
      { resourceType: 2, resourceName: 'r', principal: 'User:r', host: '*', operation: 3, permissionType: 3 },
    ],
  },
  DescribeAcls: { resourceTypeFilter: 1, patternTypeFilter: 3, operation: 1, permissionType: 1 },
  DeleteAcls: {
    filters: [
      {
        resourceTypeFilter: 1,
        patternTypeFilter: 3,
        resourceNameFilter: null,
        principalFilter: 'User:r',
        hostFilter: null,
        operation: 1,
        permissionType: 1,
      },
    ],
  },
  DescribeClientQuotas: { components: [{ entityType: 'user', matchType: 2, match: null }] },
  AlterClientQuotas: {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'u' }],
        ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
      },
    ],
  },
  DescribeUserScramCredentials: { users: [{ name: 'missing' }] },
  AlterUserScramCredentials: { deletions: [{ name: 'missing', mechanism: 1 }] },
  DescribeLogDirs: { topics: null },
  AlterReplicaLogDirs: { dirs: [{ path: '/', topics: [{ name, partitions: [0] }] }] },
  CreateDelegationToken: { renewers: [{ principalType: 'User', principalName: 'r' }], maxLifetimeMs: -1 },
  DescribeDelegationToken: { owners: null },
  RenewDelegationToken: { hmac: new Uint8Array(1) },
  ExpireDelegationToken: { hmac: new Uint8Array(1) },
  AlterPartitionReassignments: { topics: [{ name, partitions: [{ partitionIndex: 0, replicas: [1] }] }] },
  ListPartitionReassignments: { topics: [{ name, partitionIndexes: [0] }] },
  ElectLeaders: { topicPartitions: [{ topic: name, partitions: [0] }] },
  DescribeQuorum: { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
  UpdateFeatures: {
    featureUpdates: [{ feature: 'transaction.version', maxVersionLevel: 2, allowDowngrade: false, upgradeType: 1 }],
  },
})

// Asked elsewhere: they come in turn, or wait for others.
const unasked: readonly AnyApi[] = [SaslHandshake, SaslAuthenticate, ApiVersions, JoinGroup, SyncGroup]

async function logIn(connection: BrokerConnection, user: string): Promise<void> {
  await connection.request(SaslHandshake, { mechanism: 'PLAIN' })
  const { errorCode } = await connection.request(SaslAuthenticate, { authBytes: utf8(`\0${user}\0secret`) })
  expect(errorCode).toBe(0)
}

/** What was not answered, and how much was. */
async function outcome(user: 'admin' | 'nobody'): Promise<{ unanswered: string[]; answered: number }> {
  const { connect } = open({
    users: { admin: 'secret', nobody: 'secret' },
    superUsers: ['User:admin'],
    topics: [{ name }],
  })
  const newConnection = async (): Promise<BrokerConnection> => {
    const connection = await connect()
    await logIn(connection, user)
    return connection
  }
  let connection = await newConnection()
  await connection.request(CreateDelegationToken, { renewers: [], maxLifetimeMs: -1 }, { version: 3 })
  const { apiKeys } = await connection.request(ApiVersions, { clientSoftwareName: 'a', clientSoftwareVersion: '1' })
  const admin = await connect()
  await logIn(admin, 'admin')
  const { topicId } = (await admin.request(Metadata, { topics: [{ name }] })).topics[0]!
  const unanswered: string[] = []
  let answered = 0
  for (const api of apis) {
    const offer = apiKeys.find(({ apiKey }) => apiKey === api.key)
    if (offer === undefined || unasked.includes(api)) continue
    const first = Math.max(api.minVersion, offer.minVersion, api === Produce ? 3 : 0)
    for (let version = first; version <= Math.min(api.maxVersion, offer.maxVersion); version++) {
      const request = { ...(defaultOf(api.request) as object), ...asked(version, topicId)[api.name] }
      try {
        await connection.request<AnyApi>(api, request as never, { version })
        answered++
      } catch (error) {
        unanswered.push(`${api.name} v${version}: ${String(error)}`)
        connection.abort()
        connection = await newConnection()
      }
    }
  }
  return { unanswered, answered }
}

test.each(['admin', 'nobody'] as const)('every version of every API is answered to %s', async user => {
  const { unanswered, answered } = await outcome(user)
  expect(unanswered).toEqual([])
  expect(answered).toBeGreaterThan(150)
})
