import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { Fetch } from '../../../src/protocol/fetch.ts'
import { Heartbeat } from '../../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../../src/protocol/join-group.ts'
import { OffsetCommit } from '../../../src/protocol/offset-commit.ts'
import { until } from '../../support/waiting.ts'
import { forever, next, numbered, type SeenMessage, Stage, seenOf, texts } from './fixture.ts'

interface Crash {
  error: Error & { type?: string }
  restart: boolean
}

describe('a member', () => {
  test('that the coordinator has forgotten joins anew, and goes on from what is committed', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    // The coordinator, which has forgotten nothing, waits so long for its former self.
    const { consumer, seen } = await stage.reading({ sessionTimeout: 500, rebalanceTimeout: 500 })
    await texts(seen, 3)
    await until(forever, async () => (await stage.committed()).offset === '3')
    const joined = next(consumer, 'GROUP_JOIN')
    stage.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.UnknownMemberId }))
    await joined
    await stage.write(numbered(3, 1))
    expect(await texts(seen, 4)).toEqual(['0', '1', '2', '3'])
    expect(stage.logged('ERROR')).toContain(
      '[Runner] The coordinator is not aware of this member, re-joining the group',
    )
  })

  test('that is told so by a commit loses nothing, and does not crash', async () => {
    await using stage = new Stage()
    // The coordinator, which has forgotten nothing, waits so long for its former self.
    const { consumer, seen } = await stage.reading({ sessionTimeout: 500, rebalanceTimeout: 500 })
    let crashed = false
    consumer.on(consumer.events.CRASH, () => {
      crashed = true
    })
    stage.spoil(OffsetCommit, 1, ({ topics }) => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: ErrorCode.UnknownMemberId })),
      })),
    }))
    await stage.write(numbered(0, 2))
    await until(forever, async () => (await stage.committed()).offset === '2')
    expect([new Set(seen.map(({ text }) => text)), crashed]).toEqual([new Set(['0', '1']), false])
  })

  test('whose handler is still at work when its partition is lost and comes back does not begin another beside it', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 2))
    let finish: () => void = () => {}
    const finished = new Promise<void>(resolve => {
      finish = resolve
    })
    let working = 0
    let most = 0
    const seen: string[] = []
    const { consumer } = await stage.reading(
      { sessionTimeout: 500, rebalanceTimeout: 500 },
      {
        partitionsConsumedConcurrently: 2,
        eachMessage: async ({ message }) => {
          most = Math.max(most, ++working)
          if (seen.push(message.offset) === 1) await finished
          working--
        },
      },
    )
    await until(forever, () => seen.length === 1)
    const joined = next(consumer, 'GROUP_JOIN')
    const fetched = joined.then(() => next(consumer, 'FETCH'))
    stage.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.UnknownMemberId }))
    await fetched
    finish()
    await until(forever, () => seen.length === 3)
    expect([seen, most]).toEqual([['0', '0', '1'], 1])
  })

  test('that may not join crashes for good, and run resolves all the same', async () => {
    await using stage = new Stage()
    stage.spoil(JoinGroup, 1_000, ({ memberId }) => ({
      errorCode: ErrorCode.GroupAuthorizationFailed,
      protocolName: null,
      leader: '',
      memberId,
      members: [],
    }))
    const consumer = stage.consumer()
    await consumer.subscribe({ topic: 't' })
    const crash = next<Crash>(consumer, 'CRASH')
    await consumer.run({ eachMessage: async () => {} })
    const { error, restart } = await crash
    expect([error.type, restart]).toEqual(['GROUP_AUTHORIZATION_FAILED', false])
  })

  test('keeps its partitions however long its handler takes', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 1))
    const seen: SeenMessage[] = []
    const joins: unknown[] = []
    let beats = 0
    stage.broker.control(Heartbeat, () => void beats++)
    const consumer = stage.consumer({ sessionTimeout: 1_000, heartbeatInterval: 100 })
    consumer.on(consumer.events.GROUP_JOIN, event => void joins.push(event))
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    await consumer.run({
      eachMessage: async payload => {
        // Longer than two sessions.
        await until(forever, () => beats > 20)
        seen.push(seenOf(payload))
      },
    })
    await until(forever, async () => (await stage.committed()).offset === '1')
    expect([joins.length, seen.length]).toEqual([1, 1])
  })
})

describe('records that were damaged', () => {
  const damaging = (stage: Stage, times: number, damage: (records: Uint8Array) => void) =>
    stage.spoil(Fetch, times, async (_, context) => {
      const answer = (await context.apply())!
      const [topic] = answer.responses
      const [partition] = topic?.partitions ?? []
      const records = new Uint8Array(partition?.records ?? [])
      if (records.length > 0) damage(records)
      return { ...answer, responses: topic ? [{ ...topic, partitions: [{ ...partition, records }] }] : [] }
    })

  test('on their way are never handed out, and are when they come whole', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 6), { batchSize: 3 })
    damaging(stage, 1, records => {
      records[records.length - 3]! ^= 1
    })
    const { seen } = await stage.reading()
    expect(await texts(seen, 6)).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  test('for good are a crash, which trying again may end', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 1))
    damaging(stage, Number.POSITIVE_INFINITY, records => {
      records[65]! ^= 1
    })
    const consumer = stage.consumer({ retry: { retries: 0, initialRetryTime: 5, restartOnFailure: async () => false } })
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const crash = next<Crash>(consumer, 'CRASH')
    await consumer.run({ eachMessage: () => Promise.reject(new Error('nobody is to see this')) })
    const { error } = await crash
    expect(error.name).toBe('KafkaJSNumberOfRetriesExceeded')
    expect(error.message).toContain('t/0 at offset 0')
  })
})

test('a topic that is deleted and made anew is read from where a new one is', async () => {
  await using stage = new Stage()
  await stage.write(numbered(0, 3))
  const { consumer, seen } = await stage.reading()
  let crashed: unknown
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crashed = payload.error
  })
  await texts(seen, 3)
  await until(forever, async () => (await stage.committed()).offset === '3')
  const admin = stage.kafka().admin()
  await admin.connect()
  await admin.deleteTopics({ topics: ['t'] })
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  await admin.disconnect()
  await stage.write(numbered(3, 2))
  expect(await texts(seen, 5)).toEqual(['0', '1', '2', '3', '4'])
  await until(forever, async () => (await stage.committed()).offset === '2')
  expect(crashed).toBeUndefined()
})

test('what others wrote while a group that began at the end was divided is not lost', async () => {
  await using stage = new Stage({ partitions: 2 })
  const seen: SeenMessage[] = []
  const run = { eachMessage: async (payload: Parameters<typeof seenOf>[0]) => void seen.push(seenOf(payload)) }
  const first = stage.consumer()
  await first.subscribe({ topic: 't' })
  const fetched = next(first, 'FETCH')
  await first.run(run)
  await fetched
  const rebalancing = next(first, 'REBALANCING')
  const second = stage.consumer()
  await second.subscribe({ topic: 't' })
  const running = second.run(run)
  await rebalancing
  await stage.write(numbered(0, 4))
  await running
  await texts(seen, 4)
})

test('a consumer outlasts a broker that is away for a while', async () => {
  await using stage = new Stage({ brokers: 3, partitions: 3 })
  const { consumer, seen } = await stage.reading()
  let crashed: unknown
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crashed = payload.error
  })
  await stage.write(numbered(0, 4))
  await texts(seen, 4)
  stage.broker.stopBroker(1)
  await stage.write(numbered(4, 4))
  await until(forever, () => new Set(seen.map(({ text }) => text)).size === 8)
  expect(crashed).toBeUndefined()
})
