import { describe, expect, test } from 'vitest'
import type { BrokerConfig } from '../../src/broker/index.ts'
import { ErrorCode } from '../../src/index.ts'
import { ConsumerGroupDescribe } from '../../src/protocol/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { CreateAcls } from '../../src/protocol/create-acls.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { random } from '../support/random.ts'
import { open } from './open.ts'

const id = (n: number): string => `${'A'.repeat(20)}${String.fromCharCode(65 + Math.floor(n / 4))}${'AQgw'[n % 4]}`

type Owned = { topicId: string; partitions: number[] }[]

// Time is the test's own.
async function group(config: BrokerConfig = {}, topics = [{ name: 't', partitions: 4 }]) {
  const clock = new ManualClock()
  const opened = open({ clock, topics, ...config })
  const on = await opened.connect()
  const beat = (memberId: string, memberEpoch: number, more: object = {}) =>
    on.request(ConsumerGroupHeartbeat, { groupId: 'g', memberId, memberEpoch, ...more }, { version: 1 })
  const join = (memberId: string, more: object = {}) =>
    beat(memberId, 0, {
      rebalanceTimeoutMs: 10_000,
      topicPartitions: [],
      subscribedTopicNames: ['t'],
      serverAssignor: 'range',
      ...more,
    })
  const told = async () =>
    (await on.request(ConsumerGroupDescribe, { groupIds: ['g'], includeAuthorizedOperations: false })).groups[0]!
  const create = (name: string, numPartitions = 1) =>
    on.request(CreateTopics, { topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }] })
  return { ...opened, clock, on, beat, join, told, create }
}

function partitionsOf(owned: Owned | undefined): number[] {
  return (owned ?? []).flatMap(({ partitions }) => partitions)
}

describe('a member of a consumer group', () => {
  test('that is not heard of for its session timeout is out, and what it had is free', async () => {
    const { clock, beat, join, told } = await group()
    const { assignment } = await join(id(0))
    await join(id(1))
    clock.advance(44_999)
    expect(await beat(id(1), 3)).toMatchObject({ errorCode: 0, memberEpoch: 3, assignment: null })
    expect((await told()).members).toHaveLength(2)
    clock.advance(1)
    expect((await told()).members).toHaveLength(1)
    expect(await beat(id(0), 2)).toMatchObject({ errorCode: ErrorCode.UnknownMemberId })
    expect(await beat(id(1), 3)).toMatchObject({ memberEpoch: 4, assignment })
  })

  test('that does not let go within its rebalance timeout is out', async () => {
    const { clock, beat, join, told } = await group()
    const { assignment } = await join(id(0))
    await join(id(1))
    expect(await beat(id(0), 2, assignment!)).toMatchObject({ memberEpoch: 2, assignment: {} })
    clock.advance(9_999)
    expect(await beat(id(0), 2)).toMatchObject({ errorCode: 0, memberEpoch: 2 })
    expect(await beat(id(1), 3)).toMatchObject({ errorCode: 0, assignment: null })
    clock.advance(1)
    expect(await beat(id(0), 2)).toMatchObject({ errorCode: ErrorCode.UnknownMemberId })
    expect(partitionsOf((await beat(id(1), 3)).assignment?.topicPartitions)).toEqual([0, 1, 2, 3])
    expect((await told()).groupState).toBe('Stable')
  })

  test('of a static kind is kept its partitions until its session ends', async () => {
    const { clock, beat, join, told } = await group()
    await join(id(0), { instanceId: 'i' })
    await join(id(1), { instanceId: 'j' })
    clock.advance(44_000)
    expect(await beat(id(1), 3)).toMatchObject({ errorCode: 0 })
    expect(await beat(id(0), -2, { instanceId: 'i' })).toMatchObject({ errorCode: 0, memberEpoch: -2 })
    expect((await told()).members.map(({ memberEpoch }) => memberEpoch).sort()).toEqual([-2, 3])
    clock.advance(1_000)
    expect((await told()).members).toHaveLength(1)
    expect(partitionsOf((await beat(id(1), 3)).assignment?.topicPartitions)).toEqual([0, 1, 2, 3])
  })

  test('that comes back under another id goes on where its instance stopped, without a new epoch', async () => {
    const { beat, join, told } = await group()
    const { assignment } = await join(id(0), { instanceId: 'i' })
    expect(await join(id(1), { instanceId: 'i' })).toMatchObject({ errorCode: ErrorCode.UnreleasedInstanceID })
    await beat(id(0), -2, { instanceId: 'i' })
    expect(await join(id(1), { instanceId: 'i' })).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment })
    expect(await told()).toMatchObject({ groupEpoch: 2, groupState: 'Stable' })
    expect(await beat(id(0), 2, { instanceId: 'i' })).toMatchObject({ errorCode: ErrorCode.FencedInstanceID })
  })

  test('that lost an answer says its former epoch again, and is taken for who it is', async () => {
    const { beat, join } = await group()
    const [{ topicId }] = (await join(id(0))).assignment!.topicPartitions as [Owned[number]]
    await beat(id(0), 2, { subscribedTopicNames: ['t', 'u'] })
    const again = (partitions: number[]) => beat(id(0), 2, { topicPartitions: [{ topicId, partitions }] })
    expect(await again([0, 1])).toMatchObject({ errorCode: 0, memberEpoch: 3 })
    expect(await again([7])).toMatchObject({ errorCode: ErrorCode.FencedMemberEpoch })
    expect(await beat(id(0), 2)).toMatchObject({ errorCode: ErrorCode.FencedMemberEpoch })
    expect(await beat(id(0), 1)).toMatchObject({ errorCode: ErrorCode.FencedMemberEpoch })
  })

  test('takes the id of another away from it', async () => {
    const { beat, join, told } = await group()
    await join(id(0))
    await join(id(1), { instanceId: 'i' })
    await beat(id(1), -2, { instanceId: 'i' })
    expect(await join(id(0), { instanceId: 'i' })).toMatchObject({ errorCode: 0 })
    expect((await told()).members.map(({ memberId, instanceId }) => [memberId, instanceId])).toEqual([[id(0), 'i']])
  })
})

describe('a target', () => {
  // 4.4.0 makes targets while it answers, the first of a group at once, others not before
  // group.consumer.assignment.interval.ms (1000 there) have passed: it was asked.
  test('is not made before the assignment interval has passed', async () => {
    const { clock, beat, join, told } = await group({ configs: { 'group.consumer.assignment.interval.ms': '1000' } })
    expect(await join(id(0))).toMatchObject({ memberEpoch: 2 })
    expect(await join(id(1))).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: [] } })
    expect(await told()).toMatchObject({ groupState: 'Assigning', groupEpoch: 3, assignmentEpoch: 2 })
    clock.advance(999)
    expect(await beat(id(1), 2)).toMatchObject({ memberEpoch: 2 })
    clock.advance(1)
    expect(await beat(id(1), 2)).toMatchObject({ memberEpoch: 3 })
    expect(await told()).toMatchObject({ groupState: 'Reconciling', assignmentEpoch: 3 })
    // A group that was empty does not wait.
    await beat(id(0), -1)
    await beat(id(1), -1)
    expect(partitionsOf((await join(id(0))).assignment!.topicPartitions)).toEqual([0, 1, 2, 3])
  })

  test('is that of the assignor most members ask for', async () => {
    const { beat, join, told } = await group()
    await join(id(0), { serverAssignor: 'uniform' })
    await join(id(1), { serverAssignor: 'range' })
    await join(id(2), { serverAssignor: 'range' })
    expect(await told()).toMatchObject({ assignorName: 'range' })
    await beat(id(2), -1)
    await beat(id(1), -1)
    expect(await told()).toMatchObject({ assignorName: 'uniform' })
  })

  test.each(['uniform', 'range'])('of %s members that read different topics is as even as it can be', async name => {
    const topics = Array.from({ length: 6 }, (_, i) => ({ name: `t${i}`, partitions: 1 + i }))
    const { join, told } = await group({}, topics)
    const chance = random(name === 'uniform' ? 1 : 2)
    for (let i = 0; i < 9; i++) {
      const names = topics.filter(() => chance() < 0.5).map(each => each.name)
      await join(id(i), { subscribedTopicNames: [...names, 't5'], serverAssignor: name })
    }
    const { members } = await told()
    const targets = members.map(({ targetAssignment, subscribedTopicNames }) => ({
      names: subscribedTopicNames,
      topics: targetAssignment.topicPartitions,
      load: partitionsOf(targetAssignment.topicPartitions).length,
    }))
    const given = targets.flatMap(({ topics: all }) =>
      all.flatMap(({ topicName, partitions }) => partitions.map(partition => `${topicName} ${partition}`)),
    )
    expect(new Set(given).size).toBe(given.length)
    for (const { names, topics: all } of targets) for (const { topicName } of all) expect(names).toContain(topicName)
    const read = topics.filter(each => targets.some(({ names }) => names.includes(each.name)))
    expect(given).toHaveLength(read.reduce((sum, { partitions }) => sum + partitions, 0))
    if (name === 'uniform')
      for (const rich of targets)
        for (const { topicName } of rich.topics)
          for (const poor of targets) if (poor.names.includes(topicName)) expect(rich.load - poor.load).toBeLessThan(2)
  })
})

describe('members that come and go', () => {
  // Each goes on as a client does: it lets go of what it is told to, then says so.
  test.each([1, 2, 3, 4, 5, 6])(
    'never have a partition at once, and all have their share in the end (seed %i)',
    async seed => {
      const chance = random(seed)
      const { beat, join, told } = await group({}, [
        { name: 't', partitions: 7 },
        { name: 'u', partitions: 3 },
      ])
      interface Client {
        epoch: number
        owned: Owned
        told: Owned
      }
      const clients = new Map<string, Client>()
      const hear = (memberId: string, client: Client, answer: Awaited<ReturnType<typeof beat>>): void => {
        if (answer.errorCode === ErrorCode.FencedMemberEpoch || answer.errorCode === ErrorCode.UnknownMemberId) {
          clients.delete(memberId)
          return
        }
        expect(answer.errorCode).toBe(0)
        client.epoch = answer.memberEpoch
        if (answer.assignment !== null) client.told = answer.assignment.topicPartitions
      }
      const meet = (client: Client): void => {
        client.owned = client.told
        const all = [...clients.values()].flatMap(({ owned }) =>
          owned.flatMap(({ topicId, partitions }) => partitions.map(partition => `${topicId} ${partition}`)),
        )
        expect(new Set(all).size).toBe(all.length)
      }
      const say = async (memberId: string, client: Client): Promise<void> =>
        hear(memberId, client, await beat(memberId, client.epoch, { topicPartitions: client.owned }))
      for (let step = 0; step < 150; step++) {
        const memberId = id(Math.floor(chance() * 6))
        const client = clients.get(memberId)
        const what = chance()
        if (client === undefined) {
          const fresh: Client = { epoch: 0, owned: [], told: [] }
          clients.set(memberId, fresh)
          const names = chance() < 0.3 ? ['t'] : ['t', 'u']
          const assignor = chance() < 0.5 ? 'uniform' : 'range'
          hear(memberId, fresh, await join(memberId, { subscribedTopicNames: names, serverAssignor: assignor }))
        } else if (what < 0.1) {
          clients.delete(memberId)
          await beat(memberId, -1)
        } else if (what < 0.5) meet(client)
        else await say(memberId, client)
      }
      for (let round = 0; round < 4 && (await told()).groupState !== 'Stable'; round++)
        for (const [memberId, client] of clients) {
          meet(client)
          await say(memberId, client)
          meet(client)
          await say(memberId, client)
        }
      if (clients.size === 0) return
      expect((await told()).groupState).toBe('Stable')
    },
  )
})

describe('topics', () => {
  test('that come and go later are divided anew', async () => {
    const { beat, join, create, client } = await group({ autoCreateTopics: false }, [])
    expect(await join(id(0))).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: [] } })
    await create('other')
    expect(await beat(id(0), 2)).toMatchObject({ memberEpoch: 2, assignment: null })
    await create('t', 2)
    const { memberEpoch, assignment } = await beat(id(0), 2)
    expect([memberEpoch, partitionsOf(assignment?.topicPartitions)]).toEqual([3, [0, 1]])
    await client.deleteTopics({ topics: ['t'] })
    expect(await beat(id(0), 3)).toMatchObject({ memberEpoch: 3, assignment: { topicPartitions: [] } })
    expect(await beat(id(0), 3, { topicPartitions: [] })).toMatchObject({ memberEpoch: 4 })
  })

  test('of a pattern are found behind its first heartbeat, and new ones ten seconds later at the earliest', async () => {
    const { clock, beat, join, create, told } = await group({}, [{ name: 'one', partitions: 1 }])
    const pattern = { serverAssignor: null, subscribedTopicNames: null, subscribedTopicRegex: 'o.*|t.*' }
    expect(await join(id(0), pattern)).toMatchObject({ memberEpoch: 1, assignment: { topicPartitions: [] } })
    const first = await beat(id(0), 1)
    expect([first.memberEpoch, partitionsOf(first.assignment?.topicPartitions)]).toEqual([2, [0]])
    await create('two')
    await create('never')
    await beat(id(0), 2)
    expect(await beat(id(0), 2)).toMatchObject({ memberEpoch: 2 })
    clock.advance(10_001)
    await beat(id(0), 2)
    const later = await beat(id(0), 2)
    expect([later.memberEpoch, partitionsOf(later.assignment?.topicPartitions)]).toEqual([3, [0, 0]])
    expect(await told()).toMatchObject({ members: [{ subscribedTopicRegex: 'o.*|t.*', subscribedTopicNames: [] }] })
    expect(await beat(id(0), 3, { subscribedTopicRegex: '(' })).toMatchObject({
      errorCode: ErrorCode.InvalidRegularExpression,
    })
    expect(await beat(id(0), 3)).toMatchObject({ errorCode: 0 })
  })
})

describe('a group', () => {
  test('that is empty is of the kind of who joins next, and keeps its offsets', async () => {
    const { on, beat, join } = await group()
    const commit = { groupId: 'g', memberId: '', generationIdOrMemberEpoch: -1 }
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }]
    await on.request(OffsetCommit, { ...commit, topics: [{ name: 't', partitions }] }, { version: 9 })
    const kind = async () => {
      const { groups } = await on.request(ListGroups, { statesFilter: [], typesFilter: [] })
      return groups.map(({ groupType, groupState }) => `${groupType} ${groupState}`)
    }
    const offset = async () => {
      const asked = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }
      const { groups } = await on.request(OffsetFetch, { groupId: '', topics: null, groups: [asked] }, { version: 9 })
      return groups[0]!.topics[0]!.partitions[0]!.committedOffset
    }
    expect([await kind(), await offset()]).toEqual([['classic Empty'], 7])
    await join(id(0))
    expect([await kind(), await offset()]).toEqual([['consumer Stable'], 7])
    await beat(id(0), -1)
    expect([await kind(), await offset()]).toEqual([['consumer Empty'], 7])
    const classic = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '' }
    const protocols = [{ name: 'range', metadata: new Uint8Array([1]) }]
    const asked = { ...classic, protocolType: 'consumer', protocols }
    const { memberId } = await on.request(JoinGroup, asked)
    await on.request(JoinGroup, { ...asked, memberId })
    expect([await kind(), await offset()]).toEqual([['classic CompletingRebalance'], 7])
    await on.request(LeaveGroup, { groupId: 'g', memberId: '', members: [{ memberId }] })
    expect(await join(id(0))).toMatchObject({ errorCode: 0, memberEpoch: 2 })
    await beat(id(0), -1)
    expect((await on.request(DeleteGroups, { groupsNames: ['g'] })).results[0]!.errorCode).toBe(0)
    expect(await beat(id(0), 2)).toMatchObject({ errorCode: ErrorCode.GroupIdNotFound })
  })

  test('whose first heartbeat is refused is none', async () => {
    const { join, told } = await group()
    const pattern = { subscribedTopicNames: null, subscribedTopicRegex: '(' }
    expect(await join(id(0), pattern)).toMatchObject({ errorCode: ErrorCode.InvalidRegularExpression })
    expect(await told()).toMatchObject({ errorCode: ErrorCode.GroupIdNotFound })
  })

  test('that is full takes nobody, but a static member that is back', async () => {
    const { beat, join } = await group({ configs: { 'group.consumer.max.size': '1' } })
    expect(await join(id(0), { instanceId: 'i' })).toMatchObject({ errorCode: 0 })
    expect(await join(id(1))).toMatchObject({ errorCode: ErrorCode.GroupMaxSizeReached })
    await beat(id(0), -2, { instanceId: 'i' })
    expect(await join(id(1), { instanceId: 'i' })).toMatchObject({ errorCode: 0 })
  })

  test('whose members have taken up all there is of room takes no more of them', async () => {
    const { join, told } = await group({ limits: { members: 1 } })
    expect(await join(id(0))).toMatchObject({ errorCode: 0 })
    expect(await join(id(1))).toMatchObject({ errorCode: ErrorCode.GroupMaxSizeReached })
    const small = await group({ limits: { memberBytes: 10_000 } }, [{ name: 't', partitions: 100 }])
    expect(await small.join(id(0))).toMatchObject({ errorCode: ErrorCode.GroupMaxSizeReached })
    const names = Array.from({ length: 1_000 }, (_, i) => `absent-${i}`)
    expect(await small.join(id(0), { subscribedTopicNames: names })).toMatchObject({
      errorCode: ErrorCode.GroupMaxSizeReached,
    })
    expect(await small.join(id(0), { subscribedTopicNames: ['u'] })).toMatchObject({ errorCode: 0 })
    expect((await told()).members).toHaveLength(1)
  })

  test('gives back all that its members took up', async () => {
    const { beat, join } = await group({ limits: { memberBytes: 3_000 } })
    for (let i = 0; i < 50; i++) {
      expect(await join(id(i))).toMatchObject({ errorCode: 0 })
      await beat(id(i), i % 2 === 0 ? -1 : i)
      await beat(id(i), -1)
    }
  })

  test('goes by configs of its own, within bounds', async () => {
    const { on, beat, join } = await group()
    const set = async (name: string, value: string | null) => {
      const configs = [{ name, value, configOperation: value === null ? 1 : 0 }]
      const resources = [{ resourceType: 32, resourceName: 'g', configs }]
      const { responses } = await on.request(IncrementalAlterConfigs, { resources, validateOnly: false })
      return responses[0]!.errorCode
    }
    expect(await set('consumer.heartbeat.interval.ms', '4999')).toBe(ErrorCode.InvalidConfiguration)
    expect(await set('consumer.heartbeat.interval.ms', '15001')).toBe(ErrorCode.InvalidConfiguration)
    expect(await set('consumer.heartbeat.interval.ms', '6000')).toBe(0)
    expect(await join(id(0))).toMatchObject({ heartbeatIntervalMs: 6_000 })
    expect(await set('consumer.heartbeat.interval.ms', null)).toBe(0)
    expect(await beat(id(0), 2)).toMatchObject({ heartbeatIntervalMs: 5_000 })
  })

  test('is none where the cluster was not told to have any', async () => {
    const { join, told } = await group({ features: { 'transaction.version': 2 } })
    expect(await join(id(0))).toMatchObject({ errorCode: ErrorCode.UnsupportedVersion })
    expect(await told()).toMatchObject({ errorCode: ErrorCode.UnsupportedVersion })
  })
})

describe('access rules', () => {
  test('are asked about the group, about each topic named, and about each a pattern matches', async () => {
    const { on, beat, join, told } = await group(
      { authorizer: true, configs: { 'allow.everyone.if.no.acl.found': 'true' } },
      ['t', 'hidden'].map(name => ({ name, partitions: 1 })),
    )
    const allowOther = (resourceType: number, resourceName: string) =>
      on.request(CreateAcls, {
        creations: [
          {
            resourceType,
            resourceName,
            resourcePatternType: 3,
            principal: 'User:other',
            host: '*',
            operation: 2,
            permissionType: 3,
          },
        ],
      })
    await allowOther(2, 'hidden')
    expect(await join(id(0), { subscribedTopicNames: ['t', 'hidden'] })).toMatchObject({
      errorCode: ErrorCode.TopicAuthorizationFailed,
    })
    await join(id(0), { serverAssignor: null, subscribedTopicNames: null, subscribedTopicRegex: '.*' })
    const { memberEpoch, assignment } = await beat(id(0), 1)
    expect([memberEpoch, partitionsOf(assignment?.topicPartitions)]).toEqual([2, [0]])
    await allowOther(2, 't')
    expect(await told()).toMatchObject({ errorCode: ErrorCode.TopicAuthorizationFailed, members: [] })
    await allowOther(3, 'g')
    expect(await beat(id(0), 2)).toMatchObject({ errorCode: ErrorCode.GroupAuthorizationFailed })
    expect(await told()).toMatchObject({ errorCode: ErrorCode.GroupAuthorizationFailed })
  })
})

describe('a broker that is closed', () => {
  test('leaves no timer of a consumer group behind', async () => {
    const { broker, clock, beat, join } = await group()
    const { assignment } = await join(id(0), { instanceId: 'i' })
    await join(id(1))
    await beat(id(0), 2, assignment!)
    expect(clock.pending).toBeGreaterThan(2)
    await broker.close()
    expect(clock.pending).toBe(0)
  })
})
