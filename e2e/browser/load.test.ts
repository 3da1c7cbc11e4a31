import { afterAll, describe, expect, test } from 'vitest'
import { Client } from '../../src/index.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { act } from './act.ts'
import { type Stage, startStage, whyNoChromium } from './chromium.ts'

const MiB = 1024 * 1024
const unable = noKafka || whyNoChromium() !== null

describe.skipIf(unable)('a page on a real Kafka', async () => {
  if (unable) return void test('needs Chromium and Kafka', () => {})
  const cluster = await sharedKafka(1)
  const stage: Stage = await startStage(cluster.brokers)
  const client = new Client({ addr: cluster.brokers })
  const place = async (name: string, numPartitions: number): Promise<{ brokers: readonly string[]; bridge: string; topic: string }> => {
    const topic = `${name}-${Date.now().toString(36)}`
    await client.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] })
    return { brokers: cluster.brokers, bridge: stage.bridge.url, topic }
  }
  const nothingOpen = (): Promise<void> => expect.poll(() => stage.bridge.connections, { timeout: 15_000 }).toBe(0)
  afterAll(async () => {
    await stage.close()
    await cluster.stop()
  })

  test('writes 100,000 messages and reads them, in bounded memory', { timeout: 120_000 }, async () => {
    const page = await stage.open('e2e/browser/entries/load.ts')
    const at = await place('load', 1)
    const before = process.memoryUsage().rss
    let rss = 0
    const watch = setInterval(() => {
      rss = Math.max(rss, process.memoryUsage().rss - before)
    }, 50)
    const started = performance.now()
    const writing = await act<number>(page, 'write', at)
    const written = performance.now()
    const { most: reading, inOrder } = await act<{ most: number; inOrder: boolean }>(page, 'read', at)
    const read = performance.now()
    clearInterval(watch)
    console.log(
      `Chromium: 100,000 written in ${Math.round(written - started)} ms (heap ${(writing / MiB).toFixed(0)} MiB), ` +
        `read in ${Math.round(read - written)} ms (heap ${(reading / MiB).toFixed(0)} MiB); bridge +${(rss / MiB).toFixed(0)} MiB`,
    )
    expect(inOrder).toBe(true)
    expect(Math.max(writing, reading)).toBeLessThan(128 * MiB)
    expect(rss).toBeLessThan(128 * MiB)
    await page.close()
    await nothingOpen()
  })

  test('a tab closed in the middle leaves nothing behind', { timeout: 60_000 }, async () => {
    const page = await stage.open('e2e/browser/entries/load.ts')
    const at = await place('closed', 3)
    await act(page, 'flood', at)
    await act(page, 'join', at)
    await expect.poll(async () => (await act<number[]>(page, 'seen')).length, { timeout: 30_000 }).toBe(3)
    expect(stage.bridge.connections).toBeGreaterThan(2)
    await page.close()
    await nothingOpen()
  })

  test('a tab that joins takes its share of a group, and gives it back', { timeout: 120_000 }, async () => {
    const at = await place('group', 4)
    const source = await stage.open('e2e/browser/entries/load.ts')
    await act(source, 'flood', at)
    const first = await stage.open('e2e/browser/entries/load.ts')
    await act(first, 'join', at)
    await expect.poll(() => act<number[]>(first, 'seen'), { timeout: 30_000 }).toEqual([0, 1, 2, 3])
    const second = await stage.open('e2e/browser/entries/load.ts')
    await act(second, 'join', at)
    await expect
      .poll(
        async () => {
          const [mine, theirs] = await Promise.all([act<number[]>(first, 'seen'), act<number[]>(second, 'seen')])
          return [mine.length, theirs.length, new Set([...mine, ...theirs]).size]
        },
        { timeout: 30_000, interval: 500 },
      )
      .toEqual([2, 2, 4])
    for (const page of [source, first, second]) await page.close()
    await nothingOpen()
  })
})
