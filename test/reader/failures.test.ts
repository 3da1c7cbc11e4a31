import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { repairCrc } from '../records/raw.ts'
import { Embedded, sessionless } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { nothing, pause, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

/** Another broker's answer with the first partition changed. */
// biome-ignore lint/suspicious/noExplicitAny: answers of whatever shape, as a hostile broker's
function withFirst(answer: any, change: object): any {
  const [topic] = answer.responses
  return { ...answer, responses: [{ ...topic, partitions: [{ ...topic.partitions[0], ...change }] }] }
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    value => expect.fail(`answered ${value}`),
    (error: Error) => error,
  )
}

describe('a batch that was damaged', () => {
  test('is told with its place, never delivered, and read once it comes whole', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 6), { batchSize: 3 })
    kafka.spoil(Fetch, 1, async (_, context) => {
      const answer = (await context.apply())!
      const records = new Uint8Array(answer.responses[0]!.partitions[0]!.records!)
      records[records.length - 3]! ^= 1
      return withFirst(answer, { records })
    })
    const reader = kafka.reader()
    expect(await take(reader, 3, forever)).toEqual(['0', '1', '2'])
    const error = await rejection(reader.fetchMessage())
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain('t/0 at offset 3')
    expect(await take(reader, 3, forever)).toEqual(['3', '4', '5'])
  })

  test('rejects each read as long as it stays so, and is fetched once a second', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const fetches = kafka.spoil(Fetch, Number.POSITIVE_INFINITY, async (_, context) => {
      const answer = (await context.apply())!
      const records = answer.responses[0]!.partitions[0]!.records!
      return records.length === 0
        ? answer
        : withFirst(answer, { records: records.map((byte, i) => (i === 65 ? byte ^ 1 : byte)) })
    })
    const reader = kafka.reader({ maxWait: 100 })
    const started = Date.now()
    await expect(reader.fetchMessage()).rejects.toBeInstanceOf(ProtocolError)
    await expect(reader.batches().next()).rejects.toBeInstanceOf(ProtocolError)
    expect(Date.now() - started).toBeGreaterThan(900)
    expect(fetches.count).toBeLessThan(20)
  })
})

test('a batch with a record in it that can’t be: what was decoded before is delivered once, the rest told and asked for again', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 2_500), { batchSize: 2_500 })
  kafka.spoil(Fetch, 1, async (_, context) => {
    const answer = (await context.apply())!
    const records = new Uint8Array(answer.responses[0]!.partitions[0]!.records!)
    // The key of record 2,400 becomes a byte long: it has none, and so its value begins too late.
    const batch = scanBatches(records)[0]!
    const cursor = new RecordCursor().reset(batch, new Codecs())
    while (cursor.next() && cursor.offset < 2_400);
    records[cursor.value!.byteOffset - 2] = 2
    repairCrc(records)
    return withFirst(answer, { records })
  })
  const reader = kafka.reader()
  expect(await take(reader, 2_000, forever)).toEqual(numbered(0, 2_000).map(({ value }) => value))
  const error = await rejection(reader.fetchMessage())
  expect(error).toBeInstanceOf(ProtocolError)
  expect(error.message).toContain('t/0 at offset 2000')
  expect(await take(reader, 500, forever)).toEqual(numbered(2_000, 2_500).map(({ value }) => value))
})

describe('hostile answers', () => {
  test.each([
    ['no record batches', Uint8Array.from({ length: 100 }, (_, i) => i)],
    ['a batch of impossible length', Uint8Array.from({ length: 100 }, (_, i) => (i === 16 ? 2 : 0))],
  ])('%s are a protocol error', async (_, records) => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    kafka.spoil(Fetch, 1, async (_, context) => withFirst(await context.apply(), { records }))
    const reader = kafka.reader()
    await expect(reader.fetchMessage()).rejects.toBeInstanceOf(ProtocolError)
    expect(await take(reader, 1, forever)).toEqual(['0'])
  })

  test('partitions nobody asked about, or told of twice, are passed over', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    kafka.spoil(Fetch, 1, async (_, context) => {
      const answer = (await context.apply())!
      const [topic] = answer.responses
      const [own] = topic!.partitions
      return {
        ...answer,
        responses: [
          { ...topic, partitions: [{ ...own, partitionIndex: 9 }, own, own] },
          { ...topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
        ],
      }
    })
    const reader = kafka.reader()
    expect(await take(reader, 3, forever)).toEqual(['0', '1', '2'])
    await kafka.write(numbered(3, 4))
    expect(await take(reader, 1, forever)).toEqual(['3'])
  })
})

describe('a leader', () => {
  test('that moves is followed, nothing is lost or read twice', async () => {
    await using kafka = new Embedded({ brokers: 3, partitions: 2 })
    const reader = kafka.reader({ partition: 1, maxWait: 200 })
    const read: string[] = []
    const running = (async () => {
      for await (const message of reader) read.push(message.text())
    })()
    for (let i = 0; i < 9; i++) {
      kafka.broker.moveLeader('t', 1, (i % 3) + 1)
      await kafka.write(numbered(i * 10, i * 10 + 10), { balancer: () => 1 })
    }
    await until(forever, () => read.length >= 90)
    expect(read).toEqual(numbered(0, 90).map(({ value }) => value))
    await reader.close()
    await running
  })

  test('that stops is waited for, its successor read from, and no read is told', async () => {
    await using kafka = new Embedded({ brokers: 2 })
    await kafka.write(numbered(0, 5))
    const reader = kafka.reader({ maxWait: 200, maxAttempts: 1 })
    await take(reader, 5, forever)
    kafka.broker.moveLeader('t', 0, 1)
    const waiting = reader.fetchMessage()
    await nothing(waiting)
    kafka.broker.stopBroker(1)
    await nothing(waiting)
    await kafka.write(numbered(5, 6))
    expect((await waiting).text()).toBe('5')
  })

  test('named in the answer (KIP-951) is asked without asking for metadata', async () => {
    await using kafka = new Embedded({ brokers: 2 })
    kafka.broker.moveLeader('t', 0, 1)
    await kafka.write(numbered(0, 1))
    const reader = kafka.reader()
    await take(reader, 1, forever)
    const asked = kafka.spoil(Metadata, 0, () => undefined)
    kafka.broker.moveLeader('t', 0, 2)
    const waiting = reader.fetchMessage()
    await nothing(waiting)
    expect(asked.count).toBe(0)
    await kafka.write(numbered(1, 2))
    expect((await waiting).text()).toBe('1')
  })

  test('that does not answer is told as a timeout, and another connection tried', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const connections = new Set<number>()
    kafka.spoil(Fetch, 2, (_, { connectionId }) => {
      connections.add(connectionId)
      return connections.size === 1 ? 'hang' : undefined
    })
    const reader = kafka.reader({ maxWait: 50, readBatchTimeout: 50, maxAttempts: 1 })
    await expect(reader.fetchMessage()).rejects.toBeInstanceOf(TimeoutError)
    expect(await take(reader, 1, forever)).toEqual(['0'])
    expect(connections.size).toBe(2)
    expect(reader.stats().timeouts).toBe(1)
  })

  test('of many partitions is asked for all of them at once, on one connection', async () => {
    await using kafka = new Embedded({ partitions: 20 })
    await kafka.write(numbered(0, 200))
    const connections = new Set<number>()
    const asked: number[] = []
    kafka.spoil(Fetch, Number.POSITIVE_INFINITY, ({ topics }, { connectionId }) => {
      connections.add(connectionId)
      asked.push(topics.reduce((sum, { partitions }) => sum + partitions.length, 0))
      return undefined
    })
    const member = kafka.reader({ groupId: 'g' })
    const seen = new Set<string>()
    while (seen.size < 200) seen.add((await member.readMessage()).text())
    expect(connections.size).toBe(1)
    expect(asked.every(count => count === 20)).toBe(true)
    expect(asked.length).toBeLessThan(10)
  })
})

describe('an offset', () => {
  test('that retention has deleted is passed over, and logged', async () => {
    await using kafka = new Embedded({
      topics: [{ name: 't', partitions: 1, configs: { 'retention.bytes': '20000' } }],
    })
    await kafka.write(
      Array.from({ length: 100 }, () => ({ value: 'x'.repeat(1_000) })),
      { batchSize: 1 },
    )
    const reader = kafka.reader()
    reader.setOffset(1)
    const { offset } = await reader.fetchMessage()
    expect(offset).toBeGreaterThan(50)
    expect(kafka.notes.lines.some(line => line.includes('deleted by retention') && line.includes(`at ${offset}`))).toBe(
      true,
    )
  })

  test('from which the leader’s log parted is told, and reading goes on where both agree', async () => {
    await using kafka = new Embedded(sessionless)
    await kafka.write(numbered(0, 10))
    const reader = kafka.reader({ maxWait: 100 })
    await take(reader, 10, forever)
    kafka.spoil(Fetch, 1, async (_, context) =>
      withFirst(await context.apply(), { divergingEpoch: { epoch: 0, endOffset: 7 }, records: null }),
    )
    const error = (await rejection(reader.fetchMessage())) as KafkaError
    expect(error.code).toBe(ErrorCode.OffsetOutOfRange)
    expect(error.message).toMatch(/read up to 10.*at 7/)
    expect(await take(reader, 3, forever)).toEqual(['7', '8', '9'])
  })

  test('is asked for again while its leader is not sure of it', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const asked = kafka.spoil(ListOffsets, 2, ({ topics }) => ({
      topics: topics.map(({ name }) => ({
        name,
        partitions: [{ partitionIndex: 0, errorCode: ErrorCode.OffsetNotAvailable, offset: -1 }],
      })),
    }))
    expect(await take(kafka.reader(), 1, forever)).toEqual(['0'])
    expect(asked.count).toBeGreaterThanOrEqual(3)
  })
})

describe('errors', () => {
  test('that pass are told after maxAttempts in the beginning, and reading goes on', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const fetches = kafka.spoil(Fetch, 4, async (_, context) =>
      withFirst(await context.apply(), { errorCode: ErrorCode.KafkaStorageError, records: null }),
    )
    const reader = kafka.reader({ maxAttempts: 3 })
    await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.KafkaStorageError })
    expect(fetches.count).toBe(3)
    await until(forever, () => fetches.count > 4)
    const texts: string[] = []
    while (texts.length === 0)
      await reader.fetchMessage().then(
        message => texts.push(message.text()),
        () => {},
      )
    expect(texts).toEqual(['0'])
  })

  test('that do not pass are told at once', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    kafka.spoil(Fetch, 1, async (_, context) =>
      withFirst(await context.apply(), { errorCode: ErrorCode.TopicAuthorizationFailed, records: null }),
    )
    const reader = kafka.reader()
    await expect(reader.readMessage()).rejects.toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
    expect((await reader.readMessage()).text()).toBe('0')
  })

  test('of one partition keep no other from being read', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 40))
    kafka.spoil(Fetch, Number.POSITIVE_INFINITY, async (_, context) => {
      const answer = (await context.apply())!
      const [topic] = answer.responses
      const change = (part: { partitionIndex: number }) =>
        part.partitionIndex === 0 ? { ...part, errorCode: ErrorCode.TopicAuthorizationFailed, records: null } : part
      return { ...answer, responses: [{ ...topic, partitions: topic!.partitions.map(change) }] }
    })
    const member = kafka.reader({ groupId: 'g' })
    const texts: string[] = []
    while (texts.length < 20) {
      await member.readMessage().then(
        message => texts.push(message.text()),
        error => expect(error).toMatchObject({ code: ErrorCode.TopicAuthorizationFailed }),
      )
    }
    expect(new Set(texts).size).toBe(20)
    await expect(member.readMessage()).rejects.toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
  })

  test('of joining reach a read that waits', async () => {
    await using kafka = new Embedded()
    const member = kafka.reader({ groupId: 'g', topic: 't', sessionTimeout: 10_000_000, joinGroupBackoff: 10 })
    await expect(member.readMessage()).rejects.toMatchObject({ code: ErrorCode.InvalidSessionTimeout })
    await expect(member.readMessage()).rejects.toBeInstanceOf(KafkaError)
  })

  test('in a loop are thrown into it', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    kafka.spoil(Fetch, 1, async (_, context) =>
      withFirst(await context.apply(), { errorCode: ErrorCode.TopicAuthorizationFailed, records: null }),
    )
    const loop = async (reader: Reader): Promise<void> => {
      for await (const message of reader) expect.fail(message.text())
    }
    await expect(loop(kafka.reader())).rejects.toMatchObject({ code: ErrorCode.TopicAuthorizationFailed })
  })
})

test('a member whose topic was made anew is told, and reads the new one from its start', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 10))
  const member = kafka.reader({ groupId: 'g', heartbeatInterval: 20, maxWait: 100 })
  for (let i = 0; i < 10; i++) await member.commitMessages(await member.fetchMessage())
  const told = expect(member.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  await client.deleteTopics({ topics: ['t'] })
  await client.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  await kafka.write([{ value: 'new' }])
  await told
  expect((await member.fetchMessage()).text()).toBe('new')
})

test('a member that commits by itself commits what it reads of a topic made anew, where its last commits were of more', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ clock, transport: { clock } })
  await kafka.write(numbered(0, 30))
  const member = kafka.reader({ groupId: 'g', autoCommit: true, commitInterval: 1_000 })
  const texts: string[] = []
  const reading = (async () => {
    for (let told = 0; told < 10; told++) {
      try {
        for await (const message of member) texts.push(message.text())
        return
      } catch (error) {
        expect(error).toBeInstanceOf(KafkaError)
      }
    }
  })()
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  const committed = async (): Promise<number> =>
    (await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })).topics['t']![0]!.committedOffset
  // Some of it is done with, and not committed yet, when the topic goes.
  await clock.until(async () => texts.length === 30)
  await client.deleteTopics({ topics: ['t'] })
  await client.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  await kafka.write(numbered(100, 105))
  await clock.until(async () => texts.length === 35 && (await committed()) === 5)
  expect(texts.slice(30)).toEqual(['100', '101', '102', '103', '104'])
  await kafka.write(numbered(105, 106))
  await clock.until(async () => (await committed()) === 6)
  await member.close()
  await reading
}, 60_000)

test('a commit that was refused while its topic was made anew is not tried again on the new one, where brokers know no ids', async () => {
  await using kafka = new Embedded({ versions: { OffsetCommit: 9, OffsetFetch: 9 } })
  await kafka.write(numbered(0, 10))
  // On connections of its own: the member's are busy with the commit.
  await using transport = new Transport({ adapter: memory(kafka.broker, natives), natives })
  const client = new Client({ addr: kafka.broker.addresses, transport })
  const create = () => client.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  const commits = kafka.spoil(OffsetCommit, 2, async () => {
    if (commits.count === 2) {
      await create()
      return undefined
    }
    await client.deleteTopics({ topics: ['t'] })
    return {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.UnknownTopicOrPartition }] }],
    }
  })
  const member = kafka.reader({ groupId: 'g', partitionWatchInterval: 60_000 })
  const message = await member.fetchMessage()
  await expect(member.commitMessages(message)).rejects.toMatchObject({ code: ErrorCode.IllegalGeneration })
  if (commits.count === 1) await create()
  const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
  expect(topics['t']![0]!.committedOffset).toBe(-1)
})

test('several messages at once take nothing of what is to be told: the next read is', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 5))
  const member = kafka.reader({ groupId: 'g', heartbeatInterval: 20, maxWait: 50 })
  expect((await member.fetchMessage()).text()).toBe('0')
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  await client.deleteTopics({ topics: ['t'] })
  await client.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  await kafka.write(numbered(100, 102))
  await until(forever, () => member.stats().errors > 0)
  const texts = (await member.fetchMessages(100, { within: 20 })).map(message => message.text())
  expect(texts).toEqual(['1', '2', '3', '4'])
  await expect(member.fetchMessages(100)).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
  expect((await member.fetchMessages(100)).map(message => message.text())).toEqual(['100', '101'])
})

test('a commit that arrives in a topic made anew counts for nothing there, where brokers know no ids', async () => {
  await using kafka = new Embedded({ versions: { OffsetCommit: 9, OffsetFetch: 9 } })
  await kafka.write(numbered(0, 10))
  await using transport = new Transport({ adapter: memory(kafka.broker, natives), natives })
  const client = new Client({ addr: kafka.broker.addresses, transport })
  kafka.spoil(OffsetCommit, 1, async () => {
    await client.deleteTopics({ topics: ['t'] })
    await client.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
    return undefined
  })
  const member = kafka.reader({ groupId: 'g', partitionWatchInterval: 60_000, maxWait: 50 })
  const messages = await member.fetchMessages(5)
  await member.commitMessages(messages)
  const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
  expect(topics['t']![0]!.committedOffset).toBe(5)
  await new Writer({ addr: kafka.broker.addresses, topic: 't', transport }).writeMessages(numbered(100, 115))
  const texts: string[] = []
  for (let told = 0; texts.at(-1) !== '114'; ) {
    const read = await member.fetchMessages(20, { within: 0 }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: ErrorCode.OffsetOutOfRange })
      expect(++told).toBe(1)
      return []
    })
    texts.push(...read.map(message => message.text()).filter(text => Number(text) >= 100))
  }
  expect(texts).toEqual(numbered(100, 115).map(({ value }) => value))
})

describe('a member that can’t join', () => {
  const refused = {
    errorCode: ErrorCode.GroupAuthorizationFailed,
    protocolName: null,
    leader: '',
    memberId: '',
    members: [],
  }

  test('tells nobody who did not ask meanwhile, once it has joined', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const member = kafka.reader({ groupId: 'g', joinGroupBackoff: 10 })
    const joins = kafka.spoil(JoinGroup, 3, () => refused)
    await expect(member.readMessage()).rejects.toMatchObject({ code: ErrorCode.GroupAuthorizationFailed })
    await until(forever, () => joins.count >= 4 && member.stats().rebalances === 1)
    expect((await member.readMessage()).text()).toBe('0')
  })

  test('tells a commit that waits for the next generation', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const member = kafka.reader({ groupId: 'g', joinGroupBackoff: 10, heartbeatInterval: 20, rebalanceTimeout: 100 })
    const message = await member.fetchMessage()
    kafka.spoil(JoinGroup, Number.POSITIVE_INFINITY, () => refused)
    const beats = kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.IllegalGeneration }))
    await until(forever, () => beats.count > 0)
    // The message in hand holds the partitions for half the rebalance timeout; then they are gone.
    await pause(150)
    await expect(member.commitMessages(message)).rejects.toMatchObject({ code: ErrorCode.GroupAuthorizationFailed })
  })

  test('because another has its instance id tells each read', async () => {
    await using kafka = new Embedded()
    kafka.spoil(JoinGroup, Number.POSITIVE_INFINITY, () => ({ ...refused, errorCode: ErrorCode.FencedInstanceID }))
    const member = kafka.reader({ groupId: 'g', groupInstanceId: 'i' })
    for (let i = 0; i < 3; i++)
      await expect(member.readMessage()).rejects.toMatchObject({ code: ErrorCode.FencedInstanceID })
  })

  test('can be closed', async () => {
    await using kafka = new Embedded()
    const member = kafka.reader({ groupId: 'g', joinGroupBackoff: 10 })
    const joins = kafka.spoil(JoinGroup, Number.POSITIVE_INFINITY, () => refused)
    await expect(member.readMessage()).rejects.toBeInstanceOf(KafkaError)
    await until(forever, () => joins.count > 3)
    await member.close()
  })
})

test('fetches ask for whole batches of the size seen, and go out before the last answer is read', async () => {
  await using kafka = new Embedded()
  await kafka.write(
    Array.from({ length: 60 }, () => ({ value: 'x'.repeat(1_000) })),
    { batchSize: 5 },
  )
  const limits: number[] = []
  kafka.spoil(
    Fetch,
    Number.POSITIVE_INFINITY,
    ({ topics }) => void limits.push(topics[0]!.partitions[0]!.partitionMaxBytes),
  )
  const reader = kafka.reader({ maxBytes: 12_000 })
  await reader.fetchMessage()
  await until(forever, () => limits.length > 5)
  const [first, ...others] = limits
  expect(first).toBe(12_000)
  // Two batches of five fit, a third would be cut off.
  for (const limit of others) expect(limit).toSatisfy((bytes: number) => bytes > 10_000 && bytes < 10_300)
})

// Planning in the middle of an answer took its own flight for one that waits, and ended its connection.
test('polls without news stay on their connection', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const connections = new Set<number>()
  const polls = kafka.spoil(
    Fetch,
    Number.POSITIVE_INFINITY,
    (_, { connectionId }) => void connections.add(connectionId),
  )
  const reader = kafka.reader({ maxWait: 10 })
  const member = kafka.reader({ groupId: 'g', maxWait: 10 })
  const ended = [reader, member].map(each => each.readMessage().catch((error: unknown) => error))
  await until(forever, () => polls.count > 20)
  expect(connections.size).toBe(2)
  await Promise.all([reader.close(), member.close(), ...ended])
})
