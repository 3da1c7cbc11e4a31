import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, Reader, Transport, Writer } from '../../src/index.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { unless } from '../../test/support/left-out.ts'
import { startStage } from '../browser/stage.ts'
import { freePorts } from '../kafka/index.ts'
import { bundle } from '../runtimes/bundle.ts'
import { runtime } from '../runtimes/packages.ts'
import { startWorker } from '../runtimes/workerd.ts'
import { type Installed, installPackage } from './installed.ts'
import { start } from './running.ts'

// What README.md shows, cut out of it and run where the packed package is installed. Addresses alone are replaced.
let app: Installed
beforeAll(async () => {
  app = await installPackage()
})
afterAll(() => app?.[Symbol.asyncDispose]())

let addr: string
let stop: () => Promise<void>
beforeEach(async () => {
  const broker = new Broker({
    topics: ['orders', 'invoices', 'failed-orders'].map(name => ({ name, partitions: 1 })),
    natives,
  })
  const { addresses, close } = await listen(broker)
  addr = addresses[0]!
  stop = async () => {
    await close()
    await broker.close()
  }
})
afterEach(() => stop())

/** The first code under a heading. At most ten lines of it say something. */
function snippet(heading: string, replaced: Readonly<Record<string, string>> = {}): string {
  const readme = readFileSync('README.md', 'utf8')
  const from = readme.indexOf(`\n${heading}\n`)
  if (from < 0) throw new Error(`README.md has no heading "${heading}"`)
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme.slice(from)) ?? []
  expect(code.split('\n').filter(line => line.trim() !== '').length).toBeLessThanOrEqual(10)
  return Object.entries({ 'localhost:9092': addr, ...replaced }).reduce((text, [name, value]) => {
    expect(text).toContain(name)
    return text.replaceAll(name, value)
  }, code)
}

const written = async (): Promise<string> => {
  await using reader = new Reader({ brokers: addr, topic: 'orders' })
  return (await reader.readMessage()).text()
}

const write = async (value: string): Promise<void> => {
  await using writer = new Writer({ addr, topic: 'orders' })
  await writer.writeMessages({ value })
}

test('Node', async () => {
  const program = await app.put('main.mjs', snippet('### Node'))
  const running = start([process.execPath, program])
  await running.says(/^0 1 world$/m)
  expect([running.output, running.errors]).toEqual(['0 0 hello\n0 1 world\n', ''])
})

test('Node: Ctrl-C leaves the group, with what was read committed, and ends the program without an error', async () => {
  const program = await app.put('interrupted.mjs', snippet('### Node'))
  const running = start([process.execPath, program])
  await running.says(/^0 1 world$/m)
  await using client = new Client({ addr })
  const members = async (): Promise<number> => {
    const transport = new Transport()
    const { groups } = await transport.roundTrip(addr, DescribeGroups, { groups: ['billing'] })
    await transport.close()
    return groups[0]!.members.length
  }
  expect(await members()).toBe(1)
  running.kill('SIGINT')
  expect([await running.ended, running.errors]).toEqual([0, ''])
  // It did not merely go: its session would last for half a minute.
  expect(await members()).toBe(0)
  expect([...(await client.consumerOffsets({ groupId: 'billing', topic: 'orders' }))]).toEqual([[0, 2]])
})

test('Deno', unless(runtime('deno').missing), async () => {
  const [port] = await freePorts(1)
  const program = await app.put('deno.ts', snippet('### Deno', { '8000': String(port) }))
  const running = start([runtime('deno').binary, 'run', '--no-prompt', '--allow-net', program])
  await running.says(/Listening/)
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'from Deno' })
  expect([response.status, await written()]).toEqual([201, 'from Deno'])
})

test('Bun', unless(runtime('bun').missing), async () => {
  const program = await app.put('bun.ts', snippet('### Bun'))
  const running = start([runtime('bun').binary, program], { cwd: app.folder })
  await write('for Bun')
  const archived = (): string => readFileSync(join(app.folder, 'orders.txt'), { encoding: 'utf8', flag: 'a+' })
  await expect.poll(archived, { timeout: 10_000 }).toMatch(/^\d{4}-\S+Z for Bun\n$/)
  expect(running.errors).toBe('')
})

test('Workers', unless(runtime('workerd').missing), async () => {
  const entry = await app.put('worker.ts', snippet('### Cloudflare Workers'))
  await using worker = await startWorker(await bundle(entry, 'workerd', { from: 'package' }))
  const response = await fetch(worker.url, { method: 'POST', body: 'from a Worker' })
  expect([response.status, await written(), worker.log()]).toEqual([201, 'from a Worker', ''])
})

test('a browser', { ...unless(runtime('chromium').missing), timeout: 60_000 }, async () => {
  await write('for a page')
  const stage = await startStage('chromium', [addr])
  try {
    const entry = await app.put('page.ts', snippet('### Browsers', { 'wss://bridge.example/': stage.bridge.url }))
    const html = '<!doctype html><title>README</title><body><script type="module" src="script.js"></script></body>'
    const page = await stage.open(entry, { html })
    await expect.poll(() => page.evaluate('document.body.textContent'), { timeout: 20_000 }).toBe('for a page')
  } finally {
    await stage.close()
  }
})

test('exactly once', async () => {
  await write('a book')
  const program = await app.put('pipeline.mjs', snippet('### Exactly once'))
  const running = start([process.execPath, program])
  await using reader = new Reader({ brokers: addr, topic: 'invoices', isolationLevel: 'read_committed' })
  expect((await reader.readMessage()).text()).toBe('invoice for a book')
  running.kill('SIGTERM')
  expect(running.errors).toBe('')
})

test('several at a time', async () => {
  await write('{"id":1}')
  await write('no order')
  const program = await app.put('run.mjs', snippet('### Several at a time'))
  const running = start([process.execPath, program])
  await running.says(/^billed 1$/m)
  await using reader = new Reader({ brokers: addr, topic: 'failed-orders' })
  expect((await reader.readMessage()).text()).toBe('no order')
  running.kill('SIGINT')
  // Its Writer is not closed.
  await expect.poll(() => running.errors).toBe('')
  await using client = new Client({ addr })
  const offsets = async () => [...(await client.consumerOffsets({ groupId: 'billing', topic: 'orders' }))]
  await expect.poll(offsets).toEqual([[0, 2]])
})

test('the embedded broker', async () => {
  const readme = readFileSync('README.md', 'utf8')
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme.slice(readme.indexOf('## Kafka without Kafka'))) ?? []
  const program = await app.put(
    'embedded.mjs',
    `${code}
    await writer.writeMessages({ value: 'kept' })
    console.log(broker.addresses.length, 'written')
    await writer.close()
    await transport.close()
    await broker.close()`,
  )
  const running = start([process.execPath, program])
  expect([await running.ended, running.output, running.errors]).toEqual([0, '3 written\n', ''])
})
