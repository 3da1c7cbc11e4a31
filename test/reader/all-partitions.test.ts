import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { FirstOffset, LastOffset } from '../../src/protocol/offsets.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

function inTurn(): { balancer(): number } {
  let turn = 0
  return { balancer: () => turn++ % 3 }
}

test('a reader without a partition reads all of its topic', async () => {
  await using kafka = new Embedded({ partitions: 3, brokers: 2 })
  await kafka.write(numbered(0, 90), inTurn())
  const reader = kafka.reader()
  expect([reader.offset(), reader.lag(), reader.stats().partition]).toEqual([FirstOffset, -1, '-1'])
  expect(await reader.readLag()).toBe(90)
  expect(new Set(await take(reader, 90, forever)).size).toBe(90)
  expect([reader.offset(), reader.lag(), await reader.readLag(), reader.stats().partition]).toEqual([-1, 0, 0, '-1'])
  expect(reader.stats().partitions.map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 30],
    [1, 30],
    [2, 30],
  ])
})

test('partitions added later are read from their beginning, be it that the reader began at the end', async () => {
  await using kafka = new Embedded({ partitions: 1, transport: { metadataTtl: 50 } })
  await kafka.write(numbered(0, 5))
  const reader = kafka.reader({ startOffset: LastOffset, partitionWatchInterval: 20 })
  const waiting = reader.fetchMessage()
  await until(forever, () => reader.stats().fetches > 0)
  await kafka.transport.roundTrip(kafka.broker.addresses, CreatePartitions, {
    topics: [{ name: 't', count: 3, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: false,
  })
  await until(forever, () =>
    kafka.write([{ value: 'new' }], { balancer: () => 2 }).then(
      () => true,
      () => false,
    ),
  )
  expect((await waiting).text()).toBe('new')
})

test('FirstOffset, LastOffset and times are for all partitions, an offset is for one', async () => {
  await using kafka = new Embedded({ partitions: 3 })
  const timed = numbered(0, 30).map((message, i) => ({ ...message, timestamp: 1_600_000_000_000 + i * 1_000 }))
  await kafka.write(timed, inTurn())
  const reader = kafka.reader()
  await reader.setOffsetAt(1_600_000_027_000)
  expect(new Set(await take(reader, 3, forever))).toEqual(new Set(['27', '28', '29']))
  reader.setOffset(FirstOffset)
  expect(new Set(await take(reader, 30, forever)).size).toBe(30)
  expect(() => reader.setOffset(4)).toThrow(ConfigError)
  reader.setOffset(LastOffset)
  await until(forever, () => reader.lag() === 0)
})

test('an offset given before the number of partitions is known is refused by the read', async () => {
  await using kafka = new Embedded({ partitions: 3 })
  const reader = kafka.reader()
  reader.setOffset(4)
  await expect(reader.fetchMessage()).rejects.toThrow(/which partition/)
})

test('each partition can be sought before the first read', async () => {
  await using kafka = new Embedded({ partitions: 3 })
  await kafka.write(numbered(0, 30), inTurn())
  const reader = kafka.reader()
  reader.seek('t', 0, 9)
  reader.seek('t', 1, 'latest')
  reader.seek('t', 2, 8)
  expect(new Set(await take(reader, 3, forever))).toEqual(new Set(['27', '26', '29']))
})

test('with a partition it reads that alone', async () => {
  await using kafka = new Embedded({ partitions: 3 })
  await kafka.write(numbered(0, 9), inTurn())
  const reader = kafka.reader({ partition: 1 })
  expect(await take(reader, 3, forever)).toEqual(['1', '4', '7'])
  expect(reader.stats().partitions).toHaveLength(1)
  expect(() => reader.seek('t', 2, 0)).toThrow(ConfigError)
})
