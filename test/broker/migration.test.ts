import { describe, expect, test } from 'vitest'
import {
  CooperativeStickyGroupBalancer,
  type Reader,
  type ReaderConfig,
  StickyGroupBalancer,
  type TopicPartition,
} from '../../src/index.ts'
import { ConsumerGroupDescribe } from '../../src/protocol/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'

const soon = (): AbortSignal => AbortSignal.timeout(20_000)
const quick = {
  'group.consumer.assignment.interval.ms': '0',
  'group.consumer.min.heartbeat.interval.ms': '20',
  'group.consumer.heartbeat.interval.ms': '20',
  'group.consumer.min.session.timeout.ms': '500',
  'group.consumer.session.timeout.ms': '1000',
}

function cluster(configs: Record<string, string> = {}, more: object = {}): Embedded {
  return new Embedded({ partitions: 6, configs: { ...quick, ...configs }, ...more })
}

/** A member that reads for as long as it is open. */
function member(kafka: Embedded, config: Partial<ReaderConfig>) {
  const owned = new Set<number>()
  const values: string[] = []
  const forget = (partitions: readonly TopicPartition[]): void => {
    for (const { partition } of partitions) owned.delete(partition)
  }
  const reader: Reader = kafka.reader({
    groupId: 'g',
    sessionTimeout: 1_000,
    rebalanceTimeout: 2_000,
    joinGroupBackoff: 20,
    ...(config.protocol !== 'consumer' && { heartbeatInterval: 20 }),
    onAssigned: partitions => {
      for (const { partition } of partitions) owned.add(partition)
    },
    onRevoked: forget,
    onLost: forget,
    ...config,
  })
  const over = (async () => {
    for await (const message of reader) {
      values.push(message.text())
      await reader.commitMessages(message)
    }
  })()
  return {
    owned,
    values,
    async close() {
      await reader.close()
      await over
    },
  }
}

async function kindOf(kafka: Embedded): Promise<string | undefined> {
  const { groups } = await kafka.transport.roundTrip(kafka.broker.addresses, ListGroups, { statesFilter: [] })
  return groups.find(({ groupId }) => groupId === 'g')?.groupType
}

describe.each([
  ['eager', {}],
  ['sticky', { groupBalancers: [new StickyGroupBalancer()] }],
  ['cooperative', { groupBalancers: [new CooperativeStickyGroupBalancer()] }],
] as [string, Partial<ReaderConfig>][])('a group of %s members', (_name, config) => {
  test('goes over to the consumer protocol and back member by member: nothing is lost or read twice', async () => {
    await using kafka = cluster()
    const members = [member(kafka, config), member(kafka, config)]
    const all = [...members]
    const settled = (count: number): Promise<void> =>
      until(soon(), () => {
        const owned = members.flatMap(each => [...each.owned])
        return (
          members.length === count &&
          owned.length === 6 &&
          new Set(owned).size === 6 &&
          members.every(each => each.owned.size > 0)
        )
      })
    const add = (given: Partial<ReaderConfig>): void => {
      const one = member(kafka, given)
      members.push(one)
      all.push(one)
    }
    let written = 0
    const write = async (): Promise<void> => {
      await kafka.write(numbered(written, written + 60))
      written += 60
      await until(soon(), () => new Set(all.flatMap(({ values }) => values)).size === written)
    }
    await settled(2)
    await write()
    add({ protocol: 'consumer' })
    await settled(3)
    expect(await kindOf(kafka)).toBe('consumer')
    await write()
    await members.shift()!.close()
    await settled(2)
    add({ protocol: 'consumer' })
    await members.shift()!.close()
    await settled(2)
    await write()
    add(config)
    await settled(3)
    expect(await kindOf(kafka)).toBe('consumer')
    await members.shift()!.close()
    await members.shift()!.close()
    await settled(1)
    await until(soon(), async () => (await kindOf(kafka)) === 'classic')
    add(config)
    await settled(2)
    await write()
    await Promise.all(members.map(each => each.close()))
    expect(all.flatMap(({ values }) => values)).toHaveLength(written)
  })
})

const joining = {
  groupId: 'g',
  memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  memberEpoch: 0,
  rebalanceTimeoutMs: 5_000,
  subscribedTopicNames: ['t'],
  topicPartitions: [],
}

async function asked(kafka: Embedded): Promise<number> {
  return (await kafka.transport.roundTrip(kafka.broker.addresses, ConsumerGroupHeartbeat, joining)).errorCode
}

test.each([
  ['disabled', ErrorCode.GroupIdNotFound],
  ['downgrade', ErrorCode.GroupIdNotFound],
  ['upgrade', 0],
  ['bidirectional', 0],
])('policy %s: a member by heartbeats is answered %i by a classic group', async (policy, errorCode) => {
  await using kafka = cluster({ 'group.consumer.migration.policy': policy })
  const first = member(kafka, {})
  await until(soon(), () => first.owned.size === 6)
  expect(await asked(kafka)).toBe(errorCode)
  expect(await kindOf(kafka)).toBe(errorCode === 0 ? 'consumer' : 'classic')
  await first.close()
})

test('policy upgrade: a group whose last members are classic ones stays a consumer group', async () => {
  await using kafka = cluster({ 'group.consumer.migration.policy': 'upgrade' })
  const first = member(kafka, { protocol: 'consumer' })
  await until(soon(), () => first.owned.size === 6)
  const second = member(kafka, {})
  await until(soon(), () => second.owned.size === 3)
  const { groups } = await kafka.transport.roundTrip(kafka.broker.addresses, ConsumerGroupDescribe, {
    groupIds: ['g'],
    includeAuthorizedOperations: false,
  })
  expect(groups[0]!.members.map(({ memberType }) => memberType).sort()).toEqual([0, 1])
  await first.close()
  await until(soon(), () => second.owned.size === 6)
  expect(await kindOf(kafka)).toBe('consumer')
  await second.close()
})

test('a group that is none of consumers, or whose members say nonsense, is not converted', async () => {
  for (const [protocolType, metadata] of [
    ['connect', new Uint8Array([0, 0])],
    ['consumer', new Uint8Array([0])],
  ] as const) {
    await using kafka = cluster()
    const join = (memberId: string) =>
      kafka.transport.roundTrip(kafka.broker.addresses, JoinGroup, {
        groupId: 'g',
        sessionTimeoutMs: 5_000,
        rebalanceTimeoutMs: 5_000,
        memberId,
        protocolType,
        protocols: [{ name: 'range', metadata }],
      })
    const { generationId, memberId } = await join((await join('')).memberId)
    await kafka.transport.roundTrip(kafka.broker.addresses, SyncGroup, {
      groupId: 'g',
      generationId,
      memberId,
      protocolType,
      protocolName: 'range',
      assignments: [],
    })
    expect(await asked(kafka)).toBe(ErrorCode.GroupIdNotFound)
    expect(await kindOf(kafka)).toBe('classic')
  }
})

test('what is refused for another reason leaves the classic group as it was', async () => {
  await using kafka = cluster()
  const first = member(kafka, {})
  await until(soon(), () => first.owned.size === 6)
  const request = { ...joining, subscribedTopicNames: [], subscribedTopicRegex: '(' }
  const { errorCode } = await kafka.transport.roundTrip(kafka.broker.addresses, ConsumerGroupHeartbeat, request)
  expect(errorCode).toBe(ErrorCode.InvalidRegularExpression)
  expect(await kindOf(kafka)).toBe('classic')
  await kafka.write(numbered(0, 6))
  await until(soon(), () => first.values.length === 6)
  await first.close()
})

test('a classic member that does not join again in time is out, and others have what it had', async () => {
  await using kafka = cluster()
  let stuck = false
  kafka.broker.control(JoinGroup, () => (stuck ? 'hang' : undefined))
  const first = member(kafka, { rebalanceTimeout: 300, sessionTimeout: 60_000 })
  await until(soon(), () => first.owned.size === 6)
  stuck = true
  const second = member(kafka, { protocol: 'consumer' })
  await until(soon(), () => second.owned.size === 6)
  stuck = false
  await Promise.all([first.close(), second.close()])
})

test('members are counted once, however often their group goes over and back', async () => {
  await using kafka = cluster({}, { limits: { members: 3 } })
  const stays = member(kafka, {})
  for (let round = 0; round < 4; round++) {
    const guest = member(kafka, { protocol: 'consumer' })
    await until(soon(), () => guest.owned.size === 3 && stays.owned.size === 3)
    await guest.close()
    await until(soon(), async () => stays.owned.size === 6 && (await kindOf(kafka)) === 'classic')
  }
  await stays.close()
})
