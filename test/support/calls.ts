import type { Methods } from '../../src/client/families.ts'
import { type Client, ErrorCode, lastOffsetOf } from '../../src/index.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'

/** What there is in the cluster that is asked. Each has its name from `unique`. */
export interface Things {
  /** Of one partition, with a record. */
  readonly topic: string
  /** It stored a position in that. */
  readonly groupId: string
  readonly transactionalId: string
  /** What is not there yet. */
  readonly fresh: string
  readonly brokerId: number
}

interface Sample<Q> {
  request(things: Things): Q
  /**
   * What comes of it for a user without any right: the code of an error, in the answer or thrown; what the answer has
   * where Kafka leaves out what is not to be seen; or `allowed`, where nobody is refused.
   */
  readonly denied: number | object | 'allowed'
  /** Where the embedded broker has what Kafka has with a plugin alone. */
  readonly deniedEmbedded?: 'allowed'
}

const {
  TopicAuthorizationFailed: topicDenied,
  GroupAuthorizationFailed: groupDenied,
  ClusterAuthorizationFailed: clusterDenied,
  TransactionalIDAuthorizationFailed: transactionDenied,
} = ErrorCode

/** A call of each method of the Client: one that is missing here is no program. */
export const calls: { readonly [K in keyof Methods]: Sample<NonNullable<Parameters<Methods[K]>[0]>> } = {
  produce: {
    request: ({ topic }) => ({ topic, partition: 0, records: [{ value: 'x' }] }),
    denied: topicDenied,
  },
  rawProduce: {
    request: ({ topic }) => ({ topic, partition: 0, rawRecords: batch() }),
    denied: topicDenied,
  },
  fetch: {
    request: ({ topic }) => ({ topic, partition: 0, offset: 'first' }),
    denied: topicDenied,
  },
  metadata: { request: ({ topic }) => ({ topics: [topic] }), denied: topicDenied },
  createTopics: {
    request: ({ fresh: topic }) => ({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] }),
    denied: topicDenied,
  },
  deleteTopics: { request: ({ topic }) => ({ topics: [topic] }), denied: topicDenied },
  describeTopicPartitions: {
    request: ({ topic }) => ({ topics: [topic], partitionLimit: 10, cursor: null }),
    denied: topicDenied,
  },
  createPartitions: {
    request: ({ topic: name }) => ({ topics: [{ name, count: 2 }] }),
    denied: topicDenied,
  },
  deleteRecords: {
    request: ({ topic }) => ({ topics: { [topic]: [{ partition: 0, beforeOffset: 'latest' }] } }),
    denied: topicDenied,
  },
  electLeaders: {
    request: ({ topic }) => ({ topic, partitions: [0] }),
    denied: clusterDenied,
  },
  listOffsets: {
    request: ({ topic }) => ({ topics: { [topic]: [lastOffsetOf(0)] } }),
    denied: topicDenied,
  },
  offsetCommit: {
    request: ({ groupId, topic }) => ({ groupId, topics: { [topic]: [{ partition: 0, offset: 0 }] } }),
    denied: groupDenied,
  },
  offsetFetch: { request: ({ groupId }) => ({ groupId }), denied: groupDenied },
  consumerOffsets: {
    request: ({ groupId, topic }) => ({ groupId, topic }),
    denied: topicDenied,
  },
  joinGroup: {
    request: ({ fresh: groupId }) => ({ groupId, protocols: [{ name: 'range', metadata: { topics: [] } }] }),
    denied: groupDenied,
  },
  syncGroup: {
    request: ({ groupId }) => ({ groupId, generationId: 1, memberId: 'm', protocolName: 'range' }),
    denied: groupDenied,
  },
  heartbeat: {
    request: ({ groupId }) => ({ groupId, generationId: 1, memberId: 'm' }),
    denied: groupDenied,
  },
  leaveGroup: {
    request: ({ groupId }) => ({ groupId, members: [{ id: 'm' }] }),
    denied: groupDenied,
  },
  listGroups: { request: () => ({}), denied: { error: null, groups: [] } },
  describeGroups: {
    request: ({ groupId }) => ({ groupIds: [groupId] }),
    denied: groupDenied,
  },
  deleteGroups: { request: ({ groupId }) => ({ groupIds: [groupId] }), denied: groupDenied },
  offsetDelete: {
    request: ({ groupId, topic }) => ({ groupId, topics: { [topic]: [0] } }),
    denied: groupDenied,
  },
  describeConsumerGroups: {
    request: ({ groupId }) => ({ groupIds: [groupId] }),
    denied: groupDenied,
  },
  describeStreamsGroups: {
    request: ({ groupId }) => ({ groupIds: [groupId] }),
    denied: groupDenied,
  },
  describeShareGroups: {
    request: ({ groupId }) => ({ groupIds: [groupId] }),
    denied: groupDenied,
  },
  describeShareGroupOffsets: {
    request: ({ groupId, topic }) => ({ groups: [{ groupId, topics: { [topic]: [0] } }] }),
    denied: groupDenied,
  },
  alterShareGroupOffsets: {
    request: ({ groupId, topic }) => ({ groupId, topics: { [topic]: [{ partition: 0, startOffset: 0 }] } }),
    denied: groupDenied,
  },
  deleteShareGroupOffsets: {
    request: ({ groupId, topic }) => ({ groupId, topics: [topic] }),
    denied: groupDenied,
  },
  apiVersions: { request: () => ({}), denied: 'allowed' },
  findCoordinator: { request: ({ groupId: key }) => ({ key }), denied: groupDenied },
  initProducerId: {
    request: ({ transactionalId }) => ({ transactionalId }),
    denied: transactionDenied,
  },
  addPartitionsToTxn: {
    request: ({ topic, ...things }) => ({ ...producer(things), topics: { [topic]: [{ partition: 0 }] } }),
    denied: transactionDenied,
  },
  addOffsetsToTxn: {
    request: ({ groupId, ...things }) => ({ ...producer(things), groupId }),
    denied: transactionDenied,
  },
  txnOffsetCommit: {
    request: ({ groupId, topic, ...things }) => ({
      ...producer(things),
      groupId,
      topics: { [topic]: [{ partition: 0, offset: 0 }] },
    }),
    // The group's coordinator is looked for first.
    denied: groupDenied,
  },
  endTxn: {
    request: things => ({ ...producer(things), committed: false }),
    denied: transactionDenied,
  },
  listTransactions: {
    request: () => ({ states: ['Ongoing'], producerIds: [1n] }),
    denied: { error: null, transactions: [] },
  },
  describeTransactions: {
    request: ({ transactionalId }) => ({ transactionalIds: [transactionalId] }),
    denied: transactionDenied,
  },
  describeProducers: {
    request: ({ topic }) => ({ topics: { [topic]: [0] } }),
    denied: topicDenied,
  },
  abortTransaction: {
    request: ({ topic }) => ({ topic, partition: 0, producerId: 1n, producerEpoch: 0 }),
    // Its leader is looked for first.
    denied: topicDenied,
  },
  fenceProducers: {
    request: ({ transactionalId }) => ({ transactionalIds: [transactionalId] }),
    denied: transactionDenied,
  },
  forceTerminateTransaction: {
    request: ({ transactionalId }) => ({ transactionalId }),
    denied: transactionDenied,
  },
  describeConfigs: {
    request: ({ topic: resourceName }) => ({ resources: [{ resourceType: 'topic', resourceName }] }),
    denied: topicDenied,
  },
  alterConfigs: {
    request: ({ topic }) => ({ resources: [retention(topic)] }),
    denied: topicDenied,
  },
  incrementalAlterConfigs: {
    request: ({ topic }) => ({ resources: [retention(topic)] }),
    denied: topicDenied,
  },
  listConfigResources: { request: () => ({}), denied: clusterDenied },
  createAcls: {
    request: ({ fresh }) => ({
      acls: [
        {
          resourceType: 'topic',
          resourceName: fresh,
          principal: 'User:eve',
          operation: 'read',
          permissionType: 'allow',
        },
      ],
    }),
    denied: clusterDenied,
  },
  describeAcls: { request: () => ({}), denied: clusterDenied },
  deleteAcls: {
    request: ({ topic }) => ({
      filters: [
        {
          resourceTypeFilter: 'topic',
          resourceNameFilter: topic,
          resourcePatternTypeFilter: 'any',
          operation: 'any',
          permissionType: 'any',
        },
      ],
    }),
    denied: clusterDenied,
  },
  describeClientQuotas: { request: () => ({}), denied: clusterDenied },
  alterClientQuotas: {
    request: ({ fresh: entityName }) => ({
      entries: [{ entities: [{ entityType: 'user', entityName }], ops: [{ key: 'producer_byte_rate', value: 1e6 }] }],
    }),
    denied: clusterDenied,
  },
  describeUserScramCredentials: { request: () => ({}), denied: clusterDenied },
  alterUserScramCredentials: {
    request: ({ fresh: name }) => ({
      upsertions: [
        {
          name,
          mechanism: 'SCRAM-SHA-256',
          iterations: 4096,
          salt: new Uint8Array(16),
          saltedPassword: new Uint8Array(32).fill(1),
        },
      ],
    }),
    denied: clusterDenied,
  },
  createDelegationToken: {
    request: () => ({ owner: { name: 'eve' }, renewers: [{ name: 'bob' }] }),
    denied: ErrorCode.DelegationTokenAuthorizationFailed,
  },
  // Who has no token knows no HMAC.
  renewDelegationToken: { request: () => ({ hmac: new Uint8Array(64) }), denied: ErrorCode.DelegationTokenNotFound },
  expireDelegationToken: { request: () => ({ hmac: new Uint8Array(64) }), denied: ErrorCode.DelegationTokenNotFound },
  describeDelegationTokens: { request: () => ({ owners: [{ name: 'eve' }] }), denied: { error: null, tokens: [] } },
  alterPartitionReassignments: {
    request: ({ topic, brokerId }) => ({ topic, assignments: [{ partitionId: 0, brokerIds: [brokerId] }] }),
    denied: clusterDenied,
  },
  listPartitionReassignments: { request: () => ({}), denied: clusterDenied },
  describeLogDirs: {
    request: ({ brokerId, topic }) => ({ brokerIds: [brokerId], topics: { [topic]: [0] } }),
    denied: clusterDenied,
  },
  alterReplicaLogDirs: {
    request: ({ brokerId, topic }) => ({ replicas: [{ brokerId, topic, partition: 0, path: '/nowhere' }] }),
    denied: clusterDenied,
  },
  describeCluster: { request: () => ({}), denied: 'allowed' },
  describeFeatures: { request: () => ({}), denied: 'allowed' },
  updateFeatures: {
    request: () => ({ updates: [{ feature: 'metadata.version', level: 1, upgradeType: 'UnsafeDowngrade' }] }),
    denied: clusterDenied,
  },
  unregisterBroker: {
    request: () => ({ brokerId: 99 }),
    denied: clusterDenied,
  },
  // Offered by brokers alone that have a plugin for it.
  getTelemetrySubscriptions: {
    request: () => ({}),
    denied: ErrorCode.UnsupportedVersion,
    deniedEmbedded: 'allowed',
  },
  describeQuorum: { request: () => ({}), denied: clusterDenied },
  addRaftVoter: {
    request: () => ({ ...voter, listeners: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }] }),
    denied: clusterDenied,
  },
  removeRaftVoter: { request: () => voter, denied: clusterDenied },
  topicOffsets: { request: ({ topic }) => ({ topics: [topic] }), denied: topicDenied },
  groupLag: { request: ({ groupId }) => ({ groupIds: [groupId] }), denied: groupDenied },
  resetOffsets: {
    request: ({ groupId, topic }) => ({ groupId, topics: { [topic]: [0] }, to: 'latest', execute: true }),
    denied: groupDenied,
  },
  waitForTopic: { request: ({ topic }) => ({ topic }), denied: topicDenied },
}

/** Names of all methods that take a request. */
export const methods = Object.keys(calls) as (keyof Methods)[]

/** Makes the call. */
export function call(client: Client, method: keyof Methods, things: Things, signal?: AbortSignal): Promise<unknown> {
  const request = calls[method].request(things)
  const made = client[method] as (request: object, options?: { signal: AbortSignal }) => Promise<unknown>
  return signal === undefined ? made.call(client, request) : made.call(client, request, { signal })
}

const voter = { voterId: 9, voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAACQ' }

function producer({ transactionalId }: Pick<Things, 'transactionalId'>) {
  return { transactionalId, producerId: 1n, producerEpoch: 0 }
}

function retention(resourceName: string) {
  return { resourceType: 'topic' as const, resourceName, configs: [{ name: 'retention.ms', value: '86400000' }] }
}

function batch(): Uint8Array {
  const builder = new BatchBuilder()
  builder.append(null, 'x', [], 1000)
  return builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 })
}
