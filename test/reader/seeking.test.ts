import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { FirstOffset, LastOffset } from '../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { nothing, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)
const toZero = { balancer: () => 0 }

async function committed(kafka: Embedded, partition = 0): Promise<number> {
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  return (await client.offsetFetch({ groupId: 'g', topics: { t: [partition] } })).topics['t']![0]!.committedOffset
}

describe.each<[string, Partial<ReaderConfig>]>([
  ['a member of a group', { groupId: 'g' }],
  ['a reader of a topic', {}],
])('%s', (_, config) => {
  test('seeks in a partition by offset, name and time, and reads the others on', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    const timed = numbered(0, 10).map((message, i) => ({ ...message, timestamp: 1_600_000_000_000 + i * 1_000 }))
    await kafka.write(timed, toZero)
    const reader = kafka.reader(config)
    expect(await take(reader, 3, forever)).toEqual(['0', '1', '2'])
    reader.seek('t', 0, 7)
    expect(await take(reader, 2, forever)).toEqual(['7', '8'])
    reader.seek('t', 0, 'earliest')
    expect(await take(reader, 2, forever)).toEqual(['0', '1'])
    reader.seek('t', 0, new Date(1_600_000_004_500))
    expect(await take(reader, 1, forever)).toEqual(['5'])
    reader.seek('t', 0, FirstOffset)
    expect(await take(reader, 1, forever)).toEqual(['0'])
    for (const end of ['latest', LastOffset, new Date(1_700_000_000_000)] as const) {
      reader.seek('t', 0, end)
      await until(forever, () => reader.lag('t', 0) === 0)
      await until(forever, () => reader.stats().partitions[0]!.offset >= 10)
    }
    const waiting = reader.fetchMessage()
    await nothing(waiting)
    await kafka.write([{ value: 'other' }], { balancer: () => 1 })
    expect((await waiting).text()).toBe('other')
    await kafka.write(numbered(10, 11), toZero)
    expect(await take(reader, 1, forever)).toEqual(['10'])
  })

  test('pauses partitions, in the middle of what was fetched, and resumes them where they were left', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 2_500), { ...toZero, batchSize: 2_500 })
    const reader = kafka.reader(config)
    expect(await take(reader, 3, forever)).toEqual(['0', '1', '2'])
    reader.pause([{ topic: 't', partition: 0 }])
    expect(reader.paused()).toEqual([{ topic: 't', partition: 0 }])
    expect(reader.stats().partitions).toMatchObject([{ offset: 3, paused: true }, { paused: false }])
    const waiting = reader.fetchMessage()
    await nothing(waiting)
    await kafka.write([{ value: 'other' }], { balancer: () => 1 })
    expect((await waiting).text()).toBe('other')
    reader.resume([{ topic: 't', partition: 0 }])
    expect(reader.paused()).toEqual([])
    expect(await take(reader, 2_497, forever)).toEqual(numbered(3, 2_500).map(({ value }) => value))
  })

  test('can seek while it is paused; without a list all partitions are meant', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    await kafka.write(numbered(0, 10), toZero)
    const reader = kafka.reader(config)
    await take(reader, 1, forever)
    reader.pause()
    expect(reader.paused()).toHaveLength(3)
    reader.seek('t', 0, 8)
    const waiting = reader.fetchMessage()
    await nothing(waiting)
    reader.resume()
    expect((await waiting).text()).toBe('8')
  })

  test('refuses what is no place, and partitions it does not read', async () => {
    await using kafka = new Embedded({ partitions: 1 })
    await kafka.write(numbered(0, 1))
    const reader = kafka.reader(config)
    await reader.fetchMessage()
    for (const wrong of [-3, 1.5, Number.NaN, 'middle' as never, null as never, new Date(Number.NaN)])
      expect(() => reader.seek('t', 0, wrong)).toThrow(ConfigError)
    expect(() => reader.seek('u', 0, 0)).toThrow(ConfigError)
    expect(() => reader.pause([{ topic: 't', partition: 4 }])).toThrow(ConfigError)
    expect(() => reader.resume([{ topic: 'u', partition: 0 }])).toThrow(ConfigError)
    expect(() => reader.lag('t', 4)).toThrow(ConfigError)
    await reader.close()
    expect(() => reader.seek('t', 0, 0)).toThrow(/closed/)
  })

  test('tells the lag of each partition', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 10), { ...toZero, batchSize: 5 })
    await kafka.write(numbered(0, 3), { balancer: () => 1 })
    const reader = kafka.reader(config)
    for (let left = 13; left > 0; left--) {
      await take(reader, 1, forever)
      await until(forever, () => reader.stats().partitions.every(({ lag }) => lag >= 0))
      expect(reader.lag('t', 0) + reader.lag('t', 1)).toBe(left - 1)
    }
    expect(reader.lag()).toBe(config.groupId === undefined ? 0 : -1)
  })
})

test('what a member reads after a seek backwards is committed, though more was committed before', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 10), { batchSize: 5 })
  const reader = kafka.reader({ groupId: 'g' })
  for (let i = 0; i < 10; i++) await reader.commitMessages(await reader.fetchMessage())
  expect(await committed(kafka)).toBe(10)
  reader.seek('t', 0, 2)
  const message = await reader.fetchMessage()
  expect(message.offset).toBe(2)
  await reader.commitMessages(message)
  expect(await committed(kafka)).toBe(3)
})

test('the message in hand when its partition is paused is committed by itself once the next is asked for', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 5))
  const reader = kafka.reader({ groupId: 'g', commitInterval: 5 })
  await reader.readMessage()
  await reader.readMessage()
  reader.pause()
  await expect(reader.readMessage({ signal: AbortSignal.timeout(50) })).rejects.toThrow()
  await until(forever, async () => (await committed(kafka)) === 2)
})

describe('an offset out of range', () => {
  async function readerAt(
    kafka: Embedded,
    offset: number,
    offsetOutOfRange: NonNullable<ReaderConfig['offsetOutOfRange']>,
  ): Promise<Reader> {
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    await client.offsetCommit({ groupId: 'g', topics: { t: [{ partition: 0, offset }] } })
    return kafka.reader({ groupId: 'g', offsetOutOfRange })
  }

  test('goes to the beginning by the policy earliest, and what is read then is committed', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    const reader = await readerAt(kafka, 100, 'earliest')
    const message = await reader.fetchMessage()
    expect(message.offset).toBe(0)
    await reader.commitMessages(message)
    expect(await committed(kafka)).toBe(1)
  })

  test('goes to the end by the policy latest', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    const reader = await readerAt(kafka, 100, 'latest')
    const waiting = reader.fetchMessage()
    await until(forever, () => reader.stats().partitions[0]?.offset === 3)
    await kafka.write(numbered(3, 4))
    expect((await waiting).text()).toBe('3')
  })

  test('to a time that nothing is as young as leaves nothing out that is written while the leader is asked', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    await using reader = kafka.reader()
    expect((await reader.readMessage()).text()).toBe('0')
    // On connections of its own: the reader's wait for the answer.
    await using transport = new Transport({ adapter: memory(kafka.broker, natives), natives })
    await using writer = new Writer({ addr: kafka.broker.addresses, topic: 't', transport })
    const asked = kafka.spoil(ListOffsets, 2, async () => {
      if (asked.count === 2) await writer.writeMessages(numbered(1, 2))
    })
    reader.seek('t', 0, new Date(Date.now() + 1))
    expect((await reader.readMessage()).text()).toBe('1')
    expect(asked.count).toBe(2)
  })

  test('goes to what is young enough by duration (KIP-1106)', async () => {
    await using kafka = new Embedded()
    const now = Date.now()
    await kafka.write(numbered(0, 6).map((message, i) => ({ ...message, timestamp: now - (6 - i) * 60_000 })))
    const reader = await readerAt(kafka, 100, { byDuration: 150_000 })
    expect((await reader.fetchMessage()).text()).toBe('4')
  })

  test.each<[NonNullable<ReaderConfig['offsetOutOfRange']>, number]>([
    ['latest', 3],
    [{ byDuration: 60_000 }, 2],
    [{ byDuration: 0 }, 3],
  ])(
    'by the policy %j is committed where that is: nothing written before the next member comes is skipped',
    async (policy, place) => {
      await using kafka = new Embedded()
      const old = numbered(0, 2).map(message => ({ ...message, timestamp: Date.now() - 3_600_000 }))
      await kafka.write([...old, { value: '2', timestamp: Date.now() - 1 }])
      const first = await readerAt(kafka, 100, policy)
      const waiting = first.fetchMessage({ signal: forever }).catch(() => {})
      await until(forever, async () => (await committed(kafka)) === place)
      await first.close()
      await waiting
      await kafka.write(numbered(3, 5))
      const next = kafka.reader({ groupId: 'g', offsetOutOfRange: policy })
      expect((await next.fetchMessage()).offset).toBe(place)
    },
  )

  test('after a seek beyond the end is not committed, for the group has a place to read from', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    const reader = await readerAt(kafka, 1, 'latest')
    await reader.fetchMessage()
    reader.seek('t', 0, 100)
    const waiting = reader.fetchMessage({ signal: forever }).catch(() => {})
    await until(forever, () => reader.stats().partitions[0]?.offset === 3)
    await reader.close()
    await waiting
    expect(await committed(kafka)).toBe(1)
  })

  test('rejects by the policy error until a seek, on both sides', async () => {
    await using kafka = new Embedded({
      topics: [{ name: 't', partitions: 1, configs: { 'retention.bytes': '20000' } }],
    })
    const large = Array.from({ length: 100 }, (_, i) => ({ value: String(i).padEnd(1_000) }))
    await kafka.write(large, { batchSize: 1 })
    const reader = await readerAt(kafka, 1, 'error')
    await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
    reader.seek('t', 0, 1_000)
    await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.OffsetOutOfRange })
    reader.seek('t', 0, 99)
    expect((await reader.fetchMessage()).offset).toBe(99)
  })

  test('what was fetched ahead before retention took the rest is handed out nevertheless', async () => {
    await using kafka = new Embedded({ topics: [{ name: 't', partitions: 1 }] })
    await kafka.write(numbered(0, 30), { batchSize: 1 })
    // Five batches fit; the rest is fetched when some were read.
    const reader = kafka.reader({ queueCapacity: 5, maxBytes: 1 })
    const texts = await take(reader, 1, forever)
    await until(forever, () => reader.stats().queueLength >= 4)
    await kafka.transport.roundTrip(kafka.broker.addresses, DeleteRecords, {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 20 }] }],
      timeoutMs: 1_000,
    })
    while (texts.at(-1) !== '29') texts.push((await reader.fetchMessage()).text())
    expect(texts.slice(0, 4)).toEqual(['0', '1', '2', '3'])
    expect(texts.slice(-10)).toEqual(numbered(20, 30).map(({ value }) => value))
  })

  test.each(['newest', { byDuration: -1 }, { duration: 5 }, 7])('%j is no policy', policy => {
    const kafka = new Embedded()
    expect(() => kafka.reader({ offsetOutOfRange: policy as never })).toThrow(ConfigError)
  })
})
