import { expect, test } from 'vitest'
import type { ConsumerGroup } from '../../src/group/consumer-group.ts'
import type { Generation } from '../../src/group/generation.ts'
import { ConfigError, Reader } from '../../src/index.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

const quick = {
  'group.consumer.min.heartbeat.interval.ms': '20',
  'group.consumer.heartbeat.interval.ms': '20',
  'group.consumer.min.session.timeout.ms': '500',
  'group.consumer.session.timeout.ms': '1000',
}

function cluster(config: { partitions?: number; topics?: { name: string; partitions: number }[] } = {}): Embedded {
  return new Embedded({ configs: quick, ...config })
}

function member(kafka: Embedded, config: Parameters<Embedded['group']>[0] = {}): ConsumerGroup {
  return kafka.group({ protocol: 'consumer', heartbeatInterval: undefined as never, ...config })
}

const refusal = (errorCode: number) => ({
  errorCode,
  errorMessage: null,
  memberId: null,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
  assignment: null,
})

/** Resolves once the generation is over, with why. */
function ended(generation: Generation): Promise<unknown> {
  return new Promise(resolve =>
    generation.start(async signal => {
      if (!signal.aborted) await new Promise<void>(over => signal.addEventListener('abort', () => over()))
      resolve((signal.reason as Error).cause)
    }),
  )
}

async function nextWith(group: ConsumerGroup, count: number, topic = 't'): Promise<Generation> {
  for (;;) {
    const generation = await group.next({ signal: forever })
    if (generation.assignments[topic]!.length === count) return generation
  }
}

test('a fenced member has lost its partitions, joins anew and has them again', async () => {
  await using kafka = cluster({ partitions: 2 })
  const group = member(kafka)
  const first = await nextWith(group, 2)
  const over = ended(first)
  kafka.spoil(ConsumerGroupHeartbeat, 1, () => refusal(ErrorCode.FencedMemberEpoch))
  expect(await over).toMatchObject({ code: ErrorCode.FencedMemberEpoch })
  const second = await nextWith(group, 2)
  expect(second.memberId).toBe(first.memberId)
})

test('a cluster that elects a coordinator for longer than `timeout` is waited for', async () => {
  await using kafka = cluster()
  const beats = kafka.spoil(ConsumerGroupHeartbeat, 8, () => refusal(ErrorCode.NotCoordinatorForGroup))
  const group = member(kafka, { timeout: 100, rebalanceTimeout: 20_000, joinGroupBackoff: 20 })
  await group.next({ signal: forever })
  expect(beats.count).toBeGreaterThan(8)
})

test('a coordinator that is away for less than a session costs a member nothing', async () => {
  await using kafka = cluster({ partitions: 2 })
  const group = member(kafka)
  const generation = await nextWith(group, 2)
  let over = false
  void ended(generation).then(() => {
    over = true
  })
  const refused = kafka.spoil(ConsumerGroupHeartbeat, 3, () => refusal(ErrorCode.GroupCoordinatorNotAvailable))
  await until(forever, () => refused.count > 5)
  expect(over).toBe(false)
})

test('a coordinator that is not heard of for a session has given the partitions to others', async () => {
  await using kafka = cluster({ partitions: 2 })
  const group = member(kafka, { sessionTimeout: 300 })
  const over = ended(await nextWith(group, 2))
  kafka.spoil(ConsumerGroupHeartbeat, Number.POSITIVE_INFINITY, () => refusal(ErrorCode.GroupCoordinatorNotAvailable))
  expect(await over).toMatchObject({ code: ErrorCode.GroupCoordinatorNotAvailable })
})

test('a commit of an epoch that has gone on is sent again once the next heartbeat has told', async () => {
  await using kafka = cluster({ partitions: 2 })
  const one = member(kafka)
  const generation = await nextWith(one, 2)
  const epochs: number[] = []
  kafka.broker.control(OffsetCommit, request => {
    const errorCode = epochs.push(request.generationIdOrMemberEpoch) === 1 ? ErrorCode.StaleMemberEpoch : 0
    const topics = request.topics.map(({ partitions, ...topic }) => ({
      ...topic,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }))
    return { topics }
  })
  // Heartbeats are answered with a later epoch from now on, as when others have come and gone.
  kafka.broker.control(ConsumerGroupHeartbeat, ({ memberId }) => ({
    errorCode: 0,
    errorMessage: null,
    memberId,
    memberEpoch: generation.id + 1,
    heartbeatIntervalMs: 20,
    assignment: null,
  }))
  await generation.commitOffsets({ t: { 0: 1 } })
  expect(epochs[1]).toBe(epochs[0]! + 1)
})

test('a topic that a member may not see keeps it from no other, and is told', async () => {
  await using kafka = cluster({
    topics: [
      { name: 't', partitions: 2 },
      { name: 'secret', partitions: 2 },
    ],
  })
  kafka.broker.control(ConsumerGroupHeartbeat, ({ subscribedTopicNames }) =>
    subscribedTopicNames?.includes('secret') ? refusal(ErrorCode.TopicAuthorizationFailed) : undefined,
  )
  kafka.broker.control(Metadata, async (_request, { apply }) => {
    const answer = await apply()
    if (answer === null) return answer
    const topics = answer.topics.map(topic =>
      topic.name === 'secret' ? { ...topic, errorCode: ErrorCode.TopicAuthorizationFailed, partitions: [] } : topic,
    )
    return { ...answer, topics }
  })
  const group = member(kafka, { topics: ['t', 'secret'] })
  const error: unknown = await group.next({ signal: forever }).catch(reason => reason)
  expect(error).toBeInstanceOf(KafkaError)
  expect(error).toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
  expect(String(error)).toContain('secret')
  await nextWith(group, 2)
})

test('closed while its join is under way, a member is none', async () => {
  await using kafka = cluster()
  const joined = kafka.spoil(ConsumerGroupHeartbeat, 1, async (_request, { apply }) => {
    await apply()
    return 'hang'
  })
  const epochs: number[] = []
  kafka.broker.control(ConsumerGroupHeartbeat, ({ memberEpoch }) => {
    epochs.push(memberEpoch)
    return undefined
  })
  const group = member(kafka, { timeout: 5_000 })
  const next = group.next().catch(reason => reason)
  await until(forever, () => joined.count === 1)
  await group.close()
  await next
  expect(epochs.at(-1)).toBe(-1)
})

test('two readers share the partitions, and what stays is not interrupted', async () => {
  await using kafka = cluster({ partitions: 4 })
  const settings = { groupId: 'g', protocol: 'consumer', autoCommit: true } as const
  const events: string[] = []
  const one = kafka.reader(settings)
  const seen = new Set<string>()
  const run = async (reader: Reader): Promise<void> => {
    for await (const message of reader) {
      expect(seen.has(message.text())).toBe(false)
      seen.add(message.text())
      events.push(`${reader === one ? 'one' : 'two'} ${message.partition}`)
    }
  }
  const running = [run(one)]
  let written = 0
  const write = async (): Promise<void> => {
    await kafka.write(Array.from({ length: 8 }, () => ({ value: String(written++) })))
    await until(forever, () => seen.size === written)
  }
  await write()
  const two = kafka.reader(settings)
  running.push(run(two))
  await until(forever, async () => {
    events.length = 0
    await write()
    return new Set(events.filter(event => event.startsWith('two'))).size === 2
  })
  await two.close()
  await write()
  await one.close()
  await Promise.all(running)
  expect(seen.size).toBe(written)
})

test.each([
  ['throws', () => Promise.reject(new Error('no'))],
  ['returns', () => {}],
])(
  'a generation whose function %s at once is followed by the next after a growing pause',
  async (_, task) => {
    using clock = new LeapingClock()
    await using kafka = new Embedded({ clock, configs: quick, partitions: 2, transport: { clock } })
    const group = member(kafka, { joinGroupBackoff: 5_000 })
    const began: number[] = []
    while (clock.monotonic() < 30_000) {
      const generation = await group.next()
      began.push(clock.monotonic())
      generation.start(task)
    }
    expect(began.length).toBeGreaterThan(5)
    expect(began.length).toBeLessThan(20)
    expect(began.at(-1)! - began.at(-2)!).toBeGreaterThan(3_000)
  },
  60_000,
)

test('settings that say nothing with a protocol are refused', () => {
  const make = (config: object): Reader =>
    new Reader({ brokers: 'localhost:1', groupId: 'g', topic: 't', ...config } as never)
  for (const config of [
    { protocol: 'consumer', heartbeatInterval: 1_000 },
    { protocol: 'consumer', groupBalancers: [] },
    { protocol: 'consumer', partitionWatchInterval: 1_000 },
    { serverAssignor: 'range' },
    { protocol: 'newest' },
  ])
    expect(() => make(config), JSON.stringify(config)).toThrow(ConfigError)
})
