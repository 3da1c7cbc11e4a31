import { describe, expect, test } from 'vitest'
import { ConfigResourceTypes, type ITopicConfig } from '../../../adapters/kafkajs/index.ts'
import { AlterConfigs } from '../../../src/protocol/alter-configs.ts'
import { DeleteGroups } from '../../../src/protocol/delete-groups.ts'
import { DeleteRecords } from '../../../src/protocol/delete-records.ts'
import { DescribeConfigs } from '../../../src/protocol/describe-configs.ts'
import { ListOffsets } from '../../../src/protocol/list-offsets.ts'
import { Metadata } from '../../../src/protocol/metadata.ts'
import { open } from './open.ts'

const topics = [{ name: 't', partitions: 6 }]

test('topics are made of what says how, be it text, and what else is in them is passed over', async () => {
  const { admin } = open()
  const client = await admin()
  const topic = { topic: 't', numPartitions: '2', replicationFactor: '1', owner: 'me' } as unknown as ITopicConfig
  expect(await client.createTopics({ topics: [topic] })).toBe(true)
  expect((await client.fetchTopicMetadata({ topics: ['t'] })).topics[0]!.partitions).toHaveLength(2)
})

test('offsets are looked up by a timestamp that is text, as messages have it', async () => {
  const { broker, admin } = open({ topics: [{ name: 't' }] })
  const client = await admin()
  const times: unknown[] = []
  broker.control(ListOffsets, ({ topics }) => void times.push(topics[0]!.partitions[0]!.timestamp))
  await client.fetchTopicOffsetsByTimestamp('t', '1700000000000' as never)
  expect(times).toContain(1_700_000_000_000)
})

describe('an admin of three brokers', () => {
  test('asks each broker for its own settings', async () => {
    const { broker, admin } = open({ brokers: 3 })
    const asked: [string, number][] = []
    for (const api of [DescribeConfigs, AlterConfigs])
      broker.control(api as typeof DescribeConfigs, ({ resources }, { brokerId }) => {
        for (const { resourceName } of resources) asked.push([resourceName, brokerId])
      })
    const client = await admin()
    const type = ConfigResourceTypes.BROKER
    const resources = ['3', '1', '2'].map(name => ({ type, name, configNames: ['message.max.bytes'] }))
    await client.describeConfigs({ resources, includeSynonyms: false })
    expect(asked.sort()).toEqual([1, 2, 3].map(id => [`${id}`, id]))
    asked.length = 0
    const configEntries = [{ name: 'message.max.bytes', value: '2000000' }]
    await client.alterConfigs({ resources: [{ type, name: '2', configEntries }], validateOnly: true })
    expect(asked).toEqual([['2', 2]])
  })

  test('asks leaders for offsets, and to delete records', async () => {
    const { broker, admin } = open({ brokers: 3, topics })
    const asked = new Map<string, Set<number>>()
    const see = (api: string, brokerId: number): void =>
      void (asked.get(api) ?? asked.set(api, new Set()).get(api)!).add(brokerId)
    broker.control(ListOffsets, (_, { brokerId }) => see('ListOffsets', brokerId) as undefined)
    broker.control(DeleteRecords, (_, { brokerId }) => see('DeleteRecords', brokerId) as undefined)
    const client = await admin()
    expect((await client.fetchTopicOffsets('t')).map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5])
    const partitions = [0, 1, 2, 3, 4, 5].map(partition => ({ partition, offset: '-1' }))
    await client.deleteTopicRecords({ topic: 't', partitions })
    for (const api of ['ListOffsets', 'DeleteRecords']) expect([...asked.get(api)!].sort()).toEqual([1, 2, 3])
  })

  test('goes where a leader has moved to', async () => {
    const { broker, admin } = open({ brokers: 3, topics: [{ name: 't', partitions: 1 }] })
    const client = await admin()
    for (const id of [2, 3, 1]) {
      broker.moveLeader('t', 0, id)
      expect(await client.fetchTopicOffsets('t')).toEqual([{ partition: 0, offset: '0', high: '0', low: '0' }])
    }
  })

  test('goes to each group’s coordinator, also where that has moved to', async () => {
    const { broker, admin } = open({ brokers: 3, topics })
    const asked: [string, number][] = []
    const client = await admin()
    const groups = ['a', 'b', 'c']
    for (const [at, groupId] of groups.entries()) {
      broker.moveCoordinator('group', groupId, at + 1)
      await client.setOffsets({ groupId, topic: 't', partitions: [{ partition: 0, offset: '3' }] })
    }
    expect((await client.listGroups()).groups.map(({ groupId }) => groupId).sort()).toEqual(groups)
    for (const [at, groupId] of groups.entries()) broker.moveCoordinator('group', groupId, ((at + 1) % 3) + 1)
    expect((await client.describeGroups(groups)).groups.map(({ groupId, state }) => [groupId, state])).toEqual(
      groups.map(groupId => [groupId, 'Empty']),
    )
    broker.control(DeleteGroups, ({ groupsNames }, { brokerId }) => {
      for (const groupId of groupsNames) asked.push([groupId, brokerId])
    })
    expect(await client.deleteGroups(groups)).toEqual(groups.map(groupId => ({ groupId, errorCode: 0 })))
    expect(asked.sort()).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', 1],
    ])
  })

  test('works while a broker is down, and after it came back', async () => {
    const { broker, admin } = open({ brokers: 3 })
    const client = await admin()
    broker.crashBroker(1)
    expect(await client.createTopics({ topics: [{ topic: 'a', replicationFactor: 1 }] })).toBe(true)
    expect(await client.listTopics()).toContain('a')
    broker.startBroker(1)
    broker.crashBroker(2)
    expect(await client.createTopics({ topics: [{ topic: 'b', replicationFactor: 1 }] })).toBe(true)
    broker.startBroker(2)
    await client.deleteTopics({ topics: ['a', 'b'] })
    expect(await client.listTopics()).toEqual([])
  })
})

describe('an admin', () => {
  test('asks again on a new connection where one was lost', async () => {
    const { broker, admin } = open({ topics })
    const client = await admin()
    let left = 2
    broker.control(Metadata, () => (left-- > 0 ? 'drop' : undefined))
    expect(await client.listTopics()).toEqual(['t'])
  })

  test('that is disconnected while it waits ends the call', async () => {
    const { broker, admin } = open({ topics })
    const client = await admin({ retry: { retries: 0 } })
    const asked = new Promise<void>(resolve => {
      broker.control(ListOffsets, () => {
        resolve()
        return 'hang'
      })
    })
    const offsets = client.fetchTopicOffsets('t').catch((error: Error) => error)
    await asked
    await client.disconnect()
    expect(await offsets).toMatchObject({ name: expect.stringMatching(/^KafkaJS/) })
  })

  test('serves calls that were taken off it, and takes others in their place', async () => {
    const { admin } = open({ topics })
    const client = await admin()
    const { listTopics } = client
    expect(await listTopics()).toEqual(['t'])
    client.listTopics = async () => ['patched', ...(await listTopics())]
    expect(await client.listTopics()).toEqual(['patched', 't'])
  })

  test('deletes no access rule by an empty name, which to brokers is none', async () => {
    const { admin } = open({ superUsers: ['User:ANONYMOUS'] })
    const client = await admin()
    const rule = { resourceType: 2, resourcePatternType: 3, operation: 3, permissionType: 3 } as const
    await client.createAcls({ acl: [{ ...rule, resourceName: 't', principal: 'User:bob', host: '*' }] })
    for (const name of [{ resourceName: '' }, { principal: '' }, { host: '' }]) {
      const { filterResponses } = await client.deleteAcls({ filters: [{ ...rule, ...name }] })
      expect(filterResponses.map(({ matchingAcls }) => matchingAcls)).toEqual([[]])
    }
    expect((await client.describeAcls(rule)).resources).toHaveLength(1)
  })

  test('tells both names of a move, kafkajs’s and the one in its types', async () => {
    const { broker, admin } = open({ brokers: 3 })
    const client = await admin()
    await client.createTopics({ topics: [{ topic: 'm', replicaAssignment: [{ partition: 0, replicas: [1] }] }] })
    const free = broker.holdReplica(2, { topic: 'm' })
    const topics = [{ topic: 'm', partitionAssignment: [{ partition: 0, replicas: [2] }] }]
    await client.alterPartitionReassignments({ topics })
    const move = { replicas: [2, 1], addingReplicas: [2], removingReplicas: [1] }
    expect(await client.listPartitionReassignments({})).toEqual({
      topics: [{ name: 'm', topic: 'm', partitions: [{ partition: 0, partitionIndex: 0, ...move }] }],
    })
    free()
  })
})
