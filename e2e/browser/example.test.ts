import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Writer } from '../../src/index.ts'
import { startStage, whyNoChromium } from './chromium.ts'

describe.skipIf(whyNoChromium() !== null)('docs/examples/browser', () => {
  test('tails a topic', { timeout: 60_000 }, async () => {
    const broker = new Broker({ topics: [{ name: 'news', partitions: 1 }] })
    const { addresses, close } = await listen(broker)
    const stage = await startStage(addresses)
    const writer = new Writer({ addr: addresses, topic: 'news' })
    try {
      const html = readFileSync('docs/examples/browser/index.html', 'utf8')
      const style = readFileSync('docs/examples/browser/style.css', 'utf8')
      const query = new URLSearchParams({ bridge: stage.bridge.url, brokers: addresses[0]!, topic: 'news' })
      const page = await stage.open('docs/examples/browser/tail.ts', { html, style, query: query.toString() })
      await page.waitForFunction("document.getElementById('status').textContent !== ''")
      // The page tails: what was there before it came is not shown.
      await expect
        .poll(
          async () => {
            await writer.writeMessages([{ key: 'headline', value: 'the page tails a topic' }])
            return page.locator('#messages tr').count()
          },
          { timeout: 20_000, interval: 200 },
        )
        .toBeGreaterThan(4)
      expect(await page.locator('#messages tr').first().textContent()).toContain('the page tails a topic')
      if (process.env['SCREENSHOT'] !== undefined) await page.screenshot({ path: process.env['SCREENSHOT'] })
      await page.close()
      await expect.poll(() => stage.bridge.connections, { timeout: 15_000 }).toBe(0)
    } finally {
      await writer.close()
      await stage.close()
      await close()
      await broker.close()
    }
  })
})
