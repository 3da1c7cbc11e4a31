import { describe, expect, test } from 'vitest'
import {
  AssignerProtocol,
  type EachBatchPayload,
  type PartitionAssigner,
  PartitionAssigners,
  type RebalanceEvent,
} from '../../../adapters/kafkajs/index.ts'
import { until } from '../../support/waiting.ts'
import { forever, next, numbered, type SeenMessage, Stage, seenOf, texts } from './fixture.ts'

interface Joined {
  groupId: string
  memberId: string
  leaderId: string
  isLeader: boolean
  memberAssignment: Record<string, number[]>
  groupProtocol: string
  duration: number
}

describe('a group', () => {
  test('is joined as the event tells', async () => {
    await using stage = new Stage({ partitions: 3 })
    const consumer = stage.consumer()
    await consumer.subscribe({ topic: 't' })
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    const payload = await joined
    expect(payload).toEqual({
      groupId: 'g',
      memberId: expect.stringMatching(/^kafkajs-/),
      leaderId: payload.memberId,
      isLeader: true,
      memberAssignment: { t: [0, 1, 2] },
      groupProtocol: 'RoundRobinAssigner',
      duration: expect.any(Number),
    })
    expect(stage.logged('INFO')).toContain('[ConsumerGroup] Consumer has joined the group')
  })

  test('is divided anew when another comes, and goes on where the first left off', async () => {
    await using stage = new Stage({ partitions: 2 })
    await stage.write(numbered(0, 20))
    const first = await stage.reading()
    await texts(first.seen, 20)
    const rebalancing = next(first.consumer, 'REBALANCING')
    const rejoined = next<Joined>(first.consumer, 'GROUP_JOIN')
    const second = await stage.reading()
    expect(await rebalancing).toEqual({ groupId: 'g', memberId: expect.any(String) })
    expect((await rejoined).memberAssignment['t']).toHaveLength(1)
    await stage.write(numbered(20, 20))
    await until(forever, () => first.seen.length + second.seen.length === 40)
    const all = [...first.seen, ...second.seen].map(({ text }) => Number(text))
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  test('has a handler told by its heartbeat that it is being divided', async () => {
    await using stage = new Stage({ partitions: 2 })
    await stage.write(numbered(0, 4))
    let told: unknown
    const first = await stage.reading(
      {},
      {
        eachMessage: undefined as never,
        eachBatch: async ({ heartbeat, isStale }: EachBatchPayload) => {
          if (told !== undefined) return
          await until(forever, isStale)
          await heartbeat().catch(error => {
            told = error
            throw error
          })
        },
      },
    )
    const rejoined = next(first.consumer, 'GROUP_JOIN')
    await stage.reading()
    await rejoined
    expect(told).toMatchObject({ name: 'KafkaJSProtocolError', type: 'REBALANCE_IN_PROGRESS' })
    expect(stage.logged('ERROR')).toEqual([])
  })

  test('has the topics of a subscription that nobody waited for', async () => {
    await using stage = new Stage()
    const consumer = stage.consumer()
    await consumer.connect()
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    void consumer.subscribe({ topics: ['t'] })
    void consumer.run({ eachMessage: async () => {} })
    expect((await joined).memberAssignment).toEqual({ t: [0] })
  })

  test('has members without topics', async () => {
    await using stage = new Stage()
    const consumer = stage.consumer()
    await consumer.connect()
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    expect((await joined).memberAssignment).toEqual({})
  })

  test('is described with what its members say, as bytes', async () => {
    await using stage = new Stage()
    const { consumer } = await stage.reading()
    const { members, ...group } = await consumer.describeGroup()
    expect(group).toMatchObject({
      groupId: 'g',
      state: 'Stable',
      protocol: 'RoundRobinAssigner',
      protocolType: 'consumer',
    })
    const [member] = members
    expect(AssignerProtocol.MemberMetadata.decode(member!.memberMetadata)).toMatchObject({ version: 0, topics: ['t'] })
    expect(AssignerProtocol.MemberAssignment.decode(member!.memberAssignment)!.assignment).toEqual({ t: [0] })
  })
})

describe('topics by a pattern', () => {
  test('are those that there are when it subscribes', async () => {
    await using stage = new Stage({ topics: [{ name: 'aa' }, { name: 'ab' }, { name: 'b' }] })
    const consumer = stage.consumer()
    await consumer.subscribe({ topics: [/^a/] })
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    expect(Object.keys((await joined).memberAssignment)).toEqual(['aa', 'ab'])
  })

  test('are refused where they are none', async () => {
    await using stage = new Stage()
    const consumer = stage.consumer()
    await expect(consumer.subscribe({} as never)).rejects.toThrow('Missing required argument "topics"')
    await expect(consumer.subscribe({ topics: 't' } as never)).rejects.toThrow('Argument "topics" must be an array')
    await expect(consumer.subscribe({ topics: [1] } as never)).rejects.toThrow(
      'Invalid topic 1 (number), the topic name has to be a String or a RegExp',
    )
    const running = await stage.reading()
    await expect(running.consumer.subscribe({ topic: 't' })).rejects.toThrow(
      'Cannot subscribe to topic while consumer is running',
    )
  })
})

describe('assigners', () => {
  test('of the user divide by what members told them', async () => {
    await using stage = new Stage({ partitions: 4 })
    const heard: string[] = []
    const odd =
      (name: string): PartitionAssigner =>
      ({ cluster }) => ({
        name: 'Odd',
        version: 7,
        protocol: ({ topics }) => ({
          name: 'Odd',
          metadata: AssignerProtocol.MemberMetadata.encode({ version: 7, topics, userData: Buffer.from(name) }),
        }),
        async assign({ members, topics }) {
          const all = cluster.findTopicPartitionMetadata(topics[0]!).map(({ partitionId }) => partitionId)
          return members.map(({ memberId, memberMetadata }) => {
            const user = AssignerProtocol.MemberMetadata.decode(memberMetadata)!.userData.toString()
            heard.push(user)
            const mine = all.filter(id => (user === 'odd') === (id % 2 === 1))
            return {
              memberId,
              memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 7, assignment: { t: mine } }),
            }
          })
        },
      })
    const first = await stage.reading({ partitionAssigners: [odd('even')] })
    const rejoined = next<Joined>(first.consumer, 'GROUP_JOIN')
    const second = stage.consumer({ partitionAssigners: [odd('odd')] })
    await second.subscribe({ topic: 't' })
    const joined = next<Joined>(second, 'GROUP_JOIN')
    await second.run({ eachMessage: async () => {} })
    expect((await rejoined).memberAssignment).toEqual({ t: [0, 2] })
    expect((await joined).memberAssignment).toEqual({ t: [1, 3] })
    expect(heard).toContain('odd')
  })

  test('that give topics nobody asked for are told of', async () => {
    await using stage = new Stage({ topics: [{ name: 't' }, { name: 'u' }] })
    const generous: PartitionAssigner = config => ({
      ...PartitionAssigners.roundRobin(config),
      async assign({ members }) {
        return members.map(({ memberId }) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 0, assignment: { t: [0], u: [0] } }),
        }))
      },
    })
    const consumer = stage.consumer({ partitionAssigners: [generous] })
    await consumer.subscribe({ topic: 't' })
    const told = next(consumer, 'RECEIVED_UNSUBSCRIBED_TOPICS')
    const joined = next<Joined>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    expect(await told).toEqual({
      groupId: 'g',
      generationId: 1,
      memberId: expect.any(String),
      assignedTopics: ['t', 'u'],
      topicsSubscribed: ['t'],
      topicsNotSubscribed: ['u'],
    })
    expect((await joined).memberAssignment).toEqual({ t: [0] })
  })

  test('that are cooperative interrupt nothing that stays', async () => {
    await using stage = new Stage({ partitions: 2 })
    const events: RebalanceEvent[] = []
    const config = { partitionAssigners: [PartitionAssigners.cooperativeSticky] }
    const first = await stage.reading({ ...config, rebalanceCallback: event => void events.push(event) })
    await stage.reading(config)
    await until(forever, () => events.length === 2)
    expect(events).toEqual([
      { type: 'assigned', partitions: [0, 1].map(partition => ({ topic: 't', partition })) },
      { type: 'revoked', partitions: [{ topic: 't', partition: expect.any(Number) }] },
    ])
    await first.consumer.disconnect()
  })
})

test('the broker divides with groupProtocol consumer', async () => {
  await using stage = new Stage({ partitions: 2 })
  await stage.write(numbered(0, 4))
  const { consumer, seen } = await stage.reading({ groupProtocol: 'consumer' })
  await texts(seen, 4)
  await consumer.stop()
  expect([(await stage.committed(0)).offset, (await stage.committed(1)).offset]).toEqual(['2', '2'])
})

test('several partitions are worked on at once, each in order', async () => {
  await using stage = new Stage({ partitions: 3 })
  await stage.write(numbered(0, 30))
  let working = 0
  let most = 0
  const seen: SeenMessage[] = []
  await stage.reading(
    {},
    {
      partitionsConsumedConcurrently: 2,
      eachMessage: async payload => {
        most = Math.max(most, ++working)
        await new Promise(resolve => setImmediate(resolve))
        seen.push(seenOf(payload))
        working--
      },
    },
  )
  await until(forever, () => seen.length === 30)
  expect(most).toBe(2)
  for (const id of [0, 1, 2]) {
    const offsets = seen.filter(({ partition }) => partition === id).map(({ offset }) => Number(offset))
    expect(offsets).toEqual(Array.from({ length: 10 }, (_, i) => i))
  }
})

test('a handler that takes longer than maxPollInterval has its partitions given back until it is done', async () => {
  await using stage = new Stage()
  await stage.write(numbered(0, 2))
  let finish: () => void = () => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  const seen: string[] = []
  const { consumer } = await stage.reading(
    { maxPollInterval: 100 },
    {
      eachMessage: async ({ message }) => {
        seen.push(message.offset)
        if (seen.length === 1) await finished
      },
    },
  )
  await until(forever, async () => (await consumer.describeGroup()).state === 'Empty')
  const joined = next(consumer, 'GROUP_JOIN')
  finish()
  await joined
  await until(forever, () => seen.length === 3)
  expect(seen).toEqual(['0', '0', '1'])
})

test('a static member that is back within the session has its partitions, and nobody is interrupted', async () => {
  await using stage = new Stage({ partitions: 2 })
  const first = await stage.reading()
  const joined = next<Joined>(first.consumer, 'GROUP_JOIN')
  const second = await stage.reading({ groupInstanceId: 'b' })
  await joined
  const rebalances: unknown[] = []
  first.consumer.on(first.consumer.events.REBALANCING, event => void rebalances.push(event))
  await second.consumer.disconnect()
  const third = stage.consumer({ groupInstanceId: 'b' })
  await third.subscribe({ topic: 't' })
  const back = next<Joined>(third, 'GROUP_JOIN')
  await third.run({ eachMessage: async () => {} })
  expect((await back).memberAssignment['t']).toHaveLength(1)
  expect(rebalances).toEqual([])
})
