import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, Reader, Writer } from '../../src/index.ts'
import { unless, unlessRuntimes } from '../../test/support/left-out.ts'
import { pause } from '../../test/support/waiting.ts'
import { full } from '../full.ts'
import { chosenRuntimes, runtime } from '../runtimes/packages.ts'
import { act } from './act.ts'
import type { Tab } from './browser.ts'
import type { Books, Work } from './entries/work.ts'
import { startProxy } from './proxy.ts'
import { type Stage, startStage } from './stage.ts'

const { label, missing } = runtime('chromium')
const entry = 'e2e/browser/entries/work.ts'

const unchosen = chosenRuntimes.includes('chromium') ? null : { why: 'other runtimes were chosen', command: null }
describe(`pages in ${label} whose network is as networks are`, unless(missing, unchosen, unlessRuntimes), () => {
  let broker: Broker
  let door: Awaited<ReturnType<typeof listen>>
  let stage: Stage
  beforeAll(async () => {
    broker = new Broker({ natives })
    door = await listen(broker)
    stage = await startStage('chromium', door.addresses)
  })
  afterAll(async () => {
    await stage?.close()
    await door?.close()
    await broker?.close()
  })
  const books = (page: Tab): Promise<Books> => act<Books>(page, 'books')
  const numbers = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, number) => `${name}:${number}`)

  /** What the topic holds in the end, as a client without a browser reads it. */
  async function contents(topic: string, count: number): Promise<string[]> {
    const reader = new Reader({ brokers: door.addresses, topic, partition: 0 })
    const values: string[] = []
    while (values.length < count) values.push((await reader.readMessage()).text().trimEnd())
    // A message too many would be lying behind them.
    expect(await reader.readLag(), 'messages beyond those written').toBe(0)
    await reader.close()
    return values
  }

  async function created(topic: string): Promise<string> {
    const writer = new Writer({ addr: door.addresses, topic, allowAutoTopicCreation: true })
    await writer.writeMessages({ value: 'first' })
    await writer.close()
    return topic
  }

  /**
   * Everything that pages wrote is there once and was read by each of their readers once, by members of groups at least
   * once.
   */
  async function complete(
    topic: string,
    pages: readonly (readonly [name: string, page: Tab])[],
    inGroup: boolean,
  ): Promise<void> {
    for (const [, page] of pages) await act(page, 'stop')
    const all = ['first']
    for (const [name, page] of pages) {
      const { attempted, acknowledged, ended } = await books(page)
      expect({ name, acknowledged, ended }).toEqual({ name, acknowledged: attempted, ended: {} })
      all.push(...numbers(name, attempted))
    }
    const there = await contents(topic, all.length)
    expect([...there].sort(), 'what the topic holds').toEqual(all.sort())
    for (const [name, page] of pages) {
      const missingOf = async (key: 'read' | 'readInGroup'): Promise<number> => {
        const got = new Set((await books(page))[key])
        return there.filter(value => !got.has(value)).length
      }
      await expect
        .poll(() => missingOf('read'), { timeout: 40_000, message: `messages that ${name}'s reader lacks` })
        .toBe(0)
      if (inGroup)
        await expect
          .poll(() => missingOf('readInGroup'), { timeout: 40_000, message: `messages that ${name}'s member lacks` })
          .toBe(0)
      const { read, ended } = await books(page)
      expect(read, `what ${name} read`).toEqual(there)
      expect(ended, `what ended in ${name}`).toEqual({})
    }
  }

  test('offline for a while under two readers and a writer: nothing is lost, doubled or ended', {
    timeout: 240_000,
  }, async () => {
    const topic = await created('offline')
    await using proxy = await startProxy(stage.bridge.url)
    stage.allow(new URL(proxy.url).origin)
    const page = await stage.open(entry)
    const work: Work = { brokers: door.addresses, bridge: proxy.url, topic, name: 'page', groupId: 'offline' }
    await act(page, 'start', work)
    const seen = async (): Promise<number> =>
      Math.min((await books(page)).read.length, (await books(page)).readInGroup.length)
    await expect.poll(seen, { timeout: 20_000 }).toBeGreaterThan(100)
    await page.offline!(true)
    proxy.cut()
    const before = await books(page)
    await pause(full ? 40_000 : 8_000)
    const during = await books(page)
    expect(during.ended, 'what ended while the page was offline').toEqual({})
    expect(during.attempted, 'the page went on writing').toBeGreaterThan(before.attempted + 100)
    expect(during.acknowledged, 'the page was cut off').toBeLessThan(before.attempted + 50)
    proxy.heal()
    await page.offline!(false)
    await expect
      .poll(seen, { timeout: 60_000, message: 'both readers go on' })
      .toBeGreaterThan(before.read.length + 100)
    await complete(topic, [['page', page]], true)
    const { read, readInGroup } = await books(page)
    console.log(
      `offline: ${read.length} messages, ${readInGroup.length - new Set(readInGroup).size} again to the member of the group`,
    )
    await act(page, 'close')
    await page.close()
  })

  test('1 Mbit/s and 300 ms: each byte goes up once, and everything arrives', { timeout: 240_000 }, async () => {
    const topic = await created('narrow')
    await using proxy = await startProxy(stage.bridge.url, { bitsPerSecond: 1_000_000, delayMs: 150 })
    stage.allow(new URL(proxy.url).origin)
    const page = await stage.open(entry)
    const filler = 8_000
    const count = full ? 300 : 150
    await act(page, 'start', {
      brokers: door.addresses,
      bridge: proxy.url,
      topic,
      name: 'page',
      filler,
      count,
      pauseMs: 0,
    } satisfies Work)
    await expect.poll(async () => (await books(page)).attempted, { timeout: 20_000 }).toBe(count)
    await complete(topic, [['page', page]], false)
    const payload = count * filler
    console.log(
      `1 Mbit/s: ${payload} bytes, ${(proxy.up / payload).toFixed(2)} times up, ${(proxy.down / payload).toFixed(2)} times down`,
    )
    expect(proxy.up, 'bytes that went up').toBeLessThan(payload * 1.1 + 50_000)
    expect(proxy.down, 'bytes that came down').toBeLessThan(payload * 1.1 + 50_000)
    await act(page, 'close')
    await page.close()
  })

  test('a bridge restarted under ten tabs: nothing is lost, doubled or ended', { timeout: 240_000 }, async () => {
    const topic = await created('restarted')
    const tabs: [string, Tab][] = []
    for (let number = 0; number < 10; number++) tabs.push([`tab${number}`, await stage.open(entry)])
    for (const [name, page] of tabs)
      await act(page, 'start', {
        brokers: door.addresses,
        bridge: stage.bridge.url,
        topic,
        name,
        pauseMs: 100,
      } satisfies Work)
    const counts = (): Promise<number[]> => Promise.all(tabs.map(async ([, page]) => (await books(page)).read.length))
    const least = async (): Promise<number> => Math.min(...(await counts()))
    await expect.poll(least, { timeout: 30_000 }).toBeGreaterThan(100)
    const began = performance.now()
    await stage.restartBridge()
    const took = performance.now() - began
    const after = Math.max(...(await counts()))
    await expect.poll(least, { timeout: 40_000, message: 'all tabs go on' }).toBeGreaterThan(after + 50)
    console.log(
      `ten tabs: the bridge took ${Math.round(took)} ms to close and start, all went on ${Math.round(performance.now() - began - took)} ms later`,
    )
    // Long polls, of which each tab has one, are let go at once.
    expect(took, 'how long nobody could get in, ms').toBeLessThan(5_000)
    await complete(topic, tabs, false)
    for (const [, page] of tabs) {
      await act(page, 'close')
      await page.close()
    }
  })

  test('Back and forward: the example tails on from where it was', { timeout: 120_000 }, async () => {
    const topic = 'history'
    // Each write goes to the next of them.
    await new Client({ addr: door.addresses }).createTopics({
      topics: [{ topic, numPartitions: 3, replicationFactor: 1 }],
    })
    const html = readFileSync('docs/examples/browser/index.html', 'utf8')
    const style = readFileSync('docs/examples/browser/style.css', 'utf8')
    const query = new URLSearchParams({ bridge: stage.bridge.url, brokers: door.addresses[0]!, topic })
    const page = await stage.open('docs/examples/browser/tail.ts', { html, style, query: query.toString() })
    const writer = new Writer({ addr: door.addresses, topic })
    let next = 0
    const write = (value: string): Promise<void> => writer.writeMessages({ value, partition: next++ % 3 })
    const shown = (): Promise<string[]> =>
      page.evaluate(
        "[...document.querySelectorAll('#messages tr')].map(row => row.lastElementChild.textContent).reverse()",
      )
    // It begins at the end: when it is there, it shows what comes.
    const begun = async (): Promise<number> => {
      await write('here')
      return (await shown()).length
    }
    await expect.poll(begun, { timeout: 20_000, interval: 200 }).toBeGreaterThan(5)
    const all = (await shown()).length
    await page.evaluate("addEventListener('pageshow', event => { globalThis.kept = event.persisted })")
    for (let visit = 0; visit < 2; visit++) {
      await page.go!(stage.elsewhere)
      await write(`away ${visit}`)
      await page.back!()
      await expect.poll(() => page.evaluate('globalThis.kept'), { message: 'the browser kept the page' }).toBe(true)
      await write(`back ${visit}`)
      await expect
        .poll(async () => (await shown()).includes(`back ${visit}`), { timeout: 20_000, message: 'the page goes on' })
        .toBe(true)
    }
    // There and back by Forward and Back, too.
    await page.forward!()
    await write('away 2')
    await page.back!()
    const told = ['away 0', 'away 1', 'away 2', 'back 0', 'back 1']
    await expect
      .poll(async () => (await shown()).filter(value => value !== 'here').sort(), { timeout: 20_000 })
      .toEqual(told)
    expect((await shown()).filter(value => value === 'here').length, 'what it showed before').toBeGreaterThanOrEqual(
      all,
    )
    expect(await page.evaluate("document.getElementById('status').textContent")).toMatch(/messages so far$/)
    await writer.close()
    await page.close()
  })
})
