import { expect, test } from 'vitest'
import type { ClientEvent } from '../../src/base/events.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FirstOffset, LastOffset } from '../../src/protocol/offsets.ts'
import { settingsOf } from '../../src/reader/config.ts'
import { Fetcher } from '../../src/reader/fetcher.ts'
import { ReaderMetrics } from '../../src/reader/metrics.ts'
import { Position } from '../../src/reader/position.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { numbered } from '../support/reading-fixture.ts'

/** A cluster on a clock that leaps, and the connections to fetch, once they have ended. */
function world(config: { brokers?: number; partitions?: number } = {}) {
  const clock = new LeapingClock()
  const connections: string[] = []
  const onEvent = (event: ClientEvent): void => {
    if (event.type === 'disconnect' && event.lane === 'fetch') connections.push(event.broker)
  }
  const kafka = new Embedded({ clock, ...config, transport: { clock, onEvent } })
  return { clock, kafka, connections }
}

test('50 seeks of a reader that waits at the end are one connection, and each delivers soon', async () => {
  const { clock, kafka, connections } = world()
  using _ = clock
  await using __ = kafka
  await kafka.write(numbered(0, 100), { batchSize: 10 })
  const reader = kafka.reader({ startOffset: LastOffset })
  const first = reader.fetchMessage()
  let slowest = 0
  for (let i = 0; i < 50; i++) {
    // Sooner and later, up to half a minute.
    await clock.sleep(2 ** (i % 16))
    const sought = clock.monotonic()
    reader.setOffset(i)
    expect((await (i === 0 ? first : reader.fetchMessage())).offset).toBe(i)
    slowest = Math.max(slowest, clock.monotonic() - sought)
  }
  expect(connections).toHaveLength(0)
  await reader.close()
  expect(connections).toHaveLength(1)
  expect(slowest).toBeLessThanOrEqual(510)
})

test('a seek soon after another waits for a poll of some milliseconds only', async () => {
  const { clock, kafka } = world()
  using _ = clock
  await using __ = kafka
  await kafka.write(numbered(0, 10))
  const reader = kafka.reader()
  for (let i = 0; i < 10; i++) await reader.fetchMessage()
  const began = clock.monotonic()
  for (let i = 0; i < 100; i++) {
    await clock.sleep(1)
    reader.setOffset(i % 10)
    await reader.fetchMessage()
  }
  expect(clock.monotonic() - began).toBeLessThan(100 * 30)
})

test('lookups in the middle of long polls, by time, of the end and of the lag, hang up no fetch connection', async () => {
  const { clock, kafka, connections } = world({ partitions: 3 })
  using _ = clock
  await using __ = kafka
  const timed = numbered(0, 30).map((message, i) => ({ ...message, timestamp: 1_600_000_000_000 + i * 1_000 }))
  let turn = 0
  await kafka.write(timed, { balancer: () => turn++ % 3 })
  const reader = kafka.reader()
  for (let i = 0; i < 30; i++) await reader.fetchMessage()
  let slowest = 0
  for (let i = 0; i < 8; i++) {
    // The poll waits for what comes.
    await clock.sleep(2_000)
    expect(await reader.readLag()).toBe(0)
    const began = clock.monotonic()
    // One message of each partition is as young.
    if (i % 2 === 0) await reader.setOffsetAt(1_600_000_027_000)
    else for (const partition of [0, 1, 2]) reader.seek('t', partition, new Date(1_600_000_027_000))
    const texts = [await reader.fetchMessage(), await reader.fetchMessage(), await reader.fetchMessage()]
    expect(new Set(texts.map(message => message.text()))).toEqual(new Set(['27', '28', '29']))
    slowest = Math.max(slowest, clock.monotonic() - began)
    reader.setOffset(LastOffset)
  }
  expect(connections).toHaveLength(0)
  await reader.close()
  expect(connections).toHaveLength(1)
  expect(slowest).toBeLessThan(1_600)
}, 60_000)

test('1,000 seeks and 100 assignments during long polls: one fetch connection per broker, and nothing is skipped or doubled after', async () => {
  const { clock, kafka, connections } = world({ brokers: 3, partitions: 12 })
  using _ = clock
  await using __ = kafka
  for (let partition = 0; partition < 12; partition++) kafka.broker.moveLeader('t', partition, (partition % 3) + 1)
  let turn = 0
  await kafka.write(numbered(0, 240), { balancer: () => turn++ % 12 })
  const settings = settingsOf({ brokers: kafka.broker.addresses, topic: 't' })
  const { transport, notes } = kafka
  const fetcher = new Fetcher({
    transport,
    brokers: kafka.broker.addresses,
    settings,
    logger: notes.logger,
    counters: new ReaderMetrics(),
    onNews() {},
    onPassed() {},
  })
  const positions = Array.from({ length: 12 }, (_, partition) => new Position('t', partition, LastOffset))
  const has = new Set(positions)
  fetcher.add(positions)
  await clock.sleep(5_000)
  for (let i = 0; i < 1_000; i++) {
    const position = positions[i % 12]!
    if (has.has(position))
      fetcher.moveTo([position], i % 3 === 0 ? { sought: FirstOffset } : { offset: i % 20, leaderEpoch: -1 })
    if (i % 10 === 0) {
      const other = positions[(i * 7) % 12]!
      if (has.delete(other)) fetcher.remove([other])
      else {
        positions[other.partition] = new Position('t', other.partition, FirstOffset)
        has.add(positions[other.partition]!)
        fetcher.add([positions[other.partition]!])
      }
    }
    await clock.sleep(i % 50)
    if (i % 4 === 0) fetcher.take()?.frame.release()
  }
  fetcher.moveTo([...has], { sought: FirstOffset })
  const offsets = new Map([...has].map(({ partition }) => [partition, 0]))
  await clock.until(() => {
    for (let fetched = fetcher.take(); fetched !== undefined; fetched = fetcher.take()) {
      const { partition } = fetched.position
      expect(Math.max(fetched.from, fetched.batch.baseOffset)).toBe(offsets.get(partition))
      offsets.set(partition, fetched.batch.lastOffset + 1)
      fetched.frame.release()
    }
    return [...offsets.values()].every(offset => offset === 20)
  })
  expect(connections).toHaveLength(0)
  await fetcher.close()
  await clock.until(() => connections.length === 3)
  expect(new Set(connections).size).toBe(3)
})

test('partitions that stay keep their queue and their request when others come and go', async () => {
  const { clock, kafka } = world({ partitions: 3 })
  using _ = clock
  await using __ = kafka
  await kafka.write(numbered(0, 30), { balancer: () => 0, batchSize: 10 })
  const fetches = kafka.spoil(Fetch, 0, () => undefined)
  const settings = settingsOf({ brokers: kafka.broker.addresses, topic: 't' })
  const { transport, notes } = kafka
  const parts = {
    transport,
    brokers: kafka.broker.addresses,
    settings,
    logger: notes.logger,
    counters: new ReaderMetrics(),
  }
  const fetcher = new Fetcher({ ...parts, onNews() {}, onPassed() {} })
  const [stays, comes, goes] = [0, 1, 2].map(partition => new Position('t', partition, 0))
  fetcher.add([stays!, goes!])
  await clock.until(() => fetcher.queueLength === 30)
  const before = fetches.count
  fetcher.remove([goes!])
  fetcher.add([comes!])
  expect(fetcher.queueLength).toBe(30)
  expect(fetches.count).toBe(before)
  await clock.until(() => comes!.end === 0)
  expect(fetcher.queueLength).toBe(30)
  await fetcher.close()
})
