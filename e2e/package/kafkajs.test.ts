import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Listening, listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { type Installed, installPackage } from './installed.ts'

const run = promisify(execFile)

// The packed package, and the one that takes the place of kafkajs, as a program has them that names neither.
let app: Installed
let broker: Broker
let listening: Listening
beforeAll(async () => {
  app = await installPackage()
  const folder = join(app.folder, 'node_modules', 'kafkajs')
  await mkdir(folder, { recursive: true })
  await cp('build/kafkajs-package', folder, { recursive: true })
  broker = new Broker({ natives })
  listening = await listen(broker)
})
afterAll(async () => {
  await listening?.close()
  await broker?.close()
  await app?.[Symbol.asyncDispose]()
})

/** What a program prints, run as a file of this name. */
async function printed(name: string, program: string): Promise<unknown> {
  await app.put(name, program)
  const env = { ...process.env, BROKERS: listening.addresses.join(), KAFKAJS_NO_PARTITIONER_WARNING: '1' }
  const { stdout } = await run(process.execPath, ['--no-warnings', name], { cwd: app.folder, env })
  return JSON.parse(stdout)
}

const sending = `;(async () => {
  const kafka = new Kafka({ brokers: process.env.BROKERS.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const topic = 'topic-' + Math.random().toString(36).slice(2)
  const sent = await producer.send({ topic, compression: CompressionTypes.GZIP, messages: [{ key: 'k', value: 'v' }] })
  await producer.disconnect()
  console.log(JSON.stringify(sent.map(({ partition, baseOffset }) => ({ partition, baseOffset }))))
})()`

const one = [{ partition: 0, baseOffset: '0' }]

test('a program that requires kafkajs gets ours, by name', async () => {
  expect(
    await printed('named.cjs', `const { Kafka, logLevel, CompressionTypes } = require('kafkajs')\n${sending}`),
  ).toEqual(one)
})

test('a program that imports kafkajs gets ours, by name and as a whole', async () => {
  const names = `import { Kafka, logLevel, CompressionTypes } from 'kafkajs'\n${sending}`
  expect(await printed('named.mjs', names)).toEqual(one)
  const whole = `import kafkajs from 'kafkajs'\nconst { Kafka, logLevel, CompressionTypes } = kafkajs\n${sending}`
  expect(await printed('whole.mjs', whole)).toEqual(one)
})

test('isokafka/kafkajs is the same, imported or required', async () => {
  const same = `import { createRequire } from 'node:module'
import * as imported from 'isokafka/kafkajs'
import * as other from 'kafkajs'
const require = createRequire(import.meta.url)
const required = require('isokafka/kafkajs')
const alias = require('kafkajs')
const names = Object.keys(required)
console.log(JSON.stringify({
  same: names.every(name => imported[name] === required[name] && other[name] === required[name] && alias[name] === required[name]),
  defaults: Object.keys(imported.default).length === names.length,
  names: names.length > 40,
}))`
  expect(await printed('same.mjs', same)).toEqual({ same: true, defaults: true, names: true })
})

test('instrumentations can patch its clients, and find a version that they take', async () => {
  const patch = `const kafkajs = require('kafkajs')
const { version } = require('kafkajs/package.json')
const { producer } = kafkajs.Kafka.prototype
kafkajs.Kafka.prototype.producer = function (...args) {
  const made = producer.apply(this, args)
  const { send } = made
  made.send = record => {
    record.messages[0].headers = { traceparent: '00' }
    return send(record)
  }
  return made
}
kafkajs.CompressionCodecs?.[kafkajs.CompressionTypes.Snappy]
const made = new kafkajs.Kafka({ brokers: ['localhost:1'] }).producer()
console.log(JSON.stringify({ version, patched: made.send.toString().includes('traceparent') }))`
  expect(await printed('patch.cjs', patch)).toEqual({ version: expect.stringMatching(/^2\./), patched: true })
})

test('isokafka itself can be required, with its transactions and codecs', async () => {
  const program = `const { Client, Writer } = require('isokafka')
;(async () => {
  const addr = process.env.BROKERS
  const client = new Client({ addr })
  await client.createTopics({ topics: [{ topic: 'required', numPartitions: 1, replicationFactor: 1 }] })
  const writer = new Writer({ addr, topic: 'required', transactionalId: 'required', compression: 'zstd' })
  await writer.transaction(() => writer.writeMessages({ value: 'v'.repeat(1000) }))
  await writer.close()
  const { records } = await client.fetch({ topic: 'required', partition: 0, offset: 0 })
  const values = []
  for (const message of records) values.push(message.text().length)
  await client.close()
  console.log(JSON.stringify(values))
})()`
  expect(await printed('isokafka.cjs', program)).toEqual([1000])
})
