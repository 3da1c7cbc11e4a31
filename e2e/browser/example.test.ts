import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Writer } from '../../src/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { browserNames, chosenRuntimes, runtime } from '../runtimes/packages.ts'
import { startStage } from './stage.ts'

for (const name of browserNames.filter(name => chosenRuntimes.includes(name))) {
  const { label, missing } = runtime(name)
  test(`docs/examples/browser tails a topic in ${label}`, { ...unless(missing), timeout: 60_000 }, async () => {
    const broker = new Broker({ topics: [{ name: 'news', partitions: 2 }] })
    const { addresses, close } = await listen(broker)
    const stage = await startStage(name, addresses)
    const writer = new Writer({ addr: addresses, topic: 'news' })
    try {
      const html = readFileSync('docs/examples/browser/index.html', 'utf8')
      const style = readFileSync('docs/examples/browser/style.css', 'utf8')
      const query = new URLSearchParams({ bridge: stage.bridge.url, brokers: addresses[0]!, topic: 'news' })
      const page = await stage.open('docs/examples/browser/tail.ts', { html, style, query: query.toString() })
      // The page tails: what was there before it came is not shown.
      await expect
        .poll(
          async () => {
            await writer.writeMessages([{ key: 'headline', value: 'the page tails a topic' }])
            return page.evaluate("document.querySelectorAll('#messages tr').length")
          },
          { timeout: 20_000, interval: 200 },
        )
        .toBeGreaterThan(4)
      expect(await page.evaluate("document.querySelector('#messages tr').textContent")).toContain(
        'the page tails a topic',
      )
      const values = (): Promise<string[]> =>
        page.evaluate(
          "[...document.querySelectorAll('#messages tr:not([hidden])')].map(row => row.lastElementChild.textContent)",
        )
      // Of each key the latest, from all partitions.
      await page.evaluate("document.getElementById('by-key').click()")
      const write = (key: string, value: string, partition: number): Promise<void> =>
        writer.writeMessages({ key, value, partition })
      for (let i = 1; i <= 3; i++) {
        await write('anna', `anna ${i}`, 0)
        await write('ben', `ben ${i}`, 1)
      }
      const sorted = async (): Promise<string[]> => (await values()).sort()
      await expect.poll(sorted, { timeout: 10_000 }).toEqual(['anna 3', 'ben 3', 'the page tails a topic'])
      const folder = process.env['SCREENSHOTS']
      if (folder !== undefined) writeFileSync(`${folder}/${name}.png`, await page.screenshot())
      await page.evaluate(
        "{ const filter = document.getElementById('filter'); filter.value = 'anna'; filter.dispatchEvent(new Event('input')) }",
      )
      expect(await values()).toEqual(['anna 3'])
      // A pause shows nothing, and loses nothing.
      await page.evaluate("document.getElementById('pause').click()")
      await write('anna', 'anna 4', 0)
      expect(await values()).toEqual(['anna 3'])
      await page.evaluate("document.getElementById('pause').click()")
      await expect.poll(values, { timeout: 10_000 }).toEqual(['anna 4'])
      await page.close()
      await expect.poll(() => stage.bridge.connections, { timeout: 15_000 }).toBe(0)
    } finally {
      await writer.close()
      await stage.close()
      await close()
      await broker.close()
    }
  })
}
