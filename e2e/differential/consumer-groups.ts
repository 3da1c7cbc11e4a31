import { zeroUuid } from '../../src/bytes/reader.ts'
import { ConsumerGroupDescribe } from '../../src/protocol/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { encodeAssignment, encodeSubscription } from '../../src/protocol/consumer-protocol.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetDelete } from '../../src/protocol/offset-delete.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'
import type { Peer } from './peer.ts'

// Members choose their ids.
const [a, b, c] = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg', 'AAAAAAAAAAAAAAAAAAAAAw']

type Partitions = { topicId: string; partitions: number[] }[]

/** What members of one group ask. */
function members(peer: Peer, groupId: string) {
  const beat = (memberId: string, memberEpoch: number, more: object = {}, version = 1) =>
    peer.ask(ConsumerGroupHeartbeat, version, { groupId, memberId, memberEpoch, ...more })
  const join = (memberId: string, more: object = {}, version = 1) =>
    beat(memberId, 0, { rebalanceTimeoutMs: 60_000, topicPartitions: [], ...more }, version)
  const leave = (memberId: string, more: object = {}, epoch = -1) => beat(memberId, epoch, more)
  const describe = (version = 1) =>
    peer.ask(ConsumerGroupDescribe, version, { groupIds: [groupId], includeAuthorizedOperations: true })
  const list = async (statesFilter: string[] = [], typesFilter: string[] = []): Promise<void> => {
    const { groups } = await peer.settle(ListGroups, 5, { statesFilter, typesFilter }, () => true)
    const found = groups.filter(group => group.groupId === groupId)
    peer.note(`ListGroups ${statesFilter} ${typesFilter}`, found)
  }
  return { beat, join, leave, describe, list }
}

const owns = (topicId: string, ...partitions: number[]): Partitions => [{ topicId, partitions }]

/** A topic that members are assigned at once: a coordinator learns of it after those who tell metadata. */
async function topicOf(peer: Peer, name: string, partitions: number): Promise<string> {
  const topicId = await peer.topic(name, partitions)
  const probe = { groupId: `${name}-probe`, memberId: a }
  await peer.group(probe.groupId)
  await peer.settle(
    ConsumerGroupHeartbeat,
    1,
    { ...probe, memberEpoch: 0, rebalanceTimeoutMs: 60_000, topicPartitions: [], subscribedTopicNames: [name] },
    ({ assignment }) => assignment?.topicPartitions[0]?.partitions.length === partitions,
  )
  await peer.settle(ConsumerGroupHeartbeat, 1, { ...probe, memberEpoch: -1 }, () => true)
  // They are numbered in this order.
  peer.note('a topic', { topicId })
  return topicId
}

export async function wrongHeartbeats(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const { beat, join, leave, describe } = members(peer, group)
  const names = { subscribedTopicNames: ['t'] }
  for (const version of [0, 1]) {
    await beat('', 1, {}, version)
    await beat(' ', -1, {}, version)
    await beat('', -2, {}, version)
    await beat(a, -2, {}, version)
    await beat(a, -3, {}, version)
    await beat(a, 1, { instanceId: '' }, version)
    await beat(a, 1, { rackId: '  ' }, version)
    await beat(a, 0, {}, version)
    await beat(a, 0, { rebalanceTimeoutMs: 1 }, version)
    await beat(a, 0, { rebalanceTimeoutMs: 1, topicPartitions: owns(peer.topicId('t') ?? a, 1), ...names }, version)
    await beat(a, 0, { rebalanceTimeoutMs: 1, topicPartitions: [] }, version)
    await join(a, { ...names, serverAssignor: 'nobody' }, version)
    await join(a, { ...names, serverAssignor: '' }, version)
    await peer.ask(ConsumerGroupHeartbeat, version, { groupId: '', memberId: a, memberEpoch: 1 })
    await beat(a, 1, {}, version)
    await leave(a)
    await leave(a, { instanceId: 'i' }, -2)
  }
  await join('', names)
  await join(a, { subscribedTopicNames: null, subscribedTopicRegex: '(' })
  await describe()
  await join(a, names)
  await beat(a, 3)
  await beat(a, 1)
  await beat(b, 2)
  await leave(b)
  await leave(b, { instanceId: 'i' })
  await leave(b, { instanceId: 'i' }, -2)
  await join(a, { subscribedTopicNames: null, subscribedTopicRegex: '[' })
  await describe(0)
  await join('', names, 0)
  await describe()
}

export async function aloneInAGroup(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 3)
  const { beat, join, leave, describe, list } = members(peer, group)
  await peer.ask(ConsumerGroupDescribe, 1, { groupIds: ['', group], includeAuthorizedOperations: false })
  await join(a, { subscribedTopicNames: [topic, topic, `${topic}-absent`], rackId: 'r' })
  await describe()
  await describe(0)
  for (const version of [0, 5, 6]) await peer.ask(DescribeGroups, version, { groups: [group] })
  await list()
  await list(['stable'], ['Consumer'])
  await list(['STABLE'])
  await list(['empty'])
  await list([], ['classic'])
  await beat(a, 2)
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2) })
  await beat(a, 2, {
    rebalanceTimeoutMs: 50_000,
    subscribedTopicNames: [topic],
    topicPartitions: owns(topicId, 0, 1, 2),
  })
  await describe()
  await beat(a, 3, { serverAssignor: 'range' })
  await describe()
  await beat(a, 4, { subscribedTopicNames: [] })
  await describe()
  await beat(a, 5, { topicPartitions: [] })
  await beat(a, 5, { subscribedTopicNames: [topic] })
  await join(a, { subscribedTopicNames: [topic] })
  await describe()
  await peer.ask(DeleteGroups, 2, { groupsNames: [group] })
  await peer.ask(Heartbeat, 4, { groupId: group, generationId: 1, memberId: a })
  await peer.ask(LeaveGroup, 5, { groupId: group, memberId: '', members: [{ memberId: a }, { memberId: 'nobody' }] })
  await peer.ask(SyncGroup, 5, {
    groupId: group,
    generationId: 1,
    memberId: a,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [],
  })
  await leave(a)
  await leave(a)
  await describe()
  await list(['Empty'])
  await beat(a, 6)
  await join(a, { subscribedTopicNames: [topic] })
  await leave(a)
  await peer.ask(DeleteGroups, 2, { groupsNames: [group] })
  await describe()
}

export async function sharing(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 6)
  const { beat, join, leave, describe } = members(peer, group)
  const names = { subscribedTopicNames: [topic], serverAssignor: 'range' }
  await join(a, names)
  await join(b, names)
  await describe()
  await beat(b, 3)
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2, 3, 4, 5) })
  await beat(a, 2)
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2, 3, 4, 5) })
  await beat(b, 3)
  await describe()
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2) })
  // The answer was lost: it says the same again.
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2) })
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2, 3) })
  await beat(a, 2)
  await beat(a, 1)
  await describe()
  await beat(b, 3)
  await beat(b, 3, { topicPartitions: owns(topicId, 3, 4, 5) })
  await describe()
  await join(c, names)
  await beat(c, 4)
  await beat(b, 3, { topicPartitions: owns(topicId, 3, 4, 5) })
  await beat(c, 4, { topicPartitions: [] })
  await beat(a, 3, { topicPartitions: owns(topicId, 0, 1, 2) })
  await beat(a, 3, { topicPartitions: owns(topicId, 0, 1) })
  await describe()
  await beat(b, 3, { topicPartitions: owns(topicId, 3) })
  await beat(b, 4, { topicPartitions: owns(topicId, 2, 3) })
  await beat(c, 4, { topicPartitions: [] })
  await describe()
  await leave(b)
  await describe()
  await beat(c, 4, { topicPartitions: owns(topicId, 4, 5) })
  await beat(a, 4, { topicPartitions: owns(topicId, 0, 1) })
  await describe()
  await join(c, names)
  await describe()
}

export async function evenly(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 4)
  const { beat, join, leave, describe } = members(peer, group)
  await join(a, { subscribedTopicNames: [topic] })
  await join(b, { subscribedTopicNames: [topic] })
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2, 3) })
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1) })
  await beat(b, 3)
  await describe()
  await leave(a)
  await beat(b, 3, { topicPartitions: owns(topicId, 2, 3) })
  await describe()
}

export async function staticMembers(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 4)
  const { beat, join, leave, describe } = members(peer, group)
  const as = (instanceId: string) => ({ subscribedTopicNames: [topic], serverAssignor: 'range', instanceId })
  await join(a, as('i1'))
  await join(b, as('i1'))
  await join(a, as('i1'))
  await beat(b, 2, { instanceId: 'i1' })
  await beat(a, 2, { instanceId: 'i2' })
  await beat(a, 2)
  await join(b, as('i2'))
  await beat(a, 2, { instanceId: 'i1', topicPartitions: owns(topicId, 0, 1) })
  await beat(a, 2, { instanceId: 'i1', topicPartitions: owns(topicId, 0, 1) })
  await beat(b, 3, { instanceId: 'i2', topicPartitions: [] })
  await describe()
  await leave(c, { instanceId: 'i2' }, -2)
  await leave(b, { instanceId: 'i2' }, -2)
  await describe()
  await beat(b, 3, { instanceId: 'i2' })
  await beat(a, 3, { instanceId: 'i1', topicPartitions: owns(topicId, 0, 1) })
  await join(c, as('i2'))
  await describe()
  await beat(b, 3, { instanceId: 'i2' })
  await beat(c, 3, { instanceId: 'i2', topicPartitions: owns(topicId, 2, 3) })
  await leave(c, { instanceId: 'i2' }, -2)
  await join(c, { ...as('i2'), subscribedTopicNames: [] })
  await describe()
  await leave(c, { instanceId: 'i2' })
  await leave(a, { instanceId: 'i1' }, -2)
  await leave(a, { instanceId: 'i1' })
  await describe()
}

export async function patterns(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  await topicOf(peer, `${group}-one`, 2)
  await topicOf(peer, `${group}-other`, 1)
  const { join } = members(peer, group)
  const matched = async (what: string, memberId: string, epoch: number, topics: number): Promise<void> => {
    const asked = { groupId: group, memberId, memberEpoch: epoch, ...full }
    const answer = await peer.settle(ConsumerGroupHeartbeat, 1, asked, ({ errorCode, assignment }) => {
      return errorCode !== 0 || assignment?.topicPartitions.length === topics
    })
    peer.note(what, answer)
  }
  const full = {
    rebalanceTimeoutMs: 60_000,
    subscribedTopicRegex: `${group}-o.*e`,
    topicPartitions: [] as Partitions,
    serverAssignor: 'range',
  }
  await join(a, { subscribedTopicRegex: full.subscribedTopicRegex, serverAssignor: 'range' })
  await matched('the pattern is looked at', a, 1, 1)
  // (Epochs from here on depend on whether topics were made meanwhile, so what they are asked for with does.)
  const names = [`${group}-one`, `${group}-other`]
  const asked = { groupId: group, topics: names.map(name => ({ name, partitions: [{ partitionIndex: 0 }] })) }
  // Once in many runs Kafka said that the group isn't subscribed to what it had assigned by the pattern: it looks for
  // topics anew behind our back.
  const answer = await peer.settle(OffsetDelete, 0, asked, ({ topics }) => topics[0]?.partitions[0]?.errorCode !== 0)
  peer.note('offsets of what the pattern matches are not deleted', answer)
}

export async function memberOffsets(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 4)
  const { beat, join, leave } = members(peer, group)
  const commit = (memberId: string, epoch: number, version = 9, partitions = [0, 1, 2, 3], more: object = {}) =>
    peer.ask(OffsetCommit, version, {
      groupId: group,
      memberId,
      generationIdOrMemberEpoch: epoch,
      topics: [
        {
          name: topic,
          topicId,
          partitions: partitions.map(partitionIndex => ({ partitionIndex, committedOffset: 1, committedMetadata: '' })),
        },
      ],
      ...more,
    })
  const read = (memberId: string | null, memberEpoch: number, version = 9) =>
    peer.ask(OffsetFetch, version, {
      groupId: '',
      topics: null,
      groups: [{ groupId: group, memberId, memberEpoch, topics: [{ name: topic, topicId, partitionIndexes: [0, 3] }] }],
    })
  await commit(a, 1)
  await read(a, 1)
  await join(a, { subscribedTopicNames: [topic], serverAssignor: 'range' })
  for (const version of [8, 9, 10]) await commit(a, 2, version)
  await commit(a, 1)
  await commit(a, 3)
  await commit(b, 2)
  await commit('', -1)
  await commit('', -1, 8)
  await commit(a, -1)
  await commit(a, 2, 9, [0, 7])
  await commit(a, 2, 9, [0], { groupInstanceId: 'i' })
  for (const version of [8, 9, 10]) await read(null, -1, version)
  await read(a, 2)
  await read(a, 2, 10)
  await read(a, 1)
  await read(a, -1)
  await read(b, 2)
  await read('', -1)
  await join(b, { subscribedTopicNames: [topic], serverAssignor: 'range' })
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1, 2, 3) })
  await commit(a, 2)
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1) })
  // What it keeps it may commit as of before; what it has given up, no more.
  await commit(a, 2)
  await commit(a, 1)
  await commit(a, 3)
  await commit(b, 3)
  await beat(b, 3)
  await commit(b, 3)
  await commit(b, 2)
  const remove = (names: string[]) =>
    peer.ask(OffsetDelete, 0, {
      groupId: group,
      topics: names.map(name => ({ name, partitions: [{ partitionIndex: 0 }] })),
    })
  await remove([topic])
  await beat(a, 3, { subscribedTopicNames: [], topicPartitions: [] })
  await beat(b, 3, { subscribedTopicNames: [], topicPartitions: [] })
  await remove([topic])
  await read(null, -1)
  await leave(a)
  await leave(b)
  await commit('', -1)
  await commit(a, -1)
  await commit(a, 3)
  await read(a, 3)
  await read(null, -1)
}

export async function topicsThatChange(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const { beat, join, describe } = members(peer, group)
  await join(a, { subscribedTopicNames: [topic], serverAssignor: 'range' })
  await describe()
  const next = async (what: string, epoch: number): Promise<number> => {
    const asked = { groupId: group, memberId: a, memberEpoch: epoch }
    const answer = await peer.settle(ConsumerGroupHeartbeat, 1, asked, ({ assignment }) => assignment !== null)
    peer.note(what, answer)
    return answer.memberEpoch
  }
  const topicId = await topicOf(peer, topic, 1)
  await next('it has come', 2)
  await peer.ask(CreatePartitions, 3, {
    topics: [{ name: topic, count: 3, assignments: null }],
    timeoutMs: 5_000,
    validateOnly: false,
  })
  await next('it has grown', 3)
  await peer.ask(DeleteTopics, 6, { topics: [{ name: topic, topicId: zeroUuid }], timeoutMs: 5_000 })
  await peer.settle(
    Metadata,
    12,
    { topics: [{ name: topic }], allowAutoTopicCreation: false },
    ({ topics }) => topics[0]!.errorCode === ErrorCode.UnknownTopicOrPartition,
  )
  await next('it has gone', 4)
  await describe()
  await beat(a, 4, { topicPartitions: owns(topicId, 0, 1, 2) })
  await beat(a, 4, { topicPartitions: [] })
  await describe()
}

export async function missedMembers(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 2)
  const { beat, join, describe } = members(peer, group)
  const left = (count: number) =>
    peer.settle(
      ConsumerGroupDescribe,
      1,
      { groupIds: [group], includeAuthorizedOperations: false },
      ({ groups }) => groups[0]!.members.length === count,
    )
  const names = { subscribedTopicNames: [topic], serverAssignor: 'range' }
  await join(a, { ...names, rebalanceTimeoutMs: 500 })
  await join(b, names)
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1) })
  // It does not let go in time.
  await left(1)
  await beat(a, 2)
  await describe()
  await beat(b, 3)
  await left(0)
  await beat(b, 4)
  await describe()
}

export async function kinds(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 2)
  const { beat, join, leave, describe, list } = members(peer, group)
  const names = { subscribedTopicNames: [topic] }
  const classic = (memberId = '', more: object = {}, version = 9) =>
    peer.ask(JoinGroup, version, {
      groupId: group,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription({ topics: [topic] }) }],
      ...more,
    })
  await peer.ask(OffsetCommit, 9, {
    groupId: group,
    memberId: '',
    generationIdOrMemberEpoch: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 4, committedMetadata: 'x' }] }],
  })
  const read = () =>
    peer.ask(OffsetFetch, 9, {
      groupId: '',
      topics: null,
      groups: [{ groupId: group, topics: [{ name: topic, topicId, partitionIndexes: [0] }] }],
    })
  await list()
  await beat(a, 1)
  await leave(a)
  await describe()
  await join(a, names)
  await list()
  await read()
  await classic()
  await classic('nobody')
  await classic('', { groupInstanceId: 'i' })
  await classic('', { protocolType: 'connect' })
  await classic('', {}, 3)
  await peer.ask(LeaveGroup, 2, { groupId: group, memberId: a, members: [] })
  await peer.ask(LeaveGroup, 2, { groupId: group, memberId: a, members: [] })
  await list()
  await describe()
  await classic('nobody')
  const { memberId } = await classic()
  await list()
  const { generationId } = await classic(memberId)
  // Among members that have nothing Kafka's coordinator chooses by chance.
  const assignment = encodeAssignment({ assignedPartitions: [{ topic, partitions: [0, 1] }], userData: null })
  await peer.ask(SyncGroup, 5, {
    groupId: group,
    generationId,
    memberId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment }],
  })
  await list()
  await read()
  await describe()
  await join(a, names)
  await beat(a, 1)
  await leave(a)
  await peer.ask(DescribeGroups, 6, { groups: [group] })
  await peer.ask(LeaveGroup, 5, { groupId: group, memberId: '', members: [{ memberId }] })
  await join(a, names)
  await list()
  await read()
  await leave(a)
}

export async function offsetsInTransactions(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  await peer.transactions(group)
  const topic = `${group}-t`
  const topicId = await topicOf(peer, topic, 2)
  const { beat, join, leave } = members(peer, group)
  const { producerId, producerEpoch } = await peer.ask(InitProducerId, 5, {
    transactionalId: group,
    transactionTimeoutMs: 60_000,
  })
  const commit = (memberId: string, epoch: number, version = 5, partitions = [0, 1], more: object = {}) =>
    peer.ask(TxnOffsetCommit, version, {
      transactionalId: group,
      groupId: group,
      producerId,
      producerEpoch,
      memberId,
      generationIdOrMemberEpoch: epoch,
      topics: [
        {
          name: topic,
          topicId,
          partitions: partitions.map(partitionIndex => ({ partitionIndex, committedOffset: 1, committedMetadata: '' })),
        },
      ],
      ...more,
    })
  await join(a, { subscribedTopicNames: [topic], serverAssignor: 'range' })
  for (const version of [5, 6]) {
    await commit(a, 2, version)
    await commit(a, 1, version)
    await commit(a, 3, version)
    await commit(b, 2, version)
    await commit('', -1, version)
    await commit('', -1, version, [0], { groupInstanceId: 'i' })
    await commit(a, -1, version)
  }
  await join(b, { subscribedTopicNames: [topic], serverAssignor: 'range' })
  await beat(a, 2, { topicPartitions: owns(topicId, 0, 1) })
  await beat(a, 2, { topicPartitions: owns(topicId, 0) })
  for (const version of [5, 6]) {
    await commit(a, 2, version, [0])
    await commit(a, 2, version, [1])
    await commit(a, 2, version, [0, 1])
  }
  await leave(a)
  await leave(b)
  await commit('', -1)
  await commit(a, 3)
  await commit(a, 3, 6)
}
