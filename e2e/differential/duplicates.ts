import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetDelete } from '../../src/protocol/offset-delete.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/offset-for-leader-epoch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'
import { batch, type Peer } from './peer.ts'

// What is named more than once in a request.

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

async function settledGone(peer: Peer, topic: string): Promise<void> {
  await peer.settle(
    Metadata,
    12,
    { topics: [{ name: topic }], allowAutoTopicCreation: false },
    ({ topics }) => topics[0]!.errorCode === 3,
  )
}

export async function topicsNamedTwice(peer: Peer, topic: string): Promise<void> {
  const [a, b, c] = [`${topic}-a`, `${topic}-b`, `${topic}-c`]
  for (const name of [a, b, c]) await peer.topic(name, 2)
  const id = peer.topicId(a)
  for (const version of [4, 9, 12]) {
    await peer.ask(Metadata, version, {
      topics: [{ name: a }, { name: b }, { name: a }],
      allowAutoTopicCreation: false,
    })
    await peer.ask(Metadata, version, {
      topics: [{ name: `${topic}-absent` }, { name: `${topic}-absent` }, { name: 'no spaces' }, { name: 'no spaces' }],
      allowAutoTopicCreation: false,
    })
  }
  await peer.ask(Metadata, 12, {
    topics: [
      { name: null, topicId: id },
      { name: null, topicId: id },
    ],
  })
  await peer.ask(Metadata, 12, {
    topics: [
      { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
      { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
    ],
  })
  await peer.ask(Metadata, 12, { topics: [{ name: null, topicId: id }, { name: a }, { name: b }] })
  await peer.ask(Metadata, 12, { topics: [{ name: b, topicId: id }] })
  const grow = (topics: readonly [string, number][], validateOnly = false) =>
    peer.ask(CreatePartitions, 3, {
      topics: topics.map(([name, count]) => ({ name, count, assignments: null })),
      timeoutMs: 5000,
      validateOnly,
    })
  await grow([
    [a, 3],
    [b, 3],
    [a, 4],
  ])
  await grow([
    [`${topic}-absent`, 3],
    [`${topic}-absent`, 3],
  ])
  await grow(
    [
      [a, 5],
      [a, 5],
    ],
    true,
  )
  const remove = (topicNames: readonly string[]) =>
    peer.ask(DeleteTopics, 5, { topicNames, topics: [], timeoutMs: 5000 })
  await remove([a, b, a])
  await settledGone(peer, b)
  await remove([`${topic}-absent`, `${topic}-absent`])
  const removeV6 = (topics: readonly { name: string | null; topicId?: string }[]) =>
    peer.ask(DeleteTopics, 6, {
      topicNames: [],
      topics: topics.map(each => ({ topicId: noId, ...each })),
      timeoutMs: 5000,
    })
  await removeV6([
    { name: null, topicId: id },
    { name: null, topicId: id },
  ])
  await removeV6([{ name: null, topicId: id }, { name: a }])
  await removeV6([{ name: null }, { name: null }])
  await removeV6([
    { name: c, topicId: peer.topicId(c) },
    { name: c, topicId: peer.topicId(c) },
  ])
  await removeV6([{ name: c }, { name: c }])
  await removeV6([{ name: null, topicId: peer.topicId(c) }, { name: c }, { name: c }])
  await removeV6([{ name: c }, { name: null, topicId: peer.topicId(c) }])
  await removeV6([
    { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
    { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
  ])
  await removeV6([{ name: null, topicId: peer.topicId(c) }])
  await settledGone(peer, c)
}

export async function configsNamedTwice(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic)
  await peer.topic(`${topic}-2`)
  const resources = (...names: string[]) =>
    names.map(resourceName => ({
      resourceType: 2,
      resourceName,
      configs: [{ name: 'retention.ms', value: '5000', configOperation: 0 }],
    }))
  const all = [topic, `${topic}-2`, topic, `${topic}-absent`, `${topic}-absent`]
  await peer.ask(IncrementalAlterConfigs, 1, { resources: resources(...all), validateOnly: false })
  await peer.ask(AlterConfigs, 2, {
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [
          { name: 'retention.ms', value: '5000' },
          { name: 'retention.ms', value: '6000' },
        ],
      },
    ],
    validateOnly: false,
  })
  await peer.ask(IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [
          { name: 'retention.ms', value: '5000', configOperation: 0 },
          { name: 'retention.ms', value: null, configOperation: 1 },
        ],
      },
    ],
    validateOnly: false,
  })
  const keys = (...configurationKeys: string[]) => ({ resourceType: 2, resourceName: topic, configurationKeys })
  await new Promise(resolve => setTimeout(resolve, 300))
  await peer.ask(DescribeConfigs, 4, { resources: [keys('retention.ms', 'retention.ms')] })
  await peer.ask(DescribeConfigs, 4, { resources: [keys('retention.ms'), keys('max.message.bytes')] })
  await peer.ask(DescribeConfigs, 4, { resources: [keys('retention.ms'), keys('retention.ms')] })
}

export async function partitionsNamedTwice(peer: Peer, topic: string): Promise<void> {
  const topicId = await peer.topic(topic, 2)
  const part = (value: string, index = 0) => ({ index, records: batch(2, { value }) })
  const produce = (
    topicData: readonly { name: string; topicId?: string; partitionData: readonly ReturnType<typeof part>[] }[],
    version = 9,
  ) => peer.ask(Produce, version, { acks: -1, timeoutMs: 5000, topicData })
  await produce([{ name: topic, partitionData: [part('a'), part('b', 1), part('cc')] }])
  await produce([
    { name: topic, partitionData: [part('a')] },
    { name: topic, partitionData: [part('bb')] },
  ])
  await produce([{ name: topic, topicId, partitionData: [part('a'), part('cc')] }], 13)
  await produce([
    { name: `${topic}-absent`, partitionData: [part('a')] },
    { name: `${topic}-absent`, partitionData: [part('a')] },
  ])
  await produce([{ name: topic, partitionData: [part('a', 9), part('a', 9)] }])
  const list = (
    topics: readonly { name: string; partitions: readonly { partitionIndex: number; timestamp: number }[] }[],
    version = 11,
  ) => peer.ask(ListOffsets, version, { replicaId: -1, isolationLevel: 0, topics })
  const at = (partitionIndex: number, timestamp: number) => ({ partitionIndex, timestamp })
  for (const version of [1, 7, 11]) {
    await list([{ name: topic, partitions: [at(0, -1), at(0, -2), at(1, -1)] }], version)
    await list(
      [
        { name: topic, partitions: [at(0, -1)] },
        { name: topic, partitions: [at(0, -2)] },
      ],
      version,
    )
    await list(
      [
        { name: topic, partitions: [at(0, -1)] },
        { name: topic, partitions: [at(1, -2)] },
      ],
      version,
    )
  }
  await list([{ name: `${topic}-absent`, partitions: [at(0, -1), at(0, -1)] }])
  const fetch = (
    topics: readonly {
      topic: string
      topicId?: string
      partitions: readonly { partition: number; fetchOffset: number; partitionMaxBytes: number }[]
    }[],
    version = 12,
  ) => peer.ask(Fetch, version, { maxWaitMs: 0, minBytes: 0, topics, sessionEpoch: -1 })
  const from = (partition: number, fetchOffset: number) => ({ partition, fetchOffset, partitionMaxBytes: 1000 })
  for (const version of [4, 12]) await fetch([{ topic, partitions: [from(0, 0), from(0, 2), from(1, 0)] }], version)
  await fetch([{ topic, topicId, partitions: [from(0, 0), from(0, 2)] }], 13)
  await fetch([
    { topic, partitions: [from(0, 2)] },
    { topic, partitions: [from(0, 0)] },
  ])
  await peer.ask(OffsetForLeaderEpoch, 4, {
    replicaId: -1,
    topics: [
      {
        topic,
        partitions: [
          { partition: 0, leaderEpoch: 0 },
          { partition: 0, leaderEpoch: 7 },
        ],
      },
      { topic, partitions: [{ partition: 0, leaderEpoch: 0 }] },
    ],
  })
  await peer.ask(DescribeProducers, 0, {
    topics: [
      { name: topic, partitionIndexes: [0, 0] },
      { name: topic, partitionIndexes: [0, 1] },
    ],
  })
  const remove = (
    topics: readonly { name: string; partitions: readonly { partitionIndex: number; offset: number }[] }[],
  ) => peer.ask(DeleteRecords, 2, { topics, timeoutMs: 5000 })
  const before = (partitionIndex: number, offset: number) => ({ partitionIndex, offset })
  await remove([{ name: topic, partitions: [before(0, 1), before(0, 3)] }])
  await remove([
    { name: topic, partitions: [before(0, 4)] },
    { name: topic, partitions: [before(0, 2)] },
  ])
  await remove([{ name: `${topic}-absent`, partitions: [before(0, 1), before(0, 1)] }])
  await list([{ name: topic, partitions: [at(0, -2)] }])
}

export async function groupsNamedTwice(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  await peer.topic(topic, 2)
  const commit = (partitions: readonly { partitionIndex: number; committedOffset: number }[]) => ({
    name: topic,
    topicId: peer.topicId(topic),
    partitions: partitions.map(each => ({ ...each, committedMetadata: '' })),
  })
  const commits = (topics: readonly ReturnType<typeof commit>[], version = 8) =>
    peer.ask(OffsetCommit, version, { groupId: group, generationIdOrMemberEpoch: -1, memberId: '', topics })
  await commits([
    commit([
      { partitionIndex: 0, committedOffset: 1 },
      { partitionIndex: 0, committedOffset: 2 },
    ]),
    commit([{ partitionIndex: 1, committedOffset: 3 }]),
    commit([{ partitionIndex: 0, committedOffset: 4 }]),
  ])
  const wanted = (partitionIndexes: number[]) => ({ name: topic, partitionIndexes })
  await peer.ask(OffsetFetch, 7, { groupId: group, topics: [wanted([0, 0, 1]), wanted([0])], groups: [] })
  await peer.ask(OffsetFetch, 8, {
    groupId: '',
    topics: null,
    groups: [
      { groupId: group, topics: [wanted([0, 0, 1]), wanted([0])] },
      { groupId: group, topics: null },
    ],
  })
  await peer.ask(DescribeGroups, 5, { groups: [group, group] })
  await peer.ask(DescribeGroups, 6, { groups: [`${group}-absent`, `${group}-absent`] })
  for (const version of [4, 6]) {
    const { coordinators } = await peer.settle(
      FindCoordinator,
      version,
      { keyType: 0, coordinatorKeys: [group, group, `${group}-2`] },
      () => true,
    )
    peer.note(
      `FindCoordinator v${version}`,
      coordinators.map(({ key, errorCode }) => [key, errorCode]),
    )
  }
  await peer.ask(LeaveGroup, 5, {
    groupId: group,
    memberId: '',
    members: [
      { memberId: 'nobody', groupInstanceId: null },
      { memberId: 'nobody', groupInstanceId: null },
    ],
  })
  await peer.ask(OffsetDelete, 0, {
    groupId: group,
    topics: [
      { name: topic, partitions: [{ partitionIndex: 0 }, { partitionIndex: 0 }, { partitionIndex: 9 }] },
      { name: topic, partitions: [{ partitionIndex: 1 }, { partitionIndex: 0 }] },
    ],
  })
  await peer.ask(DeleteGroups, 2, { groupsNames: [group, group] })
  await peer.ask(DeleteGroups, 2, { groupsNames: [`${group}-absent`, `${group}-absent`] })
}

export async function transactionsNamedTwice(peer: Peer, id: string): Promise<void> {
  await peer.transactions(id)
  await peer.group(id)
  const topic = `${id}-t`
  await peer.topic(topic, 2)
  const { producerId, producerEpoch } = await peer.settle(
    InitProducerId,
    4,
    { transactionalId: id, transactionTimeoutMs: 60_000 },
    ({ errorCode }) => errorCode === 0,
  )
  await peer.ask(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: id,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [
      { name: topic, partitions: [0, 0, 1] },
      { name: topic, partitions: [1, 0] },
    ],
  })
  await peer.ask(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: id,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [
      { name: topic, partitions: [0, 9, 9] },
      { name: `${topic}-absent`, partitions: [0, 0] },
    ],
  })
  await peer.ask(DescribeTransactions, 0, { transactionalIds: [`${id}-absent`, `${id}-absent`] })
  const { transactionStates } = await peer.settle(
    DescribeTransactions,
    0,
    { transactionalIds: [id, id] },
    ({ transactionStates }) => transactionStates.every(({ errorCode }) => errorCode === 0),
  )
  peer.note(
    'DescribeTransactions of the same twice',
    transactionStates.map(({ transactionState, topics }) => [transactionState, topics[0]!.partitions.toSorted()]),
  )
  const partitions = [0, 0, 1].map((partitionIndex, at) => ({
    partitionIndex,
    committedOffset: at,
    committedMetadata: '',
  }))
  await peer.ask(TxnOffsetCommit, 5, {
    transactionalId: id,
    groupId: id,
    producerId,
    producerEpoch,
    topics: [
      { name: topic, partitions },
      { name: topic, partitions: [partitions[0]!] },
    ],
  })
}
