// What kafkajs's calls cost with kafkajs and with `isokafka/kafkajs`, side by side on one real broker:
// `node bench/kafkajs.mjs [--rounds N] [--count N]`, by a Node that runs TypeScript, with the condition isokafka-source.
// KAFKA_BROKERS measures against a running cluster instead. Each figure is the median of its rounds, in turns.
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import * as ours from '../adapters/kafkajs/index.ts'
import { startKafka } from '../e2e/kafka/index.ts'
import { Client } from '../src/client/client.ts'
import { Writer } from '../src/writer/writer.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    count: { type: 'string', default: '2000000' },
    size: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
  },
})
const count = Number(values.count)
const theirs = createRequire(import.meta.url)('kafkajs')
const kafka = process.env.KAFKA_BROKERS === undefined ? await startKafka({ nodes: 1, heap: '512m' }) : undefined
const brokers = kafka?.brokers ?? process.env.KAFKA_BROKERS.split(',')

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

const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

try {
  const topic = `bench-${process.pid}`
  await using admin = new Client({ addr: brokers })
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  await using writer = new Writer({ addr: brokers, topic })
  const messages = Array.from({ length: 1000 }, (_, i) => ({ key: `k${i}`, value: 'x'.repeat(Number(values.size)) }))
  for (let i = 0; i < count; i += 1000) await writer.writeMessages(messages)
  for (const [name, make] of Object.entries(handlers)) {
    const rates = { kafkajs: [], isokafka: [] }
    const cpus = { kafkajs: [], isokafka: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [library, each] of [
        ['kafkajs', theirs],
        ['isokafka', ours],
      ]) {
        if (values.only !== '' && values.only !== library) continue
        const { rate, cpu, peak } = await consume(
          each,
          topic,
          make,
          library === 'kafkajs' ? Math.floor(count / 4) : count,
        )
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
