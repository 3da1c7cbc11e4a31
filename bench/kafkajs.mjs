// What kafkajs's calls cost with kafkajs and with `isokafka/kafkajs`, side by side on one real broker:
// `node bench/kafkajs.mjs [--rounds N] [--count N] [--what eachBatch] [--only isokafka]`, by a Node that runs TypeScript, with the condition isokafka-source.
// KAFKA_BROKERS measures against a running cluster instead. Each figure is the median of its rounds, in turns.
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import * as ours from '../adapters/kafkajs/index.ts'
import { startKafka } from '../e2e/kafka/index.ts'
import { loaded } from '../e2e/kafkajs/loaded.ts'
import { Client } from '../src/client/client.ts'
import { Writer } from '../src/writer/writer.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    count: { type: 'string', default: '2000000' },
    size: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    what: { type: 'string', default: '' },
  },
})
const count = Number(values.count)
const theirs = createRequire(import.meta.url)('kafkajs')
const kafka = process.env.KAFKA_BROKERS === undefined ? await startKafka({ nodes: 1, heap: '512m' }) : undefined
const brokers = kafka?.brokers ?? process.env.KAFKA_BROKERS.split(',')
await loaded({ brokers })

/** Handlers that do next to nothing, until so many messages were seen. */
const handlers = {
  eachMessage: seen => ({
    eachMessage: async ({ message }) => {
      seen(1, message.value.length)
    },
  }),
  eachBatch: seen => ({
    eachBatch: async ({ batch }) => {
      let bytes = 0
      for (const message of batch.messages) bytes += message.value.length
      seen(batch.messages.length, bytes)
    },
  }),
}

let groups = 0
async function consume({ Kafka, logLevel }, topic, make, wanted) {
  const client = new Kafka({ brokers, logLevel: logLevel.ERROR })
  const consumer = client.consumer({ groupId: `bench-${process.pid}-${groups++}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let left = wanted
  let began = 0
  let used
  let peak = 0
  let nextLook = wanted
  const [rate, cpu] = await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer
      .run(
        make(messages => {
          // The clock starts with the first fetch that is handled, so that joining the group does not count.
          if (began === 0) {
            began = performance.now()
            used = process.cpuUsage()
          }
          left -= messages
          if (left < nextLook) {
            nextLook = left - 50_000
            peak = Math.max(peak, process.memoryUsage.rss())
          }
          if (left > 0) return
          const { user, system } = process.cpuUsage(used)
          resolve([(wanted / (performance.now() - began)) * 1000, ((user + system) / wanted) * 1000])
        }),
      )
      .catch(reject)
  })
  await consumer.disconnect()
  return { rate, cpu, peak }
}

/**
 * What a send costs: `atOnce` of them are under way at a time, each of so many messages, until `wanted` messages are
 * written.
 */
async function produce({ Kafka, logLevel, Partitioners }, topic, { atOnce, each }, wanted) {
  const client = new Kafka({ brokers, logLevel: logLevel.ERROR })
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const value = 'x'.repeat(Number(values.size))
  const messages = Array.from({ length: each }, (_, i) => ({ key: `k${i}`, value }))
  const rounds = async count => {
    for (let i = 0; i < count; i++)
      await Promise.all(Array.from({ length: atOnce }, () => producer.send({ topic, messages })))
  }
  await rounds(5)
  const count = Math.max(1, Math.round(wanted / atOnce / each))
  const began = performance.now()
  const used = process.cpuUsage()
  let peak = 0
  for (let i = 0; i < 10; i++) {
    await rounds(Math.ceil(count / 10))
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const { user, system } = process.cpuUsage(used)
  const written = Math.ceil(count / 10) * 10 * atOnce * each
  const rate = (written / (performance.now() - began)) * 1000
  await producer.disconnect()
  return { rate, cpu: ((user + system) / written) * 1000, peak }
}

/** How messages are sent, and how many of them either library is given to do. */
const sends = {
  'sends of 1,000': { atOnce: 4, each: 1000, kafkajs: count / 4, isokafka: count },
  'single sends, 1,000 at once': { atOnce: 1000, each: 1, kafkajs: count / 200, isokafka: count / 2 },
  'single sends, each awaited': { atOnce: 1, each: 1, kafkajs: count / 200, isokafka: count / 200 },
}

const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

try {
  const topic = `bench-${process.pid}`
  await using admin = new Client({ addr: brokers })
  await admin.createTopics({
    topics: [topic, `${topic}-sent`].map(topic => ({ topic, numPartitions: 1, replicationFactor: 1 })),
  })
  await using writer = new Writer({ addr: brokers, topic })
  const messages = Array.from({ length: 1000 }, (_, i) => ({ key: `k${i}`, value: 'x'.repeat(Number(values.size)) }))
  for (let i = 0; i < count; i += 1000) await writer.writeMessages(messages)
  const wants = name => values.what === '' || name.includes(values.what)
  const consumes = Object.entries(handlers).map(([name, make]) => [
    name,
    (library, each) => consume(each, topic, make, library === 'kafkajs' ? Math.floor(count / 4) : count),
  ])
  const produces = Object.entries(sends).map(([name, how]) => [
    name,
    (library, each) => produce(each, `${topic}-sent`, how, how[library]),
  ])
  for (const [name, run] of [...consumes, ...produces].filter(([name]) => wants(name))) {
    const rates = { kafkajs: [], isokafka: [] }
    const cpus = { kafkajs: [], isokafka: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [library, each] of [
        ['kafkajs', theirs],
        ['isokafka', ours],
      ]) {
        if (values.only !== '' && values.only !== library) continue
        const { rate, cpu, peak } = await run(library, each)
        rates[library].push(rate)
        cpus[library].push(cpu)
        const [figure, memory] = [Math.round(rate), Math.round(peak / 2 ** 20)]
        console.log(`${name} ${library}: ${figure} msg/s, ${Math.round(cpu)} ns of processor time each, ${memory} MiB`)
      }
    }
    if (values.only === '')
      console.log(
        `${name}: ${(median(rates.isokafka) / median(rates.kafkajs)).toFixed(2)} times kafkajs; by processor time ${(median(cpus.kafkajs) / median(cpus.isokafka)).toFixed(2)} times`,
      )
  }
} finally {
  await kafka?.stop()
}
