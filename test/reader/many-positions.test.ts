import { expect, test } from 'vitest'
import { LastOffset } from '../../src/protocol/offsets.ts'
import { settingsOf } from '../../src/reader/config.ts'
import { Fetcher } from '../../src/reader/fetcher.ts'
import { ReaderMetrics } from '../../src/reader/metrics.ts'
import { Position } from '../../src/reader/position.ts'
import { Embedded } from '../support/embedded.ts'
import { until } from '../support/waiting.ts'

/** Milliseconds of the processor's, for others may be at work on it. */
const processed = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Milliseconds that a member of so many partitions takes to be given them, and to move, pause and lose each of them. */
function work(kafka: Embedded, count: number): number {
  const fetcher = new Fetcher({
    transport: kafka.transport,
    brokers: kafka.broker.addresses,
    settings: settingsOf({ brokers: kafka.broker.addresses, topic: 't' }),
    logger: kafka.notes.logger,
    counters: new ReaderMetrics(),
    onNews() {},
    onPassed() {},
  })
  const positions = Array.from({ length: count }, (_, partition) => new Position('t', partition, 0))
  const began = processed()
  fetcher.add(positions)
  fetcher.moveTo(positions, { sought: LastOffset })
  fetcher.pause(positions, position => position.next)
  fetcher.resume(positions)
  fetcher.remove(positions)
  const took = processed() - began
  void fetcher.close()
  return took
}

test('being given partitions, moving, pausing and losing them takes time as their number does', async () => {
  await using kafka = new Embedded()
  const least = (count: number): number => Math.min(...Array.from({ length: 5 }, () => work(kafka, count)))
  work(kafka, 1_000)
  // On a busy machine whole rounds come late.
  let ratio = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5 && ratio >= 80; round++)
    ratio = Math.min(ratio, least(16_000) / Math.max(least(1_000), 0.5))
  // Quadratic it would be 256.
  expect(ratio).toBeLessThan(80)
})

/** Milliseconds that a reader of so many partitions takes to seek in each of them by itself. */
async function oneByOne(count: number): Promise<number> {
  await using kafka = new Embedded({ partitions: count })
  const reader = kafka.reader()
  const waiting = reader.readMessage().catch(() => {})
  await until(AbortSignal.timeout(15_000), () => reader.stats().partitions.length === count)
  const least = Math.min(
    ...Array.from({ length: 5 }, () => {
      const began = processed()
      for (let partition = 0; partition < count; partition++) reader.seek('t', partition, partition % 3)
      return processed() - began
    }),
  )
  await reader.close()
  await waiting
  return least
}

test('seeking in one partition after the other takes time as their number does', async () => {
  await oneByOne(600)
  let ratio = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5 && ratio >= 80; round++)
    ratio = Math.min(ratio, (await oneByOne(9_600)) / Math.max(await oneByOne(600), 0.5))
  // Quadratic it would be 256.
  expect(ratio).toBeLessThan(80)
}, 60_000)
