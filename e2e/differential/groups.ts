import { encodeAssignment, encodeSubscription } from '../../src/protocol/consumer-protocol.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetDelete } from '../../src/protocol/offset-delete.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import type { Peer } from './peer.ts'

type Join = {
  memberId?: string
  groupInstanceId?: string | null
  sessionTimeoutMs?: number
  protocolType?: string
  names?: readonly string[]
  on?: BrokerConnection
  version?: number
  rebalanceTimeoutMs?: number
  topics?: string[]
}

function joiner(peer: Peer, groupId: string) {
  return ({
    memberId = '',
    groupInstanceId = null,
    sessionTimeoutMs = 10_000,
    rebalanceTimeoutMs = 10_000,
    protocolType = 'consumer',
    names = ['range'],
    topics = ['t'],
    on,
    version = 9,
  }: Join = {}) =>
    peer.ask(
      JoinGroup,
      version,
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId,
        groupInstanceId,
        protocolType,
        protocols: names.map(name => ({ name, metadata: encodeSubscription({ topics }) })),
      },
      on,
    )
}

function syncer(peer: Peer, groupId: string) {
  return (
    memberId: string,
    generationId: number,
    assigned: readonly string[] = [],
    more: object = {},
    on?: BrokerConnection,
  ) =>
    peer.ask(
      SyncGroup,
      5,
      {
        groupId,
        generationId,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: assigned.map(id => ({
          memberId: id,
          assignment: encodeAssignment({ assignedPartitions: [{ topic: 't', partitions: [0] }] }),
        })),
        ...more,
      },
      on,
    )
}

export async function oneMember(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const join = joiner(peer, group)
  const sync = syncer(peer, group)
  const beat = (memberId: string, generationId: number, more: object = {}) =>
    peer.ask(Heartbeat, 4, { groupId: group, generationId, memberId, ...more })
  const describe = (version: number) =>
    peer.ask(DescribeGroups, version, { groups: [group], includeAuthorizedOperations: true })
  // Other groups are none of our business.
  const list = async (
    version: number,
    filters: { statesFilter?: string[]; typesFilter?: string[] } = {},
  ): Promise<void> => {
    const { groups } = await peer.settle(
      ListGroups,
      version,
      { statesFilter: [], typesFilter: [], ...filters },
      () => true,
    )
    peer.note(
      `ListGroups v${version}`,
      groups.filter(({ groupId }) => groupId === group),
    )
  }
  for (const version of [0, 5, 6])
    await peer.ask(DescribeGroups, version, { groups: [group], includeAuthorizedOperations: version > 3 })
  await peer.ask(JoinGroup, 9, {
    groupId: '',
    sessionTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
  })
  await join({ memberId: 'nobody' })
  await join({ sessionTimeoutMs: 1 })
  await join({ sessionTimeoutMs: 100_000_000 })
  await join({ protocolType: '' })
  await join({ names: [] })
  await sync('nobody', 1)
  await beat('nobody', 1)
  const { memberId } = await join()
  await describe(5)
  await beat(memberId, 0)
  await sync(memberId, 0)
  await join({ memberId })
  await describe(5)
  await join({ memberId })
  await join({ memberId: 'nobody' })
  await beat(memberId, 1)
  await beat(memberId, 2)
  await sync(memberId, 2)
  await sync(memberId, 1, [], { protocolName: 'roundrobin' })
  await sync(memberId, 1, [], { protocolType: 'connect' })
  await sync(memberId, 1, [], { groupInstanceId: 'static' })
  await sync(memberId, 1, [memberId])
  await sync(memberId, 1, [])
  await describe(5)
  for (const version of [0, 3, 4, 5]) await list(version)
  await list(5, { statesFilter: ['stable'], typesFilter: ['Classic'] })
  await list(5, { statesFilter: ['Empty'] })
  await list(5, { typesFilter: ['consumer'] })
  await beat(memberId, 1)
  await beat(memberId, 0)
  await beat(memberId, 1, { groupInstanceId: 'static' })
  await join({ protocolType: 'connect' })
  await join({ memberId, names: ['range', 'roundrobin'] })
  await sync(memberId, 2, [memberId])
  await join({ memberId, names: ['other'] })
  await join({ memberId, protocolType: 'connect' })
  await peer.ask(DeleteGroups, 2, { groupsNames: [group] })
  const leave = (members: readonly { memberId: string; groupInstanceId?: string | null }[], version = 5) =>
    peer.ask(LeaveGroup, version, { groupId: group, memberId: members[0]?.memberId ?? '', members })
  await leave([{ memberId: 'nobody' }])
  await leave([{ memberId: '', groupInstanceId: 'static' }])
  await leave([{ memberId: 'nobody' }], 2)
  await leave([{ memberId }])
  await leave([{ memberId }])
  await leave([{ memberId }], 1)
  await describe(5)
  await describe(6)
  await peer.ask(DeleteGroups, 2, { groupsNames: [group, `${group}-absent`] })
  await peer.ask(LeaveGroup, 5, { groupId: `${group}-absent`, memberId: '', members: [{ memberId: 'nobody' }] })
  await peer.ask(LeaveGroup, 2, { groupId: `${group}-absent`, memberId: 'nobody', members: [] })
  await peer.ask(LeaveGroup, 5, { groupId: '', memberId: '', members: [{ memberId: 'nobody' }] })
  await peer.ask(Heartbeat, 4, { groupId: '', generationId: 1, memberId: 'nobody' })
  await peer.ask(FindCoordinator, 3, { key: '', keyType: 7 })
  await peer.ask(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group, ''] })
  await peer.ask(FindCoordinator, 0, { key: group })
}

export async function olderJoins(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  for (const version of [2, 3]) {
    const { memberId } = await joiner(peer, `${group}-${version}`)({ version })
    await syncer(peer, `${group}-${version}`)(memberId, 1, [memberId])
    await joiner(peer, `${group}-${version}`)({ version, memberId })
  }
  await joiner(peer, `${group}-5`)({ version: 5 })
  await joiner(peer, `${group}-6`)({ version: 6, memberId: 'nobody' })
}

export async function twoMembers(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const [one, two] = [await peer.connect('one'), await peer.connect('two')]
  const join = joiner(peer, group)
  const sync = syncer(peer, group)
  const beat = (memberId: string, generationId: number) =>
    peer.ask(Heartbeat, 4, { groupId: group, generationId, memberId }, one)
  const a = (await join({ on: one, names: ['range', 'roundrobin'] })).memberId
  await join({ on: one, memberId: a, names: ['range', 'roundrobin'] })
  await sync(a, 1, [a], {}, one)
  const b = (await join({ on: two, names: ['roundrobin', 'range'] })).memberId
  const waiting = two.request(
    JoinGroup,
    {
      groupId: group,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: b,
      protocolType: 'consumer',
      protocols: ['range', 'sticky'].map(name => ({ name, metadata: encodeSubscription({ topics: ['t'] }) })),
    },
    { version: 9 },
  )
  // The other's heartbeat learns of it.
  await peer.settle(Heartbeat, 4, { groupId: group, generationId: 1, memberId: a }, ({ errorCode }) => errorCode !== 0)
  await beat(a, 1)
  await sync(a, 1, [], {}, one)
  await peer.ask(DescribeGroups, 5, { groups: [group] }, one)
  await join({ on: one, memberId: a, names: ['range', 'roundrobin'] })
  const joined = await waiting
  peer.note('the second member', [
    joined.errorCode,
    joined.generationId,
    joined.protocolName,
    joined.members.length,
    joined.leader === a,
  ])
  await beat(a, 2)
  await peer.ask(
    OffsetCommit,
    8,
    {
      groupId: group,
      memberId: a,
      generationIdOrMemberEpoch: 2,
      topics: [{ name: 'absent', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    },
    one,
  )
  const follower = two.request(
    SyncGroup,
    { groupId: group, generationId: 2, memberId: b, protocolType: 'consumer', protocolName: 'range', assignments: [] },
    { version: 5 },
  )
  await sync(a, 2, [a, b], {}, one)
  const { errorCode, assignment } = await follower
  peer.note("the follower's assignment", [errorCode, assignment.length > 0])
  await peer.ask(LeaveGroup, 5, { groupId: group, memberId: '', members: [{ memberId: a }] }, one)
  await peer.ask(Heartbeat, 4, { groupId: group, generationId: 2, memberId: b }, two)
  await join({ on: two, memberId: b, names: ['range'] })
  await sync(b, 3, [b], {}, two)
  await peer.ask(LeaveGroup, 5, { groupId: group, memberId: '', members: [{ memberId: b }] }, two)
  await peer.ask(DescribeGroups, 5, { groups: [group] }, one)
}

export async function staticMember(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const join = joiner(peer, group)
  const sync = syncer(peer, group)
  const { memberId } = await join({ groupInstanceId: 'i1' })
  await sync(memberId, 1, [memberId], { groupInstanceId: 'i1' })
  for (const version of [9, 8]) {
    const again = await join({ groupInstanceId: 'i1', version })
    await peer.ask(Heartbeat, 4, { groupId: group, generationId: 1, memberId, groupInstanceId: 'i1' })
    await peer.ask(Heartbeat, 4, { groupId: group, generationId: 1, memberId })
    await sync(again.memberId, 1, [], { groupInstanceId: 'i1' })
  }
  await join({ groupInstanceId: 'i1', memberId })
  await join({ groupInstanceId: 'i2', memberId })
  await join({ groupInstanceId: 'i1', names: ['roundrobin'] })
  await peer.ask(DescribeGroups, 5, { groups: [group] })
  await peer.ask(LeaveGroup, 5, {
    groupId: group,
    memberId: '',
    members: [
      { memberId: 'nobody', groupInstanceId: 'i1' },
      { memberId: '', groupInstanceId: 'i1' },
    ],
  })
  await peer.ask(DescribeGroups, 5, { groups: [group] })
}

export async function offsets(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  const topic = `${group}-t`
  const topicId = await peer.topic(topic, 2)
  const at = (partitionIndex: number, committedOffset = 5, committedMetadata: string | null = 'note') => ({
    partitionIndex,
    committedOffset,
    committedMetadata,
  })
  const commit = (version: number, partitions = [at(0)], more: object = {}, name = topic, id = topicId) =>
    peer.ask(OffsetCommit, version, {
      groupId: group,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name, topicId: id, partitions }],
      ...more,
    })
  const read = (
    version: number,
    names: readonly { name: string; topicId?: string; partitionIndexes: number[] }[] | null,
    more: object = {},
  ) =>
    version < 8
      ? peer.ask(OffsetFetch, version, {
          groupId: group,
          topics: names === null ? null : names.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })),
          groups: [],
          ...more,
        })
      : peer.ask(OffsetFetch, version, {
          groupId: '',
          topics: null,
          groups: [{ groupId: group, topics: names }],
          ...more,
        })
  await read(7, [{ name: topic, partitionIndexes: [0, 1] }])
  await read(8, [{ name: topic, partitionIndexes: [0, 1] }])
  await read(7, null)
  await read(9, null)
  await commit(8, [at(0)], { generationIdOrMemberEpoch: 3, memberId: 'nobody' })
  await commit(9, [at(0)], { generationIdOrMemberEpoch: 3, memberId: 'nobody' })
  await commit(8, [at(0)], { memberId: 'nobody' })
  for (const version of [2, 5, 8, 9, 10]) await commit(version)
  await commit(8, [at(1, 6, null), at(7)])
  await commit(8, [at(0, 1, 'x'.repeat(5000))])
  await commit(8, [at(0, -1)])
  await commit(8, [at(0)], {}, `${topic}-absent`)
  await commit(10, [at(0)], {}, topic, 'AAAAAAAAAAAAAAAAAAAAAQ')
  await commit(8, [at(0)], { groupId: '' })
  await commit(8, [at(0)], { generationIdOrMemberEpoch: 1, memberId: 'nobody' })
  for (const version of [1, 2, 5, 6, 7, 8, 9])
    await read(version, [
      { name: topic, partitionIndexes: [0, 1, 7] },
      { name: `${topic}-absent`, partitionIndexes: [0] },
    ])
  await read(10, [{ name: topic, topicId, partitionIndexes: [0, 7] }])
  await read(10, [{ name: topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionIndexes: [0] }])
  await read(8, null, { requireStable: true })
  await peer.ask(OffsetFetch, 8, {
    groupId: '',
    topics: null,
    groups: [{ groupId: '', topics: [{ name: topic, partitionIndexes: [0] }] }],
  })
  await peer.ask(OffsetFetch, 7, { groupId: '', topics: [{ name: topic, partitionIndexes: [0] }], groups: [] })
  const remove = (groupId: string, partitionIndex: number, name = topic) =>
    peer.ask(OffsetDelete, 0, { groupId, topics: [{ name, partitions: [{ partitionIndex }] }] })
  await remove(`${group}-absent`, 0)
  await remove('', 0)
  await remove(group, 7)
  await remove(group, 0, `${topic}-absent`)
  await remove(group, 0)
  await read(8, null)
  await peer.ask(DescribeGroups, 5, { groups: [group] })
  const join = joiner(peer, group)
  const { memberId } = await join({ topics: [topic] })
  await join({ memberId, topics: [topic] })
  await commit(8, [at(0)], { generationIdOrMemberEpoch: 1, memberId })
  await syncer(peer, group)(memberId, 1, [memberId])
  await commit(8, [at(0, 9)], { generationIdOrMemberEpoch: 1, memberId })
  await commit(8, [at(0)], { generationIdOrMemberEpoch: 2, memberId })
  await commit(8, [at(0)], { generationIdOrMemberEpoch: 1, memberId: 'nobody' })
  await commit(8, [at(0)])
  await commit(8, [at(0)], { generationIdOrMemberEpoch: -1, memberId })
  await commit(8, [at(0)], { generationIdOrMemberEpoch: 1, memberId, groupInstanceId: 'i' })
  await remove(group, 1)
  await remove(group, 0, `${topic}-absent`)
  await peer.ask(LeaveGroup, 5, { groupId: group, memberId: '', members: [{ memberId }] })
  await peer.ask(DeleteGroups, 2, { groupsNames: [group] })
  await read(8, null)
}
