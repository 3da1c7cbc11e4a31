import { beforeAll, describe, expect, test } from 'vitest'
import { type Client, ErrorCode, type KafkaError } from '../src/index.ts'
import { ConsumerGroupHeartbeat } from '../src/protocol/consumer-group-heartbeat.ts'
import { ShareGroupHeartbeat } from '../src/protocol/share-group-heartbeat.ts'
import { administration, administrationOfThree, codeOf, stageOf } from '../test/support/administration.ts'
import { cancellations } from '../test/support/cancellations.ts'
import { denials } from '../test/support/denials.ts'
import { unless } from '../test/support/left-out.ts'
import { versions } from './full.ts'
import { credentials, startKafka } from './kafka/index.ts'
import { noKafka, noSharedKafka, sharedKafka } from './shared.ts'

// What administrators do with the Client on a cluster that checks who may do what, and that nobody else uses.
describe.each(versions)('an administrator of Kafka %s', unless(noKafka), version => {
  const old = version.startsWith('2.')
  const stage = stageOf(async () => {
    const cluster = await startKafka({
      version,
      listeners: ['SASL'],
      config: {
        'authorizer.class.name': old
          ? 'kafka.security.authorizer.AclAuthorizer'
          : 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'delegation.token.secret.key': 'a secret of all brokers',
        // So that one can be made to hang.
        'transaction.partition.verification.enable': false,
      },
    })
    const guarded = cluster.nodes[0]!.addressOf('SASL')
    return { brokers: cluster.brokers, guarded, credentials, stop: () => cluster.stop() }
  })
  const { newTopic } = stage
  let client: Client
  beforeAll(() => {
    client = stage.client
  })

  administration(stage, old)
  // Older ones lack many of these calls.
  if (version.startsWith('4.')) {
    denials(stage, 'kafka')
    cancellations(stage)
  }

  test('the controllers, and features that cannot be', async () => {
    if (old) return
    const quorum = await client.describeQuorum()
    expect(quorum.error).toBeNull()
    expect(quorum.leaderId).toBe(1)
    expect(quorum.voters.map(({ replicaId }) => replicaId)).toEqual([1])
    expect(quorum.highWatermark).toBeGreaterThan(0)
    const features = await client.describeFeatures()
    const level = features.finalizedFeatures['metadata.version']!.max
    const update = async (level: number, upgradeType: 'Upgrade' | 'SafeDowngrade'): Promise<boolean> => {
      const updates = [{ feature: 'metadata.version', level, upgradeType }]
      const { error, errors } = await client.updateFeatures({ updates, validateOnly: true })
      // From 4.0 on the whole has the error.
      return [error, ...Object.values(errors)].every(each => each === null)
    }
    expect(await update(30_000, 'Upgrade')).toBe(false)
    expect(await update(level + 1, 'SafeDowngrade')).toBe(false)
    expect(codeOf((await client.unregisterBroker({ brokerId: 99 })).error)).toBe(ErrorCode.BrokerIDNotRegistered)
    const voter = { voterId: 9, voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAACQ' }
    expect((await client.removeRaftVoter(voter)).error).not.toBeNull()
    const listeners = [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }]
    expect((await client.addRaftVoter({ ...voter, listeners, timeout: 1000 })).error).not.toBeNull()
  })

  test('settings of groups and of clients’ metrics, and what has any', async () => {
    if (!version.startsWith('4.')) return
    await client.incrementalAlterConfigs({
      resources: [
        {
          resourceType: 'ClientMetrics',
          resourceName: 'all',
          configs: [
            { name: 'metrics', value: 'org.apache.kafka.producer.' },
            { name: 'interval.ms', value: '60000' },
          ],
        },
        {
          resourceType: 'group',
          resourceName: 'g',
          configs: [{ name: 'consumer.session.timeout.ms', value: '50000' }],
        },
      ],
    })
    const list = async () => (await client.listConfigResources({ resourceTypes: ['ClientMetrics', 'Group'] })).resources
    await expect.poll(list, { timeout: 10_000 }).toEqual(
      expect.arrayContaining([
        { type: 16, name: 'all' },
        { type: 32, name: 'g' },
      ]),
    )
    const resources = [
      { resourceType: 'group' as const, resourceName: 'g', configNames: ['consumer.session.timeout.ms'] },
      { resourceType: 'ClientMetrics' as const, resourceName: 'all', configNames: ['interval.ms'] },
    ]
    const told = await client.describeConfigs({ resources })
    expect(told.resources.flatMap(({ configEntries }) => configEntries.map(({ configValue }) => configValue))).toEqual([
      '50000',
      '60000',
    ])
    // Offered by brokers alone that have a plugin for it.
    const error = await client.getTelemetrySubscriptions().catch((error: Error) => error.cause)
    expect(codeOf(error as KafkaError)).toBe(ErrorCode.UnsupportedVersion)
  })

  test('groups of the newer protocols are described, or said not to be there', async () => {
    if (!version.startsWith('4.')) return
    const asked = { groupIds: ['missing', 'absent'] }
    const described = [
      await client.describeConsumerGroups(asked),
      await client.describeShareGroups(asked),
      await client.describeStreamsGroups(asked),
    ]
    for (const { groups } of described)
      expect(groups.map(({ groupId, error }) => [groupId, codeOf(error)])).toEqual([
        ['missing', ErrorCode.GroupIdNotFound],
        ['absent', ErrorCode.GroupIdNotFound],
      ])
    const offsets = await client.describeShareGroupOffsets({ groups: [{ groupId: 'missing' }] })
    expect(offsets.groups.map(({ groupId }) => groupId)).toEqual(['missing'])
    const topics = { missing: [{ partition: 0, startOffset: 1 }] }
    expect((await client.alterShareGroupOffsets({ groupId: 'missing', topics })).topics).toBeDefined()
    const deleted = await client.deleteShareGroupOffsets({ groupId: 'missing', topics: ['missing'] })
    expect(codeOf(deleted.error)).toBe(ErrorCode.GroupIdNotFound)
  })

  test('groups of the newer protocols are described with their members, and share groups go on where they are told', async () => {
    if (!version.startsWith('4.')) return
    const topic = await newTopic('shared')
    await client.produce({ topic, partition: 0, records: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] })
    const member = { memberId: 'AAAAAAAAAAAAAAAAAAAAAQ', memberEpoch: 0, subscribedTopicNames: [topic] }
    const joined = await client.roundTrip(ConsumerGroupHeartbeat, {
      ...member,
      groupId: 'newer',
      rebalanceTimeoutMs: 10_000,
      topicPartitions: [],
    })
    expect(joined.errorCode).toBe(0)
    const consumers = async () => (await client.describeConsumerGroups({ groupIds: ['newer'] })).groups[0]!
    expect((await consumers()).error).toBeNull()
    expect((await consumers()).members).toMatchObject([
      { memberId: member.memberId, subscribedTopics: [topic], classic: false },
    ])
    await expect
      .poll(async () => (await consumers()).members[0]!.targetAssignment, { timeout: 10_000 })
      .toEqual({ [topic]: [0] })
    let epoch = 0
    const beat = async (memberEpoch: number): Promise<number> => {
      const response = await client.roundTrip(ShareGroupHeartbeat, { ...member, groupId: 'sharing', memberEpoch })
      epoch = response.memberEpoch
      return response.errorCode
    }
    expect(await beat(0)).toBe(0)
    const sharers = async () => (await client.describeShareGroups({ groupIds: ['sharing'] })).groups[0]!
    expect((await sharers()).members).toMatchObject([{ memberId: member.memberId, subscribedTopics: [topic] }])
    const assigned = async () => {
      // The first beats only have the group's state made.
      await beat(epoch)
      return (await sharers()).members[0]!.assignment
    }
    await expect.poll(assigned, { timeout: 20_000, interval: 500 }).toEqual({ [topic]: [0] })
    const start = { groupId: 'sharing', topics: { [topic]: [{ partition: 0, startOffset: 2 }] } }
    expect(codeOf((await client.alterShareGroupOffsets(start)).error)).toBe(ErrorCode.NonEmptyGroup)
    expect(await beat(-1)).toBe(0)
    const altered = async () => {
      const { error, topics } = await client.alterShareGroupOffsets(start)
      return [codeOf(error), codeOf(topics[topic]?.[0]?.error)]
    }
    await expect.poll(altered, { timeout: 10_000 }).toEqual([0, 0])
    const offsets = async () =>
      (await client.describeShareGroupOffsets({ groups: [{ groupId: 'sharing' }] })).groups[0]!
    expect((await offsets()).topics[topic]).toMatchObject([{ partition: 0, startOffset: 2, lag: 1, error: null }])
    const { groups } = await client.listGroups({ types: ['share', 'consumer'] })
    expect(groups.map(({ groupId, groupType }) => [groupId, groupType]).sort()).toEqual([
      ['newer', 'consumer'],
      ['sharing', 'share'],
    ])
    const deleted = await client.deleteShareGroupOffsets({ groupId: 'sharing', topics: [topic] })
    expect(deleted).toMatchObject({ error: null, errors: { [topic]: null } })
  })
})

describe('an administrator of three nodes', unless(noSharedKafka(3)), () => {
  administrationOfThree(async () => (await sharedKafka(3)).brokers)
})
