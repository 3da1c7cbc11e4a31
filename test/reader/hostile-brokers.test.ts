import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { IsolationLevel } from '../../src/protocol/offsets.ts'
import { rawBatch } from '../records/raw.ts'
import { Embedded, sessionless } from '../support/embedded.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(120_000)
const always = Number.POSITIVE_INFINITY

/** Another broker's answer with the first partition changed. */
// biome-ignore lint/suspicious/noExplicitAny: answers of whatever shape, as a hostile broker's
function withFirst(answer: any, change: object): any {
  const [topic] = answer.responses
  return { ...answer, responses: [{ ...topic, partitions: [{ ...topic.partitions[0], ...change }] }] }
}

/** Requests in half a second: with a wait of 50 ms between them a dozen, in a hot loop thousands. */
async function inHalfASecond(seen: { count: number }): Promise<number> {
  const before = seen.count
  await pause(500)
  return seen.count - before
}

describe('an answer that brings nothing', () => {
  test('and leaves the partition out is an error, and is not asked for in a hot loop', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const fetches = kafka.spoil(Fetch, always, () => ({ responses: [] }))
    const reader = kafka.reader()
    await expect(reader.fetchMessage()).rejects.toBeInstanceOf(ProtocolError)
    expect(await inHalfASecond(fetches)).toBeLessThan(50)
  })

  test('at once, for ever, is not asked for in a hot loop', async () => {
    await using kafka = new Embedded(sessionless)
    await kafka.write(numbered(0, 1))
    const fetches = kafka.spoil(Fetch, 300, async (_, context) => withFirst(await context.apply(), { records: null }))
    const reader = kafka.reader()
    const waiting = reader.fetchMessage().catch((error: unknown) => error)
    await until(forever, () => fetches.count > 0)
    expect(await inHalfASecond(fetches)).toBeLessThan(150)
    await reader.close()
    await waiting
  })

  test('but a batch cut off is an error that says so', async () => {
    await using kafka = new Embedded()
    await kafka.write([{ value: 'x'.repeat(1_000) }])
    const fetches = kafka.spoil(Fetch, always, async (_, context) => {
      const answer = (await context.apply())!
      return withFirst(answer, { records: answer.responses[0]!.partitions[0]!.records!.slice(0, 500) })
    })
    const reader = kafka.reader()
    await expect(reader.fetchMessage()).rejects.toThrow(/t\/0.*500 bytes/)
    expect(await inHalfASecond(fetches)).toBeLessThan(50)
  })

  test('but batches before the position is an error', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3), { batchSize: 1 })
    const fetches = kafka.spoil(Fetch, always, async (_, context) =>
      withFirst(await context.apply(), { records: rawBatch([], { count: 0 }) }),
    )
    const reader = kafka.reader()
    reader.setOffset(2)
    await expect(reader.fetchMessage()).rejects.toBeInstanceOf(ProtocolError)
    expect(await inHalfASecond(fetches)).toBeLessThan(50)
  })
})

describe('a position', () => {
  test('that its leader calls out of range, though its own bounds hold it, is told and is no hot loop', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    const fetches = kafka.spoil(Fetch, always, async (_, context) =>
      withFirst(await context.apply(), { errorCode: ErrorCode.OffsetOutOfRange, records: null }),
    )
    const reader = kafka.reader()
    await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
    expect(await inHalfASecond(fetches)).toBeLessThan(50)
  })

  test('whose partition begins later each time it is asked is no hot loop', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    let first = 0
    kafka.spoil(ListOffsets, always, ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, errorCode: 0, offset: ++first }] })),
    }))
    const fetches = kafka.spoil(Fetch, 500, async (_, context) =>
      withFirst(await context.apply(), { errorCode: ErrorCode.OffsetOutOfRange, records: null }),
    )
    const reader = kafka.reader()
    const waiting = reader.fetchMessage().catch((error: unknown) => error)
    await until(forever, () => fetches.count > 0)
    expect(await inHalfASecond(fetches)).toBeLessThan(50)
    await reader.close()
    await waiting
  })

  test('looked up as a negative offset is a protocol error, not a hot loop', async () => {
    await using kafka = new Embedded()
    const asked = kafka.spoil(ListOffsets, 2_000, ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, errorCode: 0, offset: -1 }] })),
    }))
    const reader = kafka.reader()
    await expect(reader.fetchMessage({ signal: AbortSignal.timeout(2_000) })).rejects.toBeInstanceOf(ProtocolError)
    expect(await inHalfASecond(asked)).toBeLessThan(50)
  })

  test('said to have parted from the log further on skips nothing, and lost nothing', async () => {
    await using kafka = new Embedded(sessionless)
    await kafka.write(numbered(0, 10), { batchSize: 5 })
    const reader = kafka.reader({ maxBytes: 1 })
    const parted = kafka.spoil(Fetch, 2, async ({ topics }, context) =>
      topics[0]!.partitions[0]!.fetchOffset < 5
        ? undefined
        : withFirst(await context.apply(), { divergingEpoch: { epoch: 0, endOffset: 8 }, records: null }),
    )
    expect(await take(reader, 5, forever)).toEqual(['0', '1', '2', '3', '4'])
    expect(await take(reader, 5, forever)).toEqual(['5', '6', '7', '8', '9'])
    expect(parted.count).toBeGreaterThan(2)
  })

  test('of a log that parted while more was queued is committed from there anew, once what was queued was handed out', async () => {
    await using kafka = new Embedded(sessionless)
    await kafka.write(numbered(0, 10), { batchSize: 5 })
    let parted = false
    kafka.broker.control(Fetch, async ({ topics }, context) => {
      if (parted || topics[0]!.partitions[0]!.fetchOffset < 10) return undefined
      parted = true
      return withFirst(await context.apply(), { divergingEpoch: { epoch: 0, endOffset: 3 }, records: null })
    })
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    const committed = async (): Promise<number> =>
      (await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })).topics['t']![0]!.committedOffset
    const reader = kafka.reader({ groupId: 'g', commitInterval: 5 })
    await reader.readMessage()
    await until(forever, () => parted)
    for (let offset = 1; offset < 10; offset++) expect((await reader.readMessage()).offset).toBe(offset)
    await expect(reader.readMessage()).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
    for (const offset of [3, 4, 5]) expect((await reader.readMessage()).offset).toBe(offset)
    await until(forever, async () => (await committed()) === 5)
  })

  test('said to have parted from the log again and again is no hot loop', async () => {
    await using kafka = new Embedded(sessionless)
    await kafka.write(numbered(0, 10))
    const reader = kafka.reader({ maxWait: 100 })
    await take(reader, 10, forever)
    const fetches = kafka.spoil(Fetch, always, async (_, context) =>
      withFirst(await context.apply(), { divergingEpoch: { epoch: 0, endOffset: 7 }, records: null }),
    )
    await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
    expect(await inHalfASecond(fetches)).toBeLessThan(150)
  })
})

test('a leader that names another nobody knows, or itself, as the leader does not keep metadata from being asked', async () => {
  await using kafka = new Embedded({ brokers: 2 })
  kafka.broker.moveLeader('t', 0, 1)
  await kafka.write(numbered(0, 1))
  const reader = kafka.reader({ maxWait: 100 })
  await take(reader, 1, forever)
  const asked = kafka.spoil(Metadata, 0, () => undefined)
  kafka.spoil(Fetch, always, async (_, context) =>
    context.brokerId === 1
      ? withFirst(await context.apply(), {
          errorCode: ErrorCode.NotLeaderForPartition,
          currentLeader: { leaderId: 1, leaderEpoch: 0 },
          records: null,
        })
      : undefined,
  )
  kafka.broker.moveLeader('t', 0, 2)
  await kafka.write(numbered(1, 2))
  expect(await take(reader, 1, AbortSignal.timeout(5_000))).toEqual(['1'])
  expect(asked.count).toBeGreaterThan(0)
})

test.each([
  ['as many records as can’t be', 57],
  ['a size that can’t be', 8],
])(
  'a batch that claims %s takes none of those before it in the answer with it, and is told by its place',
  async (_, at) => {
    await using kafka = new Embedded()
    for (const value of ['0', '1', '2']) await kafka.write([{ value }])
    const fetches = kafka.spoil(Fetch, always, async (_, context) => {
      const answer = await context.apply()
      const bytes = answer?.responses[0]?.partitions[0]?.records?.slice()
      if (bytes === undefined || bytes.length === 0) return answer
      const view = new DataView(bytes.buffer)
      for (let start = 0; start < bytes.length; start += 12 + view.getInt32(start + 8)) {
        if (view.getBigInt64(start) !== 1n) continue
        view.setInt32(start + at, -5)
        break
      }
      return withFirst(answer, { records: bytes })
    })
    const reader = kafka.reader()
    expect((await reader.fetchMessage()).text()).toBe('0')
    await expect(reader.fetchMessage()).rejects.toThrow(/t\/0 at offset 1/)
    expect(await inHalfASecond(fetches)).toBeLessThan(50)
  },
)

test('a marker of a transaction that is damaged loses none of the messages before it in the answer', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 3))
  kafka.spoil(Fetch, 1, async (_, context) => {
    const answer = (await context.apply())!
    const own = answer.responses[0]!.partitions[0]!.records!
    const marker = rawBatch([], { count: 1, attributes: 0x30, baseOffset: 3n })
    marker[30]! ^= 1
    const records = new Uint8Array(own.length + marker.length)
    records.set(own)
    records.set(marker, own.length)
    return withFirst(answer, {
      records,
      lastStableOffset: 4,
      abortedTransactions: [{ producerId: -1n, firstOffset: 3 }],
    })
  })
  const reader = kafka.reader({ isolationLevel: IsolationLevel.ReadCommitted })
  const texts: string[] = []
  while (texts.length < 3)
    await reader.fetchMessage({ signal: AbortSignal.timeout(3_000) }).then(
      message => texts.push(message.text()),
      error => expect(error).toBeInstanceOf(ProtocolError),
    )
  expect(texts).toEqual(['0', '1', '2'])
})

test('three brokers with ten partitions each are all read from, by default settings', async () => {
  await using kafka = new Embedded({ brokers: 3, partitions: 30 })
  for (let partition = 0; partition < 30; partition++) kafka.broker.moveLeader('t', partition, (partition % 3) + 1)
  let turn = 0
  await kafka.write(numbered(0, 300), { balancer: () => turn++ % 30 })
  expect(new Set(await take(kafka.reader({ groupId: 'g' }), 300, AbortSignal.timeout(5_000))).size).toBe(300)
})

test('a partition that fails again and again costs the others of its leader no connection each time', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const connections = new Set<number>()
  const fetches = kafka.spoil(Fetch, always, async ({ topics: [topic] }, context) => {
    connections.add(context.connectionId)
    const ids = topic!.partitions.map(({ partition }) => partition)
    if (!ids.includes(0)) {
      const answer = await context.apply()
      await pause(2)
      return answer
    }
    const errorCode = (id: number) => (id === 0 ? ErrorCode.KafkaStorageError : 0)
    return {
      responses: [
        {
          ...topic,
          partitions: ids.map(id => ({
            partitionIndex: id,
            errorCode: errorCode(id),
            highWatermark: 0,
            records: null,
          })),
        },
      ],
    }
  })
  const member = kafka.reader({ groupId: 'g', readBackoffMin: 30 })
  const waiting = member.readMessage().catch((error: unknown) => error)
  await until(forever, () => fetches.count > 40)
  expect(connections.size).toBeLessThan(10)
  await member.close()
  await waiting
})
