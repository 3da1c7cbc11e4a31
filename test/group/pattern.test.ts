import { expect, test } from 'vitest'
import { Client, ConfigError, LastOffset, Reader, type ReaderConfig } from '../../src/index.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Embedded } from '../support/embedded.ts'
import { pause, until } from '../support/waiting.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const topics = ['a.1', 'a.2', 'b.1', 'xa.1'].map(name => ({ name, partitions: 1 }))

const quick = {
  'group.consumer.min.heartbeat.interval.ms': '20',
  'group.consumer.heartbeat.interval.ms': '20',
  'group.consumer.min.session.timeout.ms': '500',
  'group.consumer.session.timeout.ms': '1000',
}

async function filled(): Promise<Embedded> {
  const kafka = new Embedded({ topics, configs: quick })
  for (const { name } of topics) await kafka.write([{ value: name }], { topic: name })
  return kafka
}

function member(kafka: Embedded, config: Partial<ReaderConfig>): Reader {
  return kafka.reader({
    groupId: 'g',
    sessionTimeout: 1_000,
    joinGroupBackoff: 20,
    ...(config.protocol !== 'consumer' && { heartbeatInterval: 20 }),
    ...config,
  })
}

async function texts(reader: Reader, count: number): Promise<string[]> {
  const found: string[] = []
  while (found.length < count) found.push((await reader.fetchMessage({ signal: soon() })).text())
  return found.sort()
}

test.each(['classic', 'consumer', 'auto'] as const)(
  '%s: the whole name has to match, Kafka’s own topics never do',
  async protocol => {
    await using kafka = await filled()
    await kafka.write([{ value: 'mine' }], { topic: 'b.1' })
    const reader = member(kafka, { protocol, topicPattern: /a\..|b|__.*/ })
    expect(await texts(reader, 2)).toEqual(['a.1', 'a.2'])
    await expect(reader.fetchMessage({ signal: AbortSignal.timeout(200) })).rejects.toThrow()
    expect(reader.stats().topic).toBe('a\\..|b|__.*')
  },
)

test('brokers are told of the pattern in their syntax, and of no topic', async () => {
  await using kafka = await filled()
  const told: unknown[] = []
  kafka.broker.control(ConsumerGroupHeartbeat, ({ memberEpoch, subscribedTopicNames, subscribedTopicRegex }) => {
    if (memberEpoch === 0) told.push([subscribedTopicNames, subscribedTopicRegex])
    return undefined
  })
  expect(await texts(member(kafka, { protocol: 'consumer', topicPattern: /A\.\d/i }), 2)).toEqual(['a.1', 'a.2'])
  expect(told).toEqual([[[], '(?i)A\\.\\d']])
})

test('a text that brokers alone can read goes to them; what they can’t read is told', async () => {
  await using kafka = await filled()
  expect(await texts(member(kafka, { protocol: 'consumer', topicPattern: '(?U)a\\..+' }), 2)).toEqual(['a.1', 'a.2'])
  const wrong = member(kafka, { protocol: 'consumer', groupId: 'h', topicPattern: /(?=a)a.1/ })
  await expect(wrong.fetchMessage({ signal: soon() })).rejects.toMatchObject({
    code: ErrorCode.InvalidRegularExpression,
  })
})

test('a broker that tells of fewer topics for a moment costs a classic member nothing', async () => {
  await using kafka = await filled()
  const reader = member(kafka, { topicPattern: 'a.*', partitionWatchInterval: 30 })
  await texts(reader, 2)
  const joins = kafka.spoil(JoinGroup, 0, () => undefined)
  let lists = 0
  kafka.broker.control(Metadata, async (request, context) => {
    if (request.topics !== null) return undefined
    lists++
    return { ...(await context.apply())!, topics: [] }
  })
  await until(soon(), () => lists > 5)
  expect(joins.count).toBe(0)
})

test('a group that begins at the end reads a topic made later from its first message', async () => {
  await using kafka = await filled()
  const reader = member(kafka, {
    topicPattern: 'a\\..*',
    startOffset: LastOffset,
    partitionWatchInterval: 30,
  })
  const waiting = reader.fetchMessage({ signal: soon() })
  await until(soon(), () => reader.stats().partitions.length === 2)
  await using client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  await client.createTopics({ topics: [{ topic: 'a.3', numPartitions: 1 }] })
  await kafka.write([{ value: 'first of a.3' }], { topic: 'a.3' })
  expect((await waiting).text()).toBe('first of a.3')
  await pause(100)
  await kafka.write([{ value: 'next of a.1' }], { topic: 'a.1' })
  expect((await reader.fetchMessage({ signal: soon() })).text()).toBe('next of a.1')
})

test.each([
  { topicPattern: /a/ },
  { groupId: 'g', topic: 't', topicPattern: /a/ },
  { groupId: 'g', groupTopics: ['t'], topicPattern: /a/ },
  { groupId: 'g', topicPattern: '' },
  { groupId: 'g', topicPattern: 5 },
  { groupId: 'g', topicPattern: '(' },
  { groupId: 'g', topicPattern: /a/g },
  { groupId: 'g', protocol: 'auto', topicPattern: '(?U)a' },
] as object[])('%j is refused', config => {
  expect(() => new Reader({ brokers: 'localhost:1', ...config })).toThrow(ConfigError)
})
