import { afterAll, describe, expect, test } from 'vitest'
import { Client } from '../../src/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { browserNames, chosenRuntimes, runtime } from '../runtimes/packages.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { act } from './act.ts'
import { type Stage, startStage } from './stage.ts'

const MiB = 1024 * 1024

for (const name of browserNames.filter(name => chosenRuntimes.includes(name))) {
  const { label, missing } = runtime(name)
  const unable = noKafka ?? missing
  describe(`pages in ${label} on a real Kafka`, unless(unable), async () => {
    if (unable !== null) return void test('need the browser and Kafka', () => {})
    const cluster = await sharedKafka(1)
    const stage: Stage = await startStage(name, cluster.brokers)
    const client = new Client({ addr: cluster.brokers })
    const place = async (
      name: string,
      numPartitions: number,
    ): Promise<{ brokers: readonly string[]; bridge: string; topic: string }> => {
      const topic = `${name}-${Date.now().toString(36)}`
      await client.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] })
      return { brokers: cluster.brokers, bridge: stage.bridge.url, topic }
    }
    const nothingOpen = (): Promise<void> => expect.poll(() => stage.bridge.connections, { timeout: 15_000 }).toBe(0)
    afterAll(async () => {
      await client.close()
      await stage.close()
      await cluster.stop()
    })

    const unmeasured = name === 'chromium' ? null : { why: `${label} does not tell of its memory`, command: null }
    // Only Chromium tells of its memory. Nearly 100 MiB go each way: who kept those of one way would be above the
    // bounds.
    test('write 100,000 messages and read them, in bounded memory', {
      ...unless(unmeasured),
      timeout: 120_000,
    }, async () => {
      const page = await stage.open('e2e/browser/entries/load.ts')
      const at = await place('load', 1)
      const pages = await grown(() => stage.browser.resident!())
      // The bridge's process is this one: all else that happens here counts as the bridge's.
      const bridge = await grown(async () => process.memoryUsage().rss)
      const started = performance.now()
      const writing = await act<number>(page, 'write', at)
      const written = performance.now()
      const { most: reading, inOrder } = await act<{ most: number; inOrder: boolean }>(page, 'read', at)
      const read = performance.now()
      const [pageGrown, bridgeGrown] = [pages.most(), bridge.most()]
      const shown = (bytes: number): string => `${(bytes / MiB).toFixed(0)} MiB`
      console.log(
        `${label}: 100,000 messages of 1 KiB written in ${Math.round(written - started)} ms (heap ${shown(writing)}), ` +
          `read in ${Math.round(read - written)} ms (heap ${shown(reading)}); grown: page ${shown(pageGrown)}, bridge ${shown(bridgeGrown)}`,
      )
      expect(inOrder).toBe(true)
      expect(Math.max(writing, reading)).toBeLessThan(40 * MiB)
      expect(pageGrown).toBeLessThan(120 * MiB)
      expect(bridgeGrown).toBeLessThan(128 * MiB)
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

    test('a tab that joins takes its share of a group; closed, it gives that back', { timeout: 120_000 }, async () => {
      const at = await place('group', 4)
      const source = await stage.open('e2e/browser/entries/load.ts')
      await act(source, 'flood', at)
      const first = await stage.open('e2e/browser/entries/load.ts')
      await act(first, 'join', at)
      await expect.poll(() => act<number[]>(first, 'seen'), { timeout: 30_000, interval: 200 }).toEqual([0, 1, 2, 3])
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
      await second.close()
      await expect.poll(() => act<number[]>(first, 'seen'), { timeout: 30_000, interval: 200 }).toEqual([0, 1, 2, 3])
      for (const page of [source, first]) await page.close()
      await nothingOpen()
    })
  })
}

/** By how much a figure exceeds what it is now, looked at all the time until it is asked for. */
async function grown(figure: () => Promise<number>): Promise<{ most(): number }> {
  const before = await figure()
  let most = before
  const look = async (): Promise<void> => {
    most = Math.max(most, await figure())
  }
  const timer = setInterval(() => void look(), 50)
  return {
    most() {
      clearInterval(timer)
      return most - before
    },
  }
}
