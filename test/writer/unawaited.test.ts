import { expect, test } from 'vitest'
import { repetitions } from '../support/effort.ts'
import { Embedded } from './embedded.ts'

const count = repetitions(50_000, 200_000, 400_000)

test(`${count} writes that nobody waits for keep the loop free, take memory in proportion, and all arrive`, {
  timeout: 120_000,
}, async () => {
  await using kafka = new Embedded({ partitions: 6 })
  const writer = kafka.open({ maxBufferedBytes: 8_000_000 })
  await writer.writeMessages({ value: 'first' })
  const before = process.memoryUsage().rss
  let grown = 0
  let mostBuffered = 0
  const writing: Promise<void>[] = []
  for (let i = 0; i < count; i++) writing.push(writer.writeMessages({ value: String(i) }))
  let longest = 0
  let last = performance.now()
  const watch = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    grown = Math.max(grown, process.memoryUsage().rss - before)
    mostBuffered = Math.max(mostBuffered, writer.stats().bufferedBytes)
  }, 5)
  const outcomes = await Promise.allSettled(writing)
  clearInterval(watch)
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
  expect(longest, 'ms in which nothing else could run').toBeLessThan(3_000)
  expect(mostBuffered).toBeLessThanOrEqual(8_000_000)
  expect(grown / count, 'bytes a call that waits').toBeLessThan(2_500)
  const texts = await Promise.all([0, 1, 2, 3, 4, 5].map(partition => kafka.texts(partition)))
  expect(texts.flat().length).toBe(count + 1)
})
