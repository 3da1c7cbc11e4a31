import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../../adapters/broker/index.ts'
import type { RecordMetadata } from '../../adapters/kafkajs/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { type Installed, installPackage } from '../package/installed.ts'
import { bundle } from '../runtimes/bundle.ts'
import { type RuntimeName, runtime } from '../runtimes/packages.ts'
import { startWorker } from '../runtimes/workerd.ts'

// The same program in every runtime, of the packages as they are published.
const program = `
const [brokers] = globalThis.Deno === undefined ? process.argv.slice(2) : Deno.args
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
const topic = 'topic-' + Math.random().toString(36).slice(2)
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
await admin.disconnect()
const producer = kafka.producer()
await producer.connect()
await producer.send({ topic, compression: CompressionTypes.ZSTD, messages: [{ key: 'k', value: 'v', headers: { h: 'x' } }] })
await producer.disconnect()
const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
const read = await new Promise(resolve => consumer.run({ eachMessage: async ({ message }) => resolve(message) }))
console.log(JSON.stringify([String(read.key), String(read.value), String(read.headers.h), read.offset]))
await consumer.disconnect()
`
const names = '{ CompressionTypes, Kafka, logLevel }'
const expected = ['k', 'v', 'x', '0']

let app: Installed
let broker: Broker
let listening: Listening
beforeAll(async () => {
  app = await installPackage()
  const folder = join(app.folder, 'node_modules', 'kafkajs')
  await mkdir(folder, { recursive: true })
  await cp('build/kafkajs-package', folder, { recursive: true })
  await app.put('package.json', '{ "type": "module", "dependencies": { "kafkajs": "*" } }')
  await app.put('imports.mjs', `import ${names} from 'kafkajs'${program}`)
  await app.put('requires.cjs', `const ${names} = require('kafkajs');(async () => {${program}})()`)
  broker = new Broker({ natives, topics: [{ name: 'worker', partitions: 3 }] })
  listening = await listen(broker)
})
afterAll(async () => {
  await listening?.close()
  await broker?.close()
  await app?.[Symbol.asyncDispose]()
})

const options: Partial<Record<RuntimeName, readonly string[]>> = { deno: ['run', '-A', '--node-modules-dir=manual'] }

describe.each<RuntimeName>(['node20', 'node22', 'node24', 'node26', 'deno', 'bun'])('in %s', name => {
  const { binary, missing } = runtime(name)

  describe('a program', unless(missing), () => {
    test.each(['imports.mjs', 'requires.cjs'])('that %s kafkajs writes and reads by ours', async file => {
      const words = [...(options[name] ?? []), file, listening.addresses[0]!]
      const { stdout } = await promisify(execFile)(binary, words, {
        cwd: app.folder,
        env: { ...process.env, NO_COLOR: '1', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
      })
      expect(JSON.parse(stdout)).toEqual(expected)
    })
  })
})

describe('in workerd', unless(runtime('workerd').missing), () => {
  test('a Worker writes by kafkajs’s names, and imports nothing of Node’s for it', async () => {
    const code = await bundle('e2e/runtimes/entries/kafkajs-worker.ts', 'workerd')
    expect(code.match(/^import .*$/gm)).toEqual(['import { connect } from "cloudflare:sockets";'])
    await using worker = await startWorker(code)
    const body = JSON.stringify({ brokers: listening.addresses, topic: 'worker', count: 1000 })
    const response = await fetch(worker.url, { method: 'POST', body })
    expect([response.status, worker.log()]).toEqual([200, expect.any(String)])
    const sent = (await response.json()) as RecordMetadata[]
    expect(sent.map(({ partition, baseOffset }) => [partition, baseOffset])).toEqual([
      [0, '0'],
      [1, '0'],
      [2, '0'],
    ])
  })
})
