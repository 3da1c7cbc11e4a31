import type { Cluster, Consumer, EachMessagePayload, PartitionAssigner } from '../../../../adapters/kafkajs/index.ts'
import { type Scenario, scenario } from '../scenario.ts'
import { come, next, numbered, reading, shown } from './reading.ts'

interface Joined {
  memberId: string
  leaderId: string
  memberAssignment: Record<string, number[]>
}

const named = ({ memberId, leaderId, ...rest }: Joined): object => ({
  ...rest,
  isLeader: memberId === leaderId,
  memberId: memberId.replace(/[0-9a-f-]{36}$/, '<id>'),
})

/** Until the members have so many partitions among them, as they were told last. */
function divided(consumers: readonly Consumer[], topic: () => string): (count: number) => Promise<number[][]> {
  const shares = new Map<Consumer, number[]>()
  for (const consumer of consumers)
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      shares.set(consumer, payload.memberAssignment[topic()] ?? [])
    })
  return async count => {
    await come(() => {
      const all = [...shares.values()].flat()
      return shares.size === consumers.length && all.length === count && new Set(all).size === count
    })
    return [...shares.values()].map(share => [...share].sort()).sort()
  }
}

export const groupScenarios: readonly Scenario[] = [
  scenario('consumer: joins a group', async stage => {
    const topic = await stage.topic('topic', 3)
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topics: [topic] })
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    stage.note('joined', named(await joined))
    stage.note('described', await described(consumer))
  }),

  scenario('consumer: joins a group without topics', async stage => {
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    stage.note('joined', named(await joined))
  }),

  scenario('consumer: describes a group that nobody is in', async stage => {
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await stage.call('described', () => consumer.describeGroup())
  }),

  scenario('consumer: two members divide a topic', async stage => {
    const topic = await stage.topic('topic', 4)
    const groupId = stage.unique('group')
    const config = { groupId, heartbeatInterval: 100, rebalanceTimeout: 5_000 }
    const members = [await stage.consumer(config), await stage.consumer(config)]
    const shares = divided(members, () => topic)
    for (const each of members) {
      await each.subscribe({ topics: [topic] })
      await each.run({ eachMessage: async () => {} })
    }
    stage.note('shares', await shares(4))
  }),

  scenario('consumer: a member comes and goes, and nothing is lost', async stage => {
    const topic = await stage.topic('topic', 4)
    const groupId = stage.unique('group')
    const config = { groupId, heartbeatInterval: 100, rebalanceTimeout: 5_000 }
    const seen: string[] = []
    const run = { eachMessage: async (payload: EachMessagePayload) => void seen.push(shown(payload)) }
    const first = await stage.consumer(config)
    await first.subscribe({ topics: [topic], fromBeginning: true })
    await first.run(run)
    const put = (from: number): Promise<void> =>
      stage.fill(
        topic,
        numbered(8, from).map((each, i) => ({ ...each, partition: i % 4 })),
      )
    await put(0)
    await come(() => seen.length === 8)
    const rebalancing = next(first, 'REBALANCING')
    const second = await stage.consumer(config)
    await second.subscribe({ topics: [topic], fromBeginning: true })
    await second.run(run)
    await rebalancing
    await put(8)
    await come(() => new Set(seen).size === 16)
    await second.disconnect()
    await put(16)
    await come(() => new Set(seen).size === 24)
    stage.note('seen', [...new Set(seen)].sort())
  }),

  scenario('consumer: a custom assigner', async stage => {
    const { MemberMetadata, MemberAssignment } = stage.library.AssignerProtocol
    const told: unknown[] = []
    const assigner: PartitionAssigner = ({ cluster, groupId, logger }) => ({
      name: 'Own',
      version: 3,
      protocol({ topics }) {
        told.push(topics, groupId, typeof logger.info)
        return { name: 'Own', metadata: MemberMetadata.encode({ version: 3, topics, userData: Buffer.from('mine') }) }
      },
      async assign({ members, topics }) {
        const [member] = members
        told.push(MemberMetadata.decode(member!.memberMetadata), topics)
        const partitions = cluster.findTopicPartitionMetadata(topics[0]!)
        told.push(partitions.map(({ partitionId, leader }) => [partitionId, typeof leader]))
        return [
          {
            memberId: member!.memberId,
            memberAssignment: MemberAssignment.encode({ version: 3, assignment: { [topics[0]!]: [1] } }),
          },
        ]
      },
    })
    const topic = await stage.topic('topic', 2)
    const consumer = await stage.consumer({ groupId: stage.unique('group'), partitionAssigners: [assigner] })
    await consumer.subscribe({ topics: [topic] })
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    stage.note('joined', named(await joined))
    stage.note('told', told)
  }),

  scenario('consumer: what an assigner can ask of the cluster', async stage => {
    let cluster: Cluster | undefined
    const assigner: PartitionAssigner = config => {
      cluster = config.cluster
      return stage.library.PartitionAssigners.roundRobin(config)
    }
    const [topic, other] = [await stage.topic('topic', 2), await stage.topic('other')]
    await stage.fill(
      topic,
      [1, 2, 3].map(second => ({ value: 'v', partition: 0, timestamp: `170000000${second}000` })),
    )
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId, partitionAssigners: [assigner] })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const [joined, committed] = [next<Joined>(consumer, 'GROUP_JOIN'), next(consumer, 'COMMIT_OFFSETS')]
    await consumer.run({ eachMessage: async () => {} })
    await Promise.all([joined, committed])
    await come(async () => (await cluster!.findGroupCoordinatorMetadata({ groupId })).errorCode === 0)
    stage.note('connected', cluster!.isConnected())
    stage.note('brokers', cluster!.getNodeIds().length)
    const partitions = [{ partition: 0 }, { partition: 1 }, { partition: 7 }]
    for (const [name, from] of [
      ['beginning', { fromBeginning: true }],
      ['end', { fromBeginning: false }],
      ['time', { fromTimestamp: 1_700_000_002_000 }],
      ['later', { fromTimestamp: 1_800_000_000_000 }],
    ] as const)
      await stage.call(name, async () =>
        // A broker tells them in any order, and kafkajs passes that on.
        (await cluster!.fetchTopicsOffset([{ topic, partitions, ...from }])).map(answer => ({
          ...answer,
          partitions: [...answer.partitions].sort((a, b) => a.partition - b.partition),
        })),
      )
    stage.note(
      'default',
      [true, false].map(fromBeginning => cluster!.defaultOffset({ fromBeginning })),
    )
    stage.note('leaders', Object.values(cluster!.findLeaderForPartitions(topic, [0, 1, 7])))
    stage.note('not known', cluster!.findTopicPartitionMetadata(other))
    await cluster!.addTargetTopic(other)
    stage.note('known', cluster!.findTopicPartitionMetadata(other).length)
    const coordinator = await cluster!.findGroupCoordinator({ groupId })
    const asked = partitions.slice(0, 2) as never
    await stage.call('offsets', () => coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: asked }] }))
    const { groups, ...rest } = await coordinator.describeGroups({ groupIds: [groupId] })
    stage.note('rest', rest)
    stage.note(
      'groups',
      groups.map(({ members, ...group }: { members: object[] }) => [group, members.length]),
    )
    const [nodeId] = cluster!.getNodeIds()
    const broker = await cluster!.findBroker({ nodeId: `${nodeId}` })
    stage.note(
      'topics',
      (await broker.metadata([topic])).topicMetadata.map(
        (each: { partitionMetadata: object[] }) => each.partitionMetadata.length,
      ),
    )
    stage.note('versions', typeof (await broker.apiVersions())[3]!.maxVersion)
    stage.note('controller', (await cluster!.findControllerBroker()).isConnected())
    await stage.call('no such broker', () => cluster!.findBroker({ nodeId: '99' }))
  }),

  scenario('consumer: an assigner that gives what nobody asked for', async stage => {
    const { MemberAssignment } = stage.library.AssignerProtocol
    const [topic, other] = [await stage.topic('topic'), await stage.topic('other')]
    const assigner: PartitionAssigner = config => ({
      ...stage.library.PartitionAssigners.roundRobin(config),
      async assign({ members }) {
        return members.map(({ memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version: 0, assignment: { [topic]: [0], [other]: [0] } }),
        }))
      },
    })
    const consumer = await stage.consumer({ groupId: stage.unique('group'), partitionAssigners: [assigner] })
    await consumer.subscribe({ topics: [topic] })
    const events = stage.watch(consumer, 'RECEIVED_UNSUBSCRIBED_TOPICS')
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    stage.note('joined', named(await joined))
    stage.note(
      'events',
      events.map(({ payload }) => ({ ...(payload as object), memberId: '' })),
    )
  }),

  scenario('consumer: the events of a batch', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(3))
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const events = stage.watch(consumer, 'START_BATCH_PROCESS', 'END_BATCH_PROCESS', 'COMMIT_OFFSETS', 'STOP')
    await consumer.run({ eachMessage: async () => {} })
    await come(() => events.length === 3)
    await consumer.stop()
    stage.note(
      'events',
      events.map(({ type, payload }) => ({ type, payload: payload && { ...payload, memberId: '' } })),
    )
  }),

  scenario('consumer: the events of fetches and heartbeats', async stage => {
    const topic = await stage.topic()
    const consumer = await stage.consumer({ groupId: stage.unique('group'), heartbeatInterval: 100 })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const events = [next(consumer, 'FETCH_START'), next(consumer, 'FETCH'), next(consumer, 'HEARTBEAT')]
    await consumer.run({ eachMessage: async () => {} })
    const [start, fetch, heartbeat] = await Promise.all(events)
    stage.note('start', start)
    stage.note('fetch', fetch)
    stage.note('heartbeat', Object.keys(heartbeat as object))
  }),

  scenario('consumer: several partitions at once', async stage => {
    let working = 0
    let most = 0
    const messages = Array.from({ length: 40 }, (_, i) => ({ value: String(i), partition: i % 4 }))
    const { seen } = await reading(stage, {
      partitions: 4,
      messages,
      run: {
        partitionsConsumedConcurrently: 3,
        eachMessage: async payload => {
          most = Math.max(most, ++working)
          await new Promise(resolve => setImmediate(resolve))
          seen.push(shown(payload))
          working--
        },
      },
    })
    await come(() => seen.length === 40)
    stage.note('most', most)
    for (let id = 0; id < 4; id++)
      stage.note(
        `partition ${id}`,
        seen.filter(text => text.startsWith(`${id}/`)),
      )
  }),

  scenario('consumer: heartbeat in handlers', async stage => {
    const calls: unknown[] = []
    await reading(stage, {
      messages: numbered(2),
      run: { eachMessage: async ({ heartbeat }) => void calls.push(await heartbeat()) },
    })
    await come(() => calls.length === 2)
    stage.note('calls', calls)
  }),
]

async function described(consumer: Consumer): Promise<object> {
  const { members, ...group } = await consumer.describeGroup()
  return {
    ...group,
    members: members.map(({ memberId, clientHost, ...member }) => ({
      ...member,
      memberId: memberId.replace(/[0-9a-f-]{36}$/, '<id>'),
    })),
  }
}
