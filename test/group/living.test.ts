import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import type { Clock } from '../../src/base/clock.ts'
import { Client } from '../../src/client/client.ts'
import { RangeGroupBalancer } from '../../src/group/balancers/range.ts'
import type { Generation } from '../../src/group/generation.ts'
import { encodeAssignment } from '../../src/protocol/consumer-protocol.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { numbered } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const always = Number.POSITIVE_INFINITY

/** Keeps a generation from ending by itself; the answer tells why it did. */
function held(generation: Generation): Promise<unknown> {
  return new Promise(resolve =>
    generation.start(async signal => {
      await new Promise<void>(over => signal.addEventListener('abort', () => over()))
      resolve((signal.reason as Error).cause)
    }),
  )
}

describe('a member that waits for others', () => {
  test('waits for their join as long as they may take, however short its own times are', async () => {
    await using kafka = new Embedded({ partitions: 4 })
    const slow = kafka.group({ rebalanceTimeout: 20_000, sessionTimeout: 20_000 })
    let finish!: () => void
    ;(await slow.next()).start(() => new Promise(resolve => (finish = resolve)))
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    const ours = kafka.group({ rebalanceTimeout: 150, timeout: 100 })
    const waiting = ours.next()
    await until(soon(), () => joins.count >= 4)
    const next = slow.next()
    finish()
    expect((await waiting).assignments['t']).toHaveLength(2)
    await next
  })

  test('waits for the leader’s division, and asks again for one that got lost', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    const syncs = kafka.spoil(SyncGroup, 1, () => 'hang')
    await kafka.group({ sessionTimeout: 3_000, heartbeatInterval: 20, timeout: 100, rebalanceTimeout: 10_000 }).next()
    expect(syncs.count).toBe(2)
  })

  test.each([
    ['divides after a minute', 60_000, 1],
    ['has died', Number.POSITIVE_INFINITY, 2],
  ])(
    'waits for a leader that %s, however short its own times are, and nobody is told',
    async (_, milliseconds, share) => {
      using clock = new LeapingClock()
      await using kafka = new Embedded({
        clock,
        partitions: 2,
        transport: { clock },
        configs: { 'group.initial.rebalance.delay.ms': '1000' },
      })
      await using transport = new Transport({
        clock,
        natives,
        adapter: memory(kafka.broker, natives),
        clientId: 'leader',
      })
      let joined = false
      kafka.broker.control(JoinGroup, ({ memberId }, { clientId }) => {
        joined ||= clientId === 'leader' && memberId !== ''
      })
      kafka.broker.control(SyncGroup, async (_, { clientId }) => {
        if (clientId !== 'leader') return undefined
        if (milliseconds === Number.POSITIVE_INFINITY) return 'hang'
        await clock.sleep(milliseconds)
        return undefined
      })
      const leader = kafka.group({ transport, sessionTimeout: 100_000, rebalanceTimeout: 300_000, timeout: 300_000 })
      const leading = leader.next().catch(() => {})
      await clock.until(() => joined)
      const ours = kafka.group({
        sessionTimeout: 6_000,
        rebalanceTimeout: 2_000,
        timeout: 1_000,
        heartbeatInterval: 500,
      })
      const { assignments } = await ours.next()
      expect(assignments['t']).toHaveLength(share)
      expect(clock.monotonic()).toBeGreaterThan(60_000)
      await leader.close()
      await leading
    },
    60_000,
  )

  test('gives up a coordinator that is silent on every connection, and finds the next', async () => {
    await using kafka = new Embedded({ brokers: 2, transport: { requestTimeout: 300 } })
    kafka.broker.moveCoordinator('group', 'g', 1)
    let silent = false
    const hang = (_: unknown, { brokerId }: { brokerId: number }) =>
      silent && brokerId === 1 ? ('hang' as const) : undefined
    kafka.broker.control(FindCoordinator, hang)
    kafka.broker.control(JoinGroup, (request, context) => {
      if (request.memberId !== '' && context.brokerId === 1) silent = true
      return hang(request, context)
    })
    const group = kafka.group({ rebalanceTimeout: 60_000, timeout: 200 })
    // That it is silent may be told.
    const waiting = (async () => {
      for (const signal = soon(); ; signal.throwIfAborted()) {
        const generation = await group.next({ signal }).catch(() => undefined)
        if (generation !== undefined) return generation
      }
    })()
    await until(soon(), () => silent)
    kafka.broker.moveCoordinator('group', 'g', 2)
    expect((await waiting).assignments['t']).toHaveLength(1)
  })

  test('follows a coordinator that moves while it waits', async () => {
    await using kafka = new Embedded({ brokers: 2 })
    kafka.broker.moveCoordinator('group', 'g', 1)
    let waits = false
    kafka.broker.control(JoinGroup, ({ memberId }, { brokerId }) => {
      if (memberId === '' || brokerId === 2) return undefined
      waits = true
      return 'hang'
    })
    // What it is told of a move is asked again within that time, which a busy machine needs.
    const waiting = kafka.group({ rebalanceTimeout: 60_000, timeout: 2_000 }).next()
    await until(soon(), () => waits)
    kafka.broker.moveCoordinator('group', 'g', 2)
    await waiting
  })
})

describe('heartbeats', () => {
  test('go out while offsets are unstable, for longer than a session', async () => {
    await using kafka = new Embedded()
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    const beats = kafka.spoil(Heartbeat, 0, () => undefined)
    kafka.broker.control(OffsetFetch, async (_, context) => {
      const answer = (await context.apply())!
      if (beats.count < 30)
        for (const { topics } of answer.groups!)
          for (const { partitions } of topics!)
            for (const partition of partitions!)
              Object.assign(partition, { committedOffset: -1, errorCode: ErrorCode.UnstableOffsetCommit })
      return answer
    })
    const group = kafka.group({ sessionTimeout: 300 })
    for (let generation: Generation | undefined; generation === undefined; )
      generation = await group.next().catch(() => undefined)
    expect(joins.count).toBe(2)
  })

  test('of a hidden page, whose timers run once a minute, ride on the answers to fetches', async () => {
    await using kafka = new Embedded({ transport: { clock: slowTimers(60_000) } })
    const beats = kafka.spoil(Heartbeat, 0, () => undefined)
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    const reader = kafka.reader({
      groupId: 'g',
      heartbeatInterval: 100,
      sessionTimeout: 1_000,
      maxWait: 100,
      timeout: 60_000,
    })
    const first = reader.readMessage()
    await until(soon(), () => beats.count >= 15)
    await kafka.write(numbered(0, 1))
    expect((await first).text()).toBe('0')
    expect(joins.count).toBe(2)
  })

  test('with timers of a second nothing is lost, nor read again and again', async () => {
    await using kafka = new Embedded({ partitions: 2, transport: { clock: slowTimers(1_000) } })
    const seen: string[] = []
    const config = { groupId: 'g', heartbeatInterval: 300, sessionTimeout: 3_000, maxWait: 300, autoCommit: true }
    const readers = [kafka.reader(config), kafka.reader(config)]
    for (const reader of readers)
      void (async () => {
        for await (const message of reader) seen.push(message.text())
      })()
    for (let round = 0; round < 3; round++) {
      await kafka.write(numbered(round * 10, round * 10 + 10), {
        batchTimeout: 1,
        balancer: ({ value }) => Number(value) % 2,
      })
      await pause(700)
    }
    await until(soon(), () => new Set(seen).size === 30)
    expect(seen.length).toBeLessThanOrEqual(50)
  })
})

describe('a commit of what the member had before', () => {
  test('is taken when nobody else has had the partition since', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 5))
    const reader = kafka.reader({ groupId: 'g', rebalanceTimeout: 200, heartbeatInterval: 20 })
    const message = await reader.fetchMessage()
    const before = reader.stats().rebalances
    kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
    let rebalances = before
    await until(soon(), () => {
      rebalances += reader.stats().rebalances
      return rebalances > before
    })
    await reader.commitMessages(message)
  })

  test('is refused when the member has lost its place in between', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 5))
    const reader = kafka.reader({ groupId: 'g', rebalanceTimeout: 200, heartbeatInterval: 20 })
    const message = await reader.fetchMessage()
    reader.stats()
    kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.UnknownMemberId }))
    await until(soon(), () => reader.stats().rebalances > 0)
    await expect(reader.commitMessages(message)).rejects.toMatchObject({ code: ErrorCode.IllegalGeneration })
    const again = await reader.fetchMessage()
    expect(again.offset).toBe(0)
    await reader.commitMessages(again)
  })

  test('is refused in a topic made anew with as many partitions, and holds back none of the new one', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 50))
    const reader = kafka.reader({
      groupId: 'g',
      rebalanceTimeout: 200,
      heartbeatInterval: 20,
      partitionWatchInterval: 50,
      maxWait: 50,
    })
    let message = await reader.fetchMessage()
    for (let i = 1; i < 40; i++) message = await reader.fetchMessage()
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    await client.deleteTopics({ topics: ['t'] })
    await client.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
    await kafka.write(numbered(100, 110))
    reader.stats()
    await until(soon(), () => reader.stats().rebalances > 0)
    await expect(reader.commitMessages(message)).rejects.toMatchObject({ code: ErrorCode.IllegalGeneration })
    let fresh = await reader.fetchMessage()
    expect(fresh.text()).toBe('100')
    for (let i = 0; i < 4; i++) fresh = await reader.fetchMessage()
    await reader.commitMessages(fresh)
    const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
    expect(topics['t']![0]!.committedOffset).toBe(5)
  })
})

describe('a topic that a member may not read', () => {
  const config = { topics: ['t', 'secret'], joinGroupBackoff: 20 }
  const topics = [
    { name: 't', partitions: 2 },
    { name: 'secret', partitions: 2 },
  ]

  test('by its offsets: is told once, and the others are read', async () => {
    await using kafka = new Embedded({ topics })
    kafka.broker.control(OffsetFetch, async (_, context) => {
      const answer = (await context.apply())!
      for (const { topics } of answer.groups!)
        for (const { topicId, name, partitions } of topics!)
          if (name === 'secret' || topicId === kafka.transport.cluster(kafka.broker.addresses).peek('secret')?.id)
            for (const partition of partitions!)
              Object.assign(partition, { committedOffset: -1, errorCode: ErrorCode.TopicAuthorizationFailed })
      return answer
    })
    const leaves = kafka.spoil(LeaveGroup, 0, () => undefined)
    const group = kafka.group(config)
    const error = group.next()
    await expect(error).rejects.toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
    const generation = await group.next()
    expect(generation.assignments).toMatchObject({ t: [{ id: 0 }, { id: 1 }], secret: [] })
    void held(generation)
    await pause(200)
    expect(leaves.count).toBe(0)
  })

  test('by its metadata: a reader throws once, and reads the others', async () => {
    await using kafka = new Embedded({ topics })
    kafka.broker.control(Metadata, async (_, context) => {
      const answer = (await context.apply())!
      for (const topic of answer.topics!)
        if (topic.name === 'secret')
          Object.assign(topic, { errorCode: ErrorCode.TopicAuthorizationFailed, partitions: [] })
      return answer
    })
    await kafka.write(numbered(0, 3))
    const { transport, broker, notes } = kafka
    const reader = kafka.reader({
      groupId: 'g',
      groupTopics: ['t', 'secret'],
      transport,
      brokers: broker.addresses,
      logger: notes.logger,
      topic: undefined!,
    })
    await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
    const seen = [await reader.fetchMessage(), await reader.fetchMessage(), await reader.fetchMessage()]
    expect(seen.map(message => message.text()).sort()).toEqual(['0', '1', '2'])
    expect(reader.stats().rebalances).toBe(1)
  })
})

describe('a generation whose function', () => {
  test.each([
    ['throws', () => Promise.reject(new Error('no'))],
    ['returns', () => Promise.resolve()],
  ])('%s at once is followed by the next after a growing pause', async (_, task) => {
    await using kafka = new Embedded()
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    const group = kafka.group({ joinGroupBackoff: 1_000 })
    const until = performance.now() + 1_500
    let generations = 0
    while (performance.now() < until) {
      ;(await group.next()).start(task)
      generations++
    }
    expect(generations).toBeLessThan(8)
    expect(joins.count).toBeLessThan(10)
  })
})

describe('a group that is full', () => {
  const full = { partitions: 2, configs: { 'group.max.size': '1' } }

  test('is left alone ever longer', async () => {
    await using kafka = new Embedded(full)
    void held(await kafka.group().next())
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    const outside = kafka.group({ joinGroupBackoff: 50 })
    const until = performance.now() + 1_500
    while (performance.now() < until)
      await expect(outside.next({ signal: AbortSignal.timeout(2_000) })).rejects.toSatisfy(
        error =>
          (error as { code?: number }).code === ErrorCode.GroupMaxSizeReached ||
          (error as Error).name === 'TimeoutError',
      )
    expect(joins.count).toBeLessThan(8)
  })

  test('is entered once there is room', async () => {
    await using kafka = new Embedded(full)
    const first = kafka.group()
    void held(await first.next())
    const outside = kafka.group({ joinGroupBackoff: 20 })
    await expect(outside.next()).rejects.toMatchObject({ code: ErrorCode.GroupMaxSizeReached })
    await first.close()
    for (let generation: Generation | undefined; generation === undefined; )
      generation = await outside.next({ signal: soon() }).catch(error => {
        if (error.code !== ErrorCode.GroupMaxSizeReached) throw error
        return undefined
      })
  })
})

describe('a static leader that comes back', () => {
  const config = { groupInstanceId: 'one', partitionWatchInterval: 60_000 }

  test('has what came in its absence divided', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    const first = kafka.group(config)
    void held(await first.next())
    await first.close()
    await kafka.transport.roundTrip(kafka.broker.addresses, CreatePartitions, {
      topics: [{ name: 't', count: 4, assignments: null }],
      timeoutMs: 5_000,
      validateOnly: false,
    })
    const again = kafka.group(config)
    const kept = await again.next()
    expect(kept.assignments['t']).toHaveLength(2)
    expect((await again.next({ signal: soon() })).assignments['t']).toHaveLength(4)
  })

  test('has a topic divided that came in its absence, and one that was made anew with more partitions', async () => {
    await using kafka = new Embedded({
      topics: [
        { name: 't', partitions: 2 },
        { name: 'anew', partitions: 1 },
      ],
    })
    const topics = ['t', 'anew', 'later']
    const first = kafka.group({ ...config, topics })
    void held(await first.next())
    await first.close()
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    await client.deleteTopics({ topics: ['anew'] })
    await client.createTopics({
      topics: [
        { topic: 'anew', numPartitions: 3 },
        { topic: 'later', numPartitions: 2 },
      ],
    })
    const again = kafka.group({ ...config, topics })
    const counts = ({ assignments }: Generation): (number | undefined)[] =>
      topics.map(topic => assignments[topic]?.length)
    for (let generation = await again.next(); counts(generation).join() !== '2,3,2'; )
      generation = await again.next({ signal: soon() })
  })

  test('leaves a division alone that has everything', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    const first = kafka.group(config)
    void held(await first.next())
    await first.close()
    const again = kafka.group(config)
    let over = false
    void held(await again.next()).then(() => (over = true))
    await pause(300)
    expect(over).toBe(false)
  })
})

test('what a caller has in an AsyncLocalStorage is kept by nothing that its first read began', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  class Spy extends RangeGroupBalancer {
    override userData(): null {
      seen.push(storage.getStore())
      return null
    }
  }
  await using kafka = new Embedded({
    transport: { onEvent: event => event.type !== 'request' && seen.push(storage.getStore()) },
  })
  await kafka.write(numbered(0, 1))
  seen.length = 0
  const reader = kafka.reader({ groupId: 'g', groupBalancers: [new Spy()], autoCommit: true })
  await storage.run('request 1', () => reader.readMessage())
  const commits = kafka.spoil(OffsetCommit, 0, () => undefined)
  const waiting = reader.readMessage().catch(() => {})
  await until(soon(), () => commits.count > 0)
  expect(seen.length).toBeGreaterThan(3)
  expect(seen.filter(store => store !== undefined)).toEqual([])
  await reader.close()
  await waiting
})

test('an assignment of a topic that nobody reads is given back without harm', async () => {
  await using kafka = new Embedded()
  kafka.spoil(SyncGroup, always, () => ({
    errorCode: 0,
    assignment: encodeAssignment({
      assignedPartitions: [
        { topic: 'gone', partitions: [0] },
        { topic: 't', partitions: [0] },
      ],
      userData: null,
    }),
  }))
  expect((await kafka.group().next()).assignments['t']).toHaveLength(1)
})

/** As in a hidden page: timers fire at multiples of `grain` milliseconds only. */
function slowTimers(grain: number): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(milliseconds, task) {
      const due = performance.now() + milliseconds
      const timer = setTimeout(task, Math.ceil(due / grain) * grain - performance.now())
      return () => clearTimeout(timer)
    },
  }
}
