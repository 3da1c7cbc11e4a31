import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport, rejections } = fixture()
const client: Anything = new Client({ addr: broker.addresses, transport })
const group = { groupId: 'g', memberId: 'm', generationId: 1 }
const transaction = { transactionalId: 'x', producerId: 1n, producerEpoch: 0 }
const uuid = 'AAAAAAAAAAAAAAAAAAAAAQ'
const topic = { resourceType: 'topic', resourceName: 't' }
const rule = { resourceType: 'topic', operation: 'read', permissionType: 'allow' }

/** Each method of a Client, and a request that it takes. */
const requests: Record<string, Anything> = {
  produce: { topic: 't', partition: 0, records: [{ value: 'x' }] },
  rawProduce: { topic: 't', partition: 0, rawRecords: new Uint8Array(1) },
  fetch: { topic: 't', partition: 0, offset: 0 },
  metadata: {},
  createTopics: { topics: [{ topic: 'made' }] },
  deleteTopics: { topics: ['made'] },
  listOffsets: { topics: { t: [{ partition: 0, timestamp: -1 }] } },
  offsetCommit: { groupId: 'g', topics: { t: [{ partition: 0, offset: 0 }] } },
  offsetFetch: { groupId: 'g' },
  consumerOffsets: { topic: 't', groupId: 'g' },
  apiVersions: {},
  findCoordinator: { key: 'g' },
  initProducerId: {},
  joinGroup: { groupId: 'g', protocols: [{ name: 'range', metadata: { topics: ['t'] } }] },
  syncGroup: { ...group, protocolName: 'range' },
  heartbeat: group,
  leaveGroup: { groupId: 'g', members: [{ id: 'm' }] },
  listGroups: {},
  describeGroups: { groupIds: ['g'] },
  deleteGroups: { groupIds: ['g'] },
  offsetDelete: { groupId: 'g', topics: { t: [0] } },
  addPartitionsToTxn: { ...transaction, topics: { t: [{ partition: 0 }] } },
  addOffsetsToTxn: { ...transaction, groupId: 'g' },
  txnOffsetCommit: { ...transaction, groupId: 'g', topics: { t: [{ partition: 0, offset: 0 }] } },
  endTxn: { ...transaction, committed: true },
  createPartitions: { topics: [{ name: 't', count: 3 }] },
  electLeaders: {},
  describeConfigs: { resources: [topic] },
  alterConfigs: { resources: [{ ...topic, configs: [{ name: 'retention.ms', value: '1' }] }] },
  incrementalAlterConfigs: { resources: [{ ...topic, configs: [{ name: 'retention.ms', value: '1' }] }] },
  listConfigResources: {},
  createAcls: { acls: [{ ...rule, resourceName: 't', principal: 'User:alice' }] },
  describeAcls: {},
  deleteAcls: {
    filters: [{ resourceTypeFilter: 'any', resourcePatternTypeFilter: 'any', operation: 'any', permissionType: 'any' }],
  },
  alterClientQuotas: { entries: [{ entities: [{ entityType: 'user' }], ops: [{ key: 'k', value: 1 }] }] },
  describeClientQuotas: {},
  alterUserScramCredentials: { deletions: [{ name: 'alice', mechanism: 'sha256' }] },
  describeUserScramCredentials: {},
  alterPartitionReassignments: { topic: 't', assignments: [{ partitionId: 0, brokerIds: null }] },
  listPartitionReassignments: {},
  describeTopicPartitions: { topics: ['t'], partitionLimit: 10, cursor: null },
  deleteRecords: { topics: { t: [{ partition: 0, beforeOffset: 0 }] } },
  listTransactions: { states: ['Ongoing'], producerIds: [1n] },
  describeTransactions: { transactionalIds: ['x'] },
  describeProducers: { topics: { t: [0] } },
  describeCluster: {},
  describeFeatures: {},
  updateFeatures: { updates: [{ feature: 'metadata.version', level: 1 }] },
  getTelemetrySubscriptions: {},
  unregisterBroker: { brokerId: 9 },
  describeQuorum: {},
  addRaftVoter: { voterId: 9, voterDirectoryId: uuid, listeners: [{ name: 'C', host: 'h', port: 1 }] },
  removeRaftVoter: { voterId: 9, voterDirectoryId: uuid },
  describeLogDirs: { brokerIds: [1], topics: { t: [0] } },
  alterReplicaLogDirs: { replicas: [{ brokerId: 1, topic: 't', partition: 0, path: '/x' }] },
  createDelegationToken: { owner: { name: 'alice' }, renewers: [{ name: 'bob' }] },
  renewDelegationToken: { hmac: new Uint8Array(1) },
  expireDelegationToken: { hmac: new Uint8Array(1) },
  describeDelegationTokens: { owners: [{ name: 'alice' }] },
  describeConsumerGroups: { groupIds: ['g'] },
  describeStreamsGroups: { groupIds: ['g'] },
  describeShareGroups: { groupIds: ['g'] },
  describeShareGroupOffsets: { groups: [{ groupId: 'g', topics: { t: [0] } }] },
  alterShareGroupOffsets: { groupId: 'g', topics: { t: [{ partition: 0, startOffset: 0 }] } },
  deleteShareGroupOffsets: { groupId: 'g', topics: ['t'] },
  topicOffsets: { topics: ['t'] },
  groupLag: { groupIds: ['g'] },
  resetOffsets: { groupId: 'g', topics: { t: [0] }, to: 'earliest' },
  waitForTopic: { topic: 't' },
}
const values: Anything[] = [
  null,
  5,
  'text',
  true,
  [],
  [5],
  () => {},
  Symbol('s'),
  10n,
  new Map(),
  {},
  Number.NaN,
  [null],
  { a: 1 },
  [{}],
]

test('the list above is complete', () => {
  const methods = Object.getOwnPropertyNames(Client.prototype).filter(
    name => !['constructor', 'close', 'roundTrip'].includes(name),
  )
  expect(Object.keys(requests).sort()).toEqual(methods.sort())
})

test.each(Object.keys(requests))(
  '%s refuses fields it does not know, options that are none, and what comes after them',
  async name => {
    const request = requests[name]
    await expect(client[name]({ ...request, nothing: 1 })).rejects.toThrow(
      new RegExp(`^nothing is no setting of ${name}\\(\\)`),
    )
    await expect(client[name](request, { timeout: 5 })).rejects.toThrow(ConfigError)
    await expect(client[name](request, new AbortController().signal)).rejects.toThrow(
      /its last argument is { signal }, not \[object AbortSignal\]/,
    )
    await expect(client[name](request, { signal: new AbortController() })).rejects.toThrow(/must be an AbortSignal/)
    await expect(client[name](request, {}, 5)).rejects.toThrow(/was given 1 argument/)
    await expect(client[name](request, undefined, undefined)).rejects.toThrow(/was given 1 argument/)
  },
)

test.each(Object.keys(requests))(
  '%s: what is wrong with any field is told in our words, never by an error from inside',
  async name => {
    const wrong = [
      ...values,
      ...Object.keys(requests[name]).flatMap(field => values.map(value => ({ ...requests[name], [field]: value }))),
    ]
    for (const request of [undefined, ...wrong]) {
      const error = await client[name](request, { signal: AbortSignal.timeout(2000) }).catch((error: unknown) => error)
      if (error instanceof Error)
        expect({ request, error: error.name }).not.toMatchObject({
          error: expect.stringMatching(/^(Type|Range|Reference)?Error$/),
        })
    }
    expect(rejections).toEqual([])
  },
)
