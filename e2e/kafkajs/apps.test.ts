import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, type Message, Reader, Writer } from '../../src/index.ts'
import { type Lack, unless, unlessFull } from '../../test/support/left-out.ts'
import { type Installed, installPackage } from '../package/installed.ts'
import { start } from '../package/running.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { loaded } from './loaded.ts'

// What others have built on kafkajs, unchanged: once with kafkajs, once with ours installed in its place.

const run = promisify(execFile)
const apps = join(import.meta.dirname, 'apps')
// Some of them want a newer Node than the project's.
const node = join(import.meta.dirname, '..', '..', 'bench', 'node_modules', '.bin', 'node')
const noApps: Lack | null =
  existsSync(join(apps, 'node_modules')) && existsSync(node)
    ? null
    : {
        why: "what is built on kafkajs isn't installed",
        command: 'npm ci --prefix e2e/kafkajs/apps && npm ci --prefix bench',
      }

let alias: string
let installed: Installed
beforeAll(async () => {
  if (noApps !== null) return
  installed = await installPackage()
  alias = await mkdtemp(join(tmpdir(), 'isokafka-apps-'))
  // As `npm install kafkajs@npm:@isokafka/kafkajs` would leave it.
  await cp(apps, alias, { recursive: true, verbatimSymlinks: true })
  await rm(join(alias, 'node_modules', 'kafkajs'), { recursive: true })
  await cp('build/kafkajs-package', join(alias, 'node_modules', 'kafkajs'), { recursive: true })
  await cp(join(installed.folder, 'node_modules'), join(alias, 'node_modules'), { recursive: true })
})
afterAll(async () => {
  await installed?.[Symbol.asyncDispose]()
  if (alias !== undefined) await rm(alias, { recursive: true, force: true })
})

interface Cluster {
  readonly brokers: readonly string[]
  stop(): Promise<unknown>
}

async function embedded(): Promise<Cluster> {
  const broker = new Broker({ natives })
  const listening = await listen(broker)
  return {
    brokers: listening.addresses,
    async stop() {
      await listening.close()
      await broker.close()
    },
  }
}

describe.each([
  ['the embedded broker', embedded, unless(noApps)],
  ['Kafka 4.4.0', async () => loaded(await sharedKafka(1)), unless(noApps, noKafka, unlessFull)],
] as const)('on %s, with kafkajs and with ours', (_, open, options) => {
  let cluster: Cluster
  beforeAll(async () => {
    if (options.skip !== true) cluster = await open()
  })
  afterAll(async () => {
    await cluster?.stop()
  })

  /** What a program tells, in a folder of its own library. */
  async function told(folder: string, program: string): Promise<Record<string, unknown>> {
    const prefix = `${program}-${Math.random().toString(36).slice(2)}`
    const args = ['--no-warnings', `${program}.mjs`, cluster.brokers.join(','), prefix]
    const { stdout } = await run(node, args, { cwd: folder, timeout: 100_000, env: environment })
    return JSON.parse(stdout)
  }

  async function both(program: string): Promise<[kafkajs: Record<string, unknown>, ours: Record<string, unknown>]> {
    return [await told(apps, program), await told(alias, program)]
  }

  const slow = { ...options, timeout: 240_000 }

  test('NestJS: a service and its clients, requests and events', slow, async () => {
    const [kafkajs, ours] = await both('nest')
    expect(ours).toEqual(kafkajs)
    expect(ours).toMatchObject({
      'sum answered': '6',
      'broken answered': { error: { message: 'it is broken' } },
      told: expect.arrayContaining([{ flaky: { data: { id: 7 }, times: 3 } }]),
    })
  })

  test('OpenTelemetry: spans, headers, metrics', slow, async () => {
    const [kafkajs, ours] = await both('telemetry')
    expect(ours).toEqual(kafkajs)
    const names = (ours['spans'] as { name: string }[]).map(({ name }) => name.split(' ')[0])
    expect(names).toEqual(expect.arrayContaining(['send', 'process', 'poll', 'transaction']))
    expect(ours['told']).toHaveLength(4)
  })

  test('kafkajs-snappy and a schema registry', slow, async () => {
    const [kafkajs, ours] = await both('codecs')
    expect(ours).toEqual(kafkajs)
    expect(ours['told']).toHaveLength(9)
    expect(ours['asked']).toEqual({ compress: 1, decompress: true })
  })

  test(
    'the Nest service of docs/examples: compiled, it answers requests, passes events on, and leaves when told to',
    slow,
    async () => {
      const folder = join(alias, 'example')
      await cp('docs/examples/nest', folder, { recursive: true })
      onTestFinished(() => rm(folder, { recursive: true }))
      await cp('node_modules/@types/node', join(alias, 'node_modules/@types/node'), { recursive: true })
      await cp('node_modules/undici-types', join(alias, 'node_modules/undici-types'), { recursive: true })
      await run(process.execPath, [resolve('node_modules/typescript/bin/tsc')], { cwd: folder })

      const addr = [...cluster.brokers]
      await using client = new Client({ addr })
      const topics = ['orders.total', 'orders.placed', 'orders.shipped', 'orders.total.reply']
      await client.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 1, replicationFactor: 1 })) })
      const service = start([node, 'dist/main.js'], { cwd: folder, env: { KAFKA_BROKERS: addr.join(), NO_COLOR: '1' } })
      await service.says(/Nest microservice successfully started/)
      await using writer = new Writer({ addr })
      const order = { id: 7, customer: 'anna', amounts: [1, 2, 3] }
      const asked = Object.entries({ correlationId: '1', replyTopic: 'orders.total.reply', replyPartition: '0' })
      const headers = asked.map(([name, value]) => ({ key: `kafka_${name}`, value }))
      await writer.writeMessages([
        { topic: 'orders.total', headers, value: JSON.stringify(order) },
        { topic: 'orders.placed', value: JSON.stringify(order) },
      ])
      const first = async (topic: string): Promise<Message> => {
        await using reader = new Reader({ brokers: addr, topic, partition: 0 })
        return await reader.readMessage()
      }
      const reply = await first('orders.total.reply')
      expect([reply.text(), reply.header('kafka_correlationId')]).toEqual(['6', new TextEncoder().encode('1')])
      const shipped = await first('orders.shipped')
      expect([shipped.keyText(), shipped.json()]).toEqual(['anna', { id: 7, customer: 'anna' }])
      await service.says(/^shipped order 7 to anna$/m)

      service.kill('SIGTERM')
      expect([await service.ended, service.errors]).toEqual(['SIGTERM', ''])
      const { topics: committed } = await client.offsetFetch({
        groupId: 'orders-server',
        topics: { 'orders.placed': [0] },
      })
      expect(committed['orders.placed']![0]!.committedOffset).toBe(1)
      const { groups } = await client.describeGroups({ groupIds: ['orders-server'] })
      expect(groups[0]).toMatchObject({ groupState: 'Empty' })
      await client.deleteTopics({ topics })
    },
  )
})

// Nothing of a test run's own: kafkajs tries again in other steps where NODE_ENV is 'test'.
const { NODE_ENV: _, VITEST: __, ...environment } = process.env
