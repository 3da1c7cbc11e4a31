import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, type Message, Reader, Writer } from '../../src/index.ts'
import { ApiVersions } from '../../src/protocol/index.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { bundle } from '../runtimes/bundle.ts'
import { type Runtime, runtime } from '../runtimes/packages.ts'
import { startWorker, type Worker, type WorkerOptions } from '../runtimes/workerd.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { type Installed, installPackage } from './installed.ts'
import { start } from './running.ts'

// docs/examples as a user has them: copied into a folder where the packed package is installed.
let app: Installed
beforeAll(async () => {
  app = await installPackage()
  await app.put('examples', { from: 'docs/examples' })
  // It would have Deno fetch the package that is published.
  await rm(examplePath('deno/deno.json'))
})
afterAll(() => app?.[Symbol.asyncDispose]())

const examplePath = (path: string): string => join(app.folder, 'examples', path)

/** What of a wrangler.toml matters to workerd, and to the bundle. */
function wrangler(folder: string) {
  const text = readFileSync(`docs/examples/${folder}/wrangler.toml`, 'utf8')
  const value = (name: string): string | undefined => new RegExp(`^${name} = "(.*)"$`, 'm').exec(text)?.[1]
  const [binding, className] = [
    /^\[\[durable_objects.bindings\]\]\nname = "(.*)"\nclass_name = "(.*)"/m.exec(text) ?? [],
  ].flatMap(m => m.slice(1))
  const slim = value('ISOKAFKA_SLIM')
  return {
    main: `${folder}/${value('main')!}`,
    define: (slim === undefined ? {} : { ISOKAFKA_SLIM: slim }) as Record<string, string>,
    compatibilityDate: value('compatibility_date')!,
    durableObjects: (binding === undefined ? {} : { [binding]: className! }) as Record<string, string>,
  }
}

async function startExample(folder: string, options: WorkerOptions): Promise<Worker> {
  const { main, define, compatibilityDate, durableObjects } = wrangler(folder)
  const code = await bundle(examplePath(main), 'workerd', { from: 'package', minify: true, define })
  return startWorker(code, { compatibilityDate, durableObjects, ...options })
}

interface Place {
  readonly brokers: readonly string[]
  /** Connections made so far; undefined where nobody counts. */
  connections?(): number
  stop(): Promise<void>
}

async function embedded(): Promise<Place> {
  const broker = new Broker({ natives })
  let connections = 0
  broker.control(ApiVersions, () => {
    connections++
    return undefined
  })
  const { addresses, close } = await listen(broker)
  const stop = async (): Promise<void> => {
    await close()
    await broker.close()
  }
  return { brokers: addresses, connections: () => connections, stop }
}

describe('on the embedded broker', () => examples(embedded))
describe('on a real Kafka', unless(unlessFull, noKafka), () => examples(() => sharedKafka(1)))

function examples(open: () => Promise<Place>): void {
  let place: Place
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place?.stop())

  async function newTopic(name: string, numPartitions: number): Promise<string> {
    const topic = `${name}-${Date.now().toString(36)}`
    await using client = new Client({ addr: place.brokers })
    const { errors } = await client.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] })
    expect(errors).toEqual({ [topic]: null })
    return topic
  }

  const writerTo = (topic: string): Writer => new Writer({ addr: place.brokers, topic })

  /** The first messages of a topic, whatever their partitions. */
  async function messagesOf(topic: string, count: number): Promise<Message[]> {
    await using reader = new Reader({ brokers: place.brokers, topic, groupId: `${topic}-check` })
    return await Promise.all(Array.from({ length: count }, () => reader.fetchMessage()))
  }

  const textOf = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined)
  const given = (topic: string) => ({ KAFKA_BROKERS: place.brokers.join(','), KAFKA_TOPIC: topic })

  describe('in workerd', unless(runtime('workerd').missing), () => {
    test('workers: requests and the batches of a queue become messages', async () => {
      const topic = await newTopic('workers', 1)
      const batch = [1, 2, 3].map(id => `{ id: 'm${id}', timestamp: new Date(), attempts: 1, body: { id: ${id} } }`)
      const front = `export default {
        async fetch(request, { WORKER }) {
          if (new URL(request.url).pathname !== '/a-queue') return WORKER.fetch(request)
          return Response.json(await WORKER.queue('orders', [${batch}]))
        },
      }`
      await using worker = await startExample('workers', { variables: given(topic), front })
      expect((await fetch(worker.url)).status).toBe(405)
      const posted = await fetch(`${worker.url}customer-1`, { method: 'POST', body: 'posted' })
      expect([posted.status, await posted.text(), worker.log()]).toEqual([201, 'written\n', ''])
      expect(await (await fetch(`${worker.url}a-queue`)).json()).toMatchObject({
        outcome: 'ok',
        retryBatch: { retry: false },
      })
      const messages = await messagesOf(topic, 4)
      expect(messages.map(message => [textOf(message.key), message.text(), textOf(message.headers[0]?.value)])).toEqual(
        [
          ['customer-1', 'posted', ''],
          ['m1', '{"id":1}', 'm1'],
          ['m2', '{"id":2}', 'm2'],
          ['m3', '{"id":3}', 'm3'],
        ],
      )
    })

    test('workers: without a broker the answer is 503, and the queue has to deliver again', async () => {
      const front = `export default {
        async fetch(request, { WORKER }) {
          if (new URL(request.url).pathname !== '/a-queue') return WORKER.fetch(request)
          const batch = [{ id: 'm', timestamp: new Date(), attempts: 1, body: {} }]
          return Response.json(await WORKER.queue('orders', batch).catch(error => ({ outcome: String(error) })))
        },
      }`
      const variables = { KAFKA_BROKERS: '127.0.0.1:1', KAFKA_TOPIC: 'none' }
      await using worker = await startExample('workers', { variables, front })
      const [posted, queued] = await Promise.all([
        fetch(worker.url, { method: 'POST', body: 'x' }),
        fetch(`${worker.url}a-queue`),
      ])
      expect(posted.status).toBe(503)
      expect(await queued.json()).not.toMatchObject({ outcome: 'ok' })
    })

    test('durable-object: counts every order once, over one connection held from event to event, and goes on where it was', async () => {
      const topic = await newTopic('durable', 1)
      await using writer = writerTo(topic)
      const write = (...amounts: number[]): Promise<void> =>
        writer.writeMessages(amounts.map(amount => ({ value: JSON.stringify({ amount }) })))
      await write(1, 2, 3)
      const storage = await mkdtemp(join(tmpdir(), 'isokafka-storage-'))
      onTestFinished(() => rm(storage, { recursive: true, force: true }))
      const options = { variables: given(topic), storage }
      {
        await using worker = await startExample('durable-object', options)
        const progress = async (): Promise<unknown> => (await fetch(`${worker.url}0`)).json()
        await expect.poll(progress, { timeout: 10_000 }).toEqual({ offset: 3, orders: 3, amount: 6 })
        const connections = place.connections?.()
        await write(10)
        await expect.poll(progress, { timeout: 10_000 }).toEqual({ offset: 4, orders: 4, amount: 16 })
        await write(20)
        await expect.poll(progress, { timeout: 10_000 }).toEqual({ offset: 5, orders: 5, amount: 36 })
        expect(place.connections?.()).toBe(connections)
        expect((await fetch(`${worker.url}partition`)).status).toBe(404)
        expect(worker.log()).toBe('')
      }
      await write(100)
      await using worker = await startExample('durable-object', options)
      const progress = async (): Promise<unknown> => (await fetch(`${worker.url}0`)).json()
      await expect.poll(progress, { timeout: 10_000 }).toEqual({ offset: 6, orders: 6, amount: 136 })
    })
  })

  test('deno: prints a topic as JSON, and leaves when told to', unless(runtime('deno').missing), async () => {
    const topic = await newTopic('deno', 3)
    await using writer = writerTo(topic)
    const { binary } = runtime('deno')
    const command = [
      binary,
      'run',
      '--quiet',
      '--no-prompt',
      '--allow-net',
      examplePath('deno/print.ts'),
      place.brokers.join(','),
      topic,
    ]
    const program = start(command)
    await writer.writeMessages([
      { partition: 0, key: 'anna', value: 'hello' },
      { partition: 1, value: 'world' },
    ])
    await program.says(/"hello".*"world"|"world".*"hello"/s)
    program.kill('SIGTERM')
    expect([await program.ended, program.errors]).toEqual([0, ''])
    const lines = program.output.trimEnd().split('\n')
    const printed = lines.map(line => JSON.parse(line)).sort((a, b) => a.value.localeCompare(b.value))
    expect(printed).toMatchObject([
      { offset: 0, key: 'anna', value: 'hello' },
      { offset: 0, key: null, value: 'world' },
    ])
    // What was printed is committed: another one prints what comes next.
    const another = start(command)
    await writer.writeMessages({ key: 'anna', value: 'again' })
    await another.says(/"again"/)
    another.kill('SIGINT')
    expect([await another.ended, another.output.split('\n').length]).toEqual([0, 2])
  })

  test('bun: writes the lines of standard input', unless(runtime('bun').missing), async () => {
    const topic = await newTopic('bun', 3)
    const orders = Array.from({ length: 25_000 }, (_, id) => ({ id, customer: `c${id % 7}` }))
    const input = `${orders.map(order => JSON.stringify(order)).join('\n')}\n\n`
    const program = start(
      [runtime('bun').binary, examplePath('bun/write.ts'), place.brokers.join(','), topic, 'customer'],
      { input },
    )
    expect([await program.ended, program.output, program.errors]).toEqual([0, '25000 messages written\n', ''])
    const messages = await messagesOf(topic, 25_000)
    const next = new Map<string, number>()
    for (const message of messages) {
      const { id, customer } = JSON.parse(message.text())
      expect(textOf(message.key)).toBe(customer)
      if (id !== (next.get(customer) ?? Number(customer.slice(1))))
        throw new Error(`order ${id} of ${customer} is out of order`)
      next.set(customer, id + 7)
    }
  })

  test('node: takes orders, ships them, and finishes before it stops', unless(runtime('node24').missing), async () => {
    const topic = await newTopic('node', 3)
    const service = start([runtime('node24').binary, examplePath('node/service.ts')], {
      env: { ...given(topic), PORT: '0' },
    })
    const [, url = ''] = await service.says(/taken at (\S+)/)
    const post = (body: string): Promise<Response> => fetch(url, { method: 'POST', body })
    expect((await fetch(url)).status).toBe(404)
    for (const wrong of ['', '{', '{"id":"x","customer":"anna"}', 'x'.repeat(200_000)])
      expect((await post(wrong)).status).toBe(400)
    const order = await post('{"id": 7, "customer": "anna"}')
    expect([order.status, await order.text()]).toEqual([201, 'ordered\n'])
    await service.says(/^shipping order 7 to anna$/m)
    service.kill('SIGTERM')
    expect([await service.ended, service.errors]).toEqual([0, ''])
    // What was shipped is committed.
    await using client = new Client({ addr: place.brokers })
    const { topics } = await client.offsetFetch({ groupId: 'shipping', topics: { [topic]: [0, 1, 2] } })
    expect(topics[topic]!.map(({ committedOffset }) => committedOffset).sort()).toEqual([-1, -1, 1])
  })

  test('next: its route writes what is posted', unless(runtime('node24').missing), async () => {
    const topic = await newTopic('next', 2)
    const program = await app.put(
      'posts.mjs',
      `import { POST } from './examples/next/app/orders/route.ts'
      const answers = []
      for (const body of ['{"customer":"anna","id":7}', '{"id":7}', '{', 'null']) {
        const { status } = await POST(new Request('http://localhost/orders', { method: 'POST', body }))
        answers.push(status)
      }
      console.log(JSON.stringify(answers))
      process.exit(0)`,
    )
    const posts = async (env: Readonly<Record<string, string>>): Promise<unknown> => {
      const posting = start([runtime('node24').binary, '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program], {
        env,
      })
      expect([await posting.ended, posting.errors]).toEqual([0, ''])
      return JSON.parse(posting.output)
    }
    expect(await posts(given(topic))).toEqual([201, 400, 400, 400])
    const [message] = await messagesOf(topic, 1)
    expect([message!.keyText(), message!.json()]).toEqual(['anna', { customer: 'anna', id: 7 }])
  })

  test('node: prints the last messages of a partition', unless(runtime('node24').missing), async () => {
    const topic = await newTopic('last', 2)
    await using writer = writerTo(topic)
    for (let i = 0; i < 5; i++) await writer.writeMessages({ partition: 1, value: `message ${i}` })
    const last = async (partition: number, count: number): Promise<string[]> => {
      const program = start([
        runtime('node24').binary,
        examplePath('node/last.ts'),
        place.brokers[0]!,
        topic,
        `${partition}`,
        `${count}`,
      ])
      expect([await program.ended, program.errors]).toEqual([0, ''])
      return program.output
        .split('\n')
        .filter(line => line !== '')
        .map(line => line.replace(/ \S+Z /, ' '))
    }
    expect(await last(1, 2)).toEqual(['3 message 3', '4 message 4'])
    expect(await last(1, 9)).toHaveLength(5)
    expect(await last(0, 9)).toEqual([])
  })
}

describe('bundled', unless(runtime('workerd').missing), () => {
  const bundled: readonly [path: string, condition: Runtime['condition'] | 'browser'][] = [
    ['workers/worker.ts', 'workerd'],
    ['durable-object/consumer.ts', 'workerd'],
    ['deno/print.ts', 'deno'],
    ['bun/write.ts', 'bun'],
    ['node/service.ts', 'node'],
    ['node/last.ts', 'node'],
    ['browser/tail.ts', 'browser'],
  ]

  test.each(bundled)('%s: as large as docs/size.md says', async (path, condition) => {
    const define = condition === 'workerd' ? wrangler(path.split('/')[0]!).define : {}
    const code = await bundle(examplePath(path), condition, { from: 'package', minify: true, define })
    const kilobytes = gzipSync(code, { level: 9 }).length / 1000
    console.log(`docs/examples/${path}, minified and gzipped: ${kilobytes.toFixed(1)} KB`)
    const [, most] =
      new RegExp(`\\(examples/${path}\\) \\|.*\\| (\\d+) KB \\|`).exec(readFileSync('docs/size.md', 'utf8')) ?? []
    expect(kilobytes).toBeLessThanOrEqual(Number(most))
    // A figure that has become far too large says nothing.
    expect(kilobytes).toBeGreaterThan(Number(most) - 10)
  })
})
