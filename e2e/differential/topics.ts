import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeCluster } from '../../src/protocol/describe-cluster.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeTopicPartitions } from '../../src/protocol/describe-topic-partitions.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/offset-for-leader-epoch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { batch, type Peer } from './peer.ts'

const nobody = 'AAAAAAAAAAAAAAAAAAAAAQ'

function wanted(name: string, more: object = {}) {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }
}

export async function metadata(peer: Peer, topic: string): Promise<void> {
  const topicId = await peer.topic(topic, 3)
  for (const version of [1, 4, 8, 9, 12, 13])
    await peer.ask(Metadata, version, { topics: [{ name: topic }], allowAutoTopicCreation: version < 4 })
  await peer.ask(Metadata, 12, { topics: [{ topicId, name: null }] })
  await peer.ask(Metadata, 12, { topics: [{ topicId: nobody, name: null }] })
  await peer.ask(Metadata, 12, { topics: [] })
  for (const name of ['', '.', 'no spaces', 'x'.repeat(250), `${topic}-absent`])
    await peer.ask(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
  await peer.ask(Metadata, 12, { topics: [{ name: 'no spaces' }], allowAutoTopicCreation: true })
  await peer.ask(Metadata, 12, { topics: [{ name: `${topic}-made` }], allowAutoTopicCreation: true })
  await peer.settle(Metadata, 12, { topics: [{ name: `${topic}-made` }] }, ({ topics }) => topics[0]!.errorCode === 0)
  await peer.ask(Metadata, 12, { topics: [{ name: `${topic}-made` }] })
  for (const version of [8, 10])
    await peer.ask(Metadata, version, {
      topics: [{ name: topic }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    })
  await peer.ask(DescribeCluster, 0, { includeClusterAuthorizedOperations: true })
  await peer.ask(DescribeCluster, 0, { includeClusterAuthorizedOperations: false })
  await peer.ask(DescribeCluster, 2, { includeClusterAuthorizedOperations: false })
  await peer.ask(DescribeCluster, 2, { includeClusterAuthorizedOperations: false, endpointType: 2 })
  await peer.ask(DescribeCluster, 1, { includeClusterAuthorizedOperations: false, endpointType: 7 })
  await peer.ask(DescribeTopicPartitions, 0, { topics: [{ name: topic }, { name: `${topic}-absent` }] })
  await peer.ask(DescribeTopicPartitions, 0, { topics: [{ name: topic }], responsePartitionLimit: 2 })
  await peer.ask(DescribeTopicPartitions, 0, {
    topics: [{ name: topic }],
    cursor: { topicName: topic, partitionIndex: 2 },
  })
}

export async function createTopics(peer: Peer, topic: string): Promise<void> {
  const create = (version: number, topics: readonly ReturnType<typeof wanted>[], validateOnly = false) =>
    peer.ask(CreateTopics, version, { topics, validateOnly })
  await create(7, [wanted(`${topic}-a`)])
  await create(7, [wanted(`${topic}-a`)])
  await create(2, [wanted(`${topic}-b`, { numPartitions: 2 })])
  await create(5, [wanted(`${topic}-c`, { numPartitions: -1, replicationFactor: -1 })], true)
  await create(7, [wanted(`${topic}-d`, { numPartitions: 0 })])
  await create(7, [wanted(`${topic}-d`, { numPartitions: -2 })])
  await create(7, [wanted(`${topic}-d`, { replicationFactor: 0 })])
  await create(7, [wanted(`${topic}-d`, { replicationFactor: 9 })])
  await create(7, [wanted(`${topic}-d`, { numPartitions: 2 ** 31 - 1 })])
  await create(
    7,
    [wanted(`${topic}-d`, { numPartitions: 9_000 }), wanted(`${topic}-e`, { numPartitions: 1_001 })],
    true,
  )
  await create(7, [wanted('')])
  await create(7, [wanted('no spaces')])
  await create(7, [wanted(`${topic}-e`), wanted(`${topic}-e`)])
  await create(7, [wanted(`${topic}-f`, { configs: [{ name: 'no.such.config', value: '1' }] })])
  await create(7, [wanted(`${topic}-f`, { configs: [{ name: 'retention.ms', value: 'soon' }] })])
  await create(7, [wanted(`${topic}-f`, { configs: [{ name: 'retention.ms', value: null }] })])
  await create(7, [wanted(`${topic}-f`, { configs: [{ name: 'cleanup.policy', value: 'burn' }] })])
  await create(7, [wanted(`${topic}-f`, { configs: [{ name: 'min.insync.replicas', value: '0' }] })])
  await create(7, [wanted(`${topic}-g`, { assignments: [{ partitionIndex: 0, brokerIds: [1] }] })])
  await create(7, [
    wanted(`${topic}-g`, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 1, brokerIds: [1] },
      ],
    }),
  ])
  await create(7, [
    wanted(`${topic}-h`, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 1, brokerIds: [1] }],
    }),
  ])
  await create(7, [
    wanted(`${topic}-h`, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [] }],
    }),
  ])
  await create(7, [
    wanted(`${topic}-h`, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [77] }],
    }),
  ])
  await create(7, [
    wanted(`${topic}-h`, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }],
    }),
  ])
  const grow = (
    name: string,
    count: number,
    assignments: { brokerIds: number[] }[] | null = null,
    validateOnly = false,
  ) => peer.ask(CreatePartitions, 3, { topics: [{ name, count, assignments }], timeoutMs: 5000, validateOnly })
  await peer.topic(`${topic}-p`, 2)
  await grow(`${topic}-p`, 2)
  await grow(`${topic}-p`, 1)
  await grow(`${topic}-p`, -1)
  await grow(`${topic}-p`, 4, [{ brokerIds: [1] }])
  await grow(`${topic}-p`, 3, [{ brokerIds: [9] }])
  await grow(`${topic}-p`, 3, [{ brokerIds: [] }])
  await grow(`${topic}-p`, 4, null, true)
  await grow(`${topic}-p`, 10_002, null, true)
  await grow(`${topic}-p`, 10_003, null, true)
  await grow(`${topic}-p`, 2 ** 31 - 1)
  await grow(`${topic}-p`, 3)
  await grow(`${topic}-absent`, 3)
}

export async function deleteTopics(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic)
  await peer.topic(`${topic}-2`)
  const id = peer.topicId(`${topic}-2`)
  await peer.ask(DeleteTopics, 4, { topicNames: [`${topic}-absent`], topics: [], timeoutMs: 5000 })
  await peer.ask(DeleteTopics, 6, {
    topicNames: [],
    topics: [{ name: `${topic}-absent`, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    timeoutMs: 5000,
  })
  await peer.ask(DeleteTopics, 6, { topicNames: [], topics: [{ name: null, topicId: nobody }], timeoutMs: 5000 })
  await peer.ask(DeleteTopics, 6, { topicNames: [], topics: [{ name: `${topic}-2`, topicId: id }], timeoutMs: 5000 })
  await peer.ask(DeleteTopics, 6, {
    topicNames: [],
    topics: [{ name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    timeoutMs: 5000,
  })
  await peer.ask(DeleteTopics, 6, { topicNames: [], topics: [{ name: null, topicId: id }], timeoutMs: 5000 })
  await peer.ask(DeleteTopics, 5, { topicNames: [topic], topics: [], timeoutMs: 5000 })
  await peer.settle(
    Metadata,
    12,
    { topics: [{ name: topic }], allowAutoTopicCreation: false },
    ({ topics }) => topics[0]!.errorCode === 3,
  )
  await peer.ask(DeleteTopics, 5, { topicNames: [topic], topics: [], timeoutMs: 5000 })
}

export async function configs(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1, { 'retention.ms': '1000' })
  const describe = (resourceType: number, resourceName: string, configurationKeys: string[] | null, version = 4) =>
    peer.ask(DescribeConfigs, version, {
      resources: [{ resourceType, resourceName, configurationKeys }],
      includeSynonyms: true,
    })
  const keys = ['retention.ms', 'max.message.bytes', 'cleanup.policy', 'no.such']
  await describe(2, topic, keys)
  await describe(2, topic, keys, 1)
  await describe(2, `${topic}-absent`, null)
  await describe(2, 'no spaces', null)
  await describe(4, '9', null)
  await describe(4, 'one', null)
  await describe(4, '1', ['num.partitions'])
  const set = (
    version: number,
    name: string,
    changes: { name: string; configOperation: number; value: string | null }[],
    validateOnly = false,
  ) =>
    peer.ask(IncrementalAlterConfigs, version, {
      resources: [{ resourceType: 2, resourceName: name, configs: changes }],
      validateOnly,
    })
  await set(1, topic, [{ name: 'retention.ms', configOperation: 0, value: '2000' }], true)
  await set(1, topic, [{ name: 'retention.ms', configOperation: 0, value: '2000' }])
  await set(0, topic, [{ name: 'cleanup.policy', configOperation: 2, value: 'compact' }])
  await set(0, topic, [{ name: 'cleanup.policy', configOperation: 3, value: 'delete' }])
  await set(0, topic, [{ name: 'retention.ms', configOperation: 2, value: '5' }])
  await set(0, topic, [{ name: 'retention.ms', configOperation: 9, value: '5' }])
  await set(0, topic, [{ name: 'retention.ms', configOperation: 0, value: 'x' }])
  await set(0, topic, [{ name: 'no.such', configOperation: 0, value: 'x' }])
  await set(0, topic, [{ name: 'retention.ms', configOperation: 0, value: null }])
  await set(0, topic, [
    { name: 'retention.ms', configOperation: 0, value: '1' },
    { name: 'retention.ms', configOperation: 0, value: '2' },
  ])
  await set(0, `${topic}-absent`, [{ name: 'retention.ms', configOperation: 0, value: '1' }])
  await new Promise(resolve => setTimeout(resolve, 300))
  await describe(2, topic, keys)
  await set(1, topic, [{ name: 'retention.ms', configOperation: 1, value: null }])
  await new Promise(resolve => setTimeout(resolve, 300))
  await describe(2, topic, keys)
  await peer.ask(AlterConfigs, 2, {
    resources: [{ resourceType: 2, resourceName: topic, configs: [{ name: 'max.message.bytes', value: '2000' }] }],
    validateOnly: false,
  })
  await peer.ask(AlterConfigs, 0, {
    resources: [{ resourceType: 2, resourceName: `${topic}-absent`, configs: [] }],
    validateOnly: false,
  })
  await peer.ask(AlterConfigs, 0, {
    resources: [{ resourceType: 2, resourceName: topic, configs: [{ name: 'max.message.bytes', value: '-1' }] }],
    validateOnly: false,
  })
  await new Promise(resolve => setTimeout(resolve, 300))
  await describe(2, topic, keys)
}

export async function deleteRecords(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic)
  for (const count of [3, 4, 5])
    await peer.ask(Produce, 9, {
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name: topic, topicId: peer.topicId(topic), partitionData: [{ index: 0, records: batch(count) }] }],
    })
  const remove = (partitionIndex: number, offset: number, name = topic) =>
    peer.ask(DeleteRecords, 2, { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 5000 })
  await remove(0, 4)
  await remove(0, 2)
  await remove(0, 13)
  await remove(0, -2)
  await remove(1, 0)
  await remove(0, 0, `${topic}-absent`)
  await remove(0, -1)
  const epoch = (partition: number, leaderEpoch: number, currentLeaderEpoch = -1) =>
    peer.ask(OffsetForLeaderEpoch, 4, {
      replicaId: -1,
      topics: [{ topic, partitions: [{ partition, leaderEpoch, currentLeaderEpoch }] }],
    })
  await epoch(0, 0)
  await epoch(0, 0, 0)
  await epoch(0, 1)
  await epoch(0, -1)
  await epoch(0, 0, 5)
  await epoch(3, 0)
}
