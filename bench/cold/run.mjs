// What a new client takes to its first acknowledged message, or its first message read, over a line of 50 ms there and back: `npm run bench:cold --
// [--rounds N] [--round-trip MS]`. One real broker, reached by a proxy that holds back what passes it; connecting takes a round trip, too. Medians, in milliseconds and
// in round trips; each client is new, and the processor's part in it was compiled before.
import { parseArgs } from 'node:util'
import { Client } from '../../dist/index.js'
import { freePorts, startKafka } from '../../e2e/kafka/index.ts'
import { ways } from './clients.mjs'
import { slowLine } from './line.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, 'round-trip': { type: 'string', default: '50' } },
})
const rounds = Number(values.rounds)
const roundTrip = Number(values['round-trip'])

const [port] = await freePorts(1)
const kafka = await startKafka({ config: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` } })
const line = await slowLine({ port, to: kafka.brokers[0], roundTrip })
const brokers = [`127.0.0.1:${port}`]
try {
  await using admin = new Client({ addr: kafka.brokers })
  const topic = 'cold'
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  const rows = {}
  for (const { row, client, run } of ways(brokers, topic)) {
    const times = []
    // What is compiled, and what a memory remembers, comes of the first.
    for (let round = -2; round < rounds; round++) {
      const began = performance.now()
      const { took, end } = await run(() => performance.now() - began)
      if (round >= 0) times.push(took)
      await end()
    }
    const median = times.sort((a, b) => a - b)[rounds >> 1]
    rows[row] ??= {}
    rows[row][client] = `${(median / roundTrip).toFixed(1)} (${Math.round(median)} ms)`
  }
  console.log(`Kafka 4.4.0, ${roundTrip} ms there and back, Node ${process.version}, medians of ${rounds}`)
  console.table(rows)
} finally {
  await line.close()
  await kafka.stop()
}
process.exit()
