// How long a group takes to be divided, side by side on one real broker: `node bench/rebalance/run.mjs [--members N]
// [--partitions N] [--rounds N] [--clients a,b]`. All members of a client live in one process. In each round they start
// together, one leaves, one comes; each time the clock runs until all partitions are had again, each by one member, no
// member with two more than another. Pauses between differ from round to round, for members that started together send
// their heartbeats together. Milliseconds, medians.

import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Client, Reader } from '../../dist/index.js'
import { startKafka } from '../../e2e/kafka/index.ts'

const here = import.meta.dirname
const { values: options } = parseArgs({
  options: {
    members: { type: 'string', default: '20' },
    partitions: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    clients: { type: 'string', default: 'isokafka,kafkajs,franz-go' },
  },
})
const kinds = {
  isokafka: ['eager', 'cooperative', 'consumer'],
  kafkajs: ['eager'],
  'franz-go': ['eager', 'cooperative', 'consumer'],
}
const go = join(here, '../.bin/rebalance')
const chosen = options.clients.split(',')
if (chosen.includes('franz-go'))
  execFileSync('go', ['build', '-o', go, './rebalance'], { cwd: join(here, '../go'), stdio: 'inherit' })

// A coordinator waits for others to come before it divides a new group: that is the same for all.
const kafka = await startKafka({ nodes: 1, measured: true, config: { 'group.initial.rebalance.delay.ms': 500 } })
const admin = new Client({ addr: kafka.brokers })
const topic = 'rebalance'
const partitions = Number(options.partitions)
await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
// The first group of a cluster waits for the topic of commits.
const first = new Reader({ brokers: kafka.brokers, groupId: 'first', topic })
await first.readMessage({ signal: AbortSignal.timeout(5_000) }).catch(() => {})
await first.close()
const rows = {}
const samples = new Map()
try {
  for (let round = 0; round < Number(options.rounds); round++)
    for (const client of chosen)
      for (const kind of kinds[client]) {
        const job = {
          brokers: kafka.brokers,
          topic,
          partitions,
          group: `${client}-${kind}-${round}`,
          members: Number(options.members),
          kind,
          pause: 2_000 + round * 600,
        }
        const [program, ...args] =
          client === 'franz-go' ? [go] : [process.execPath, '--no-warnings', join(here, `${client}.mjs`)]
        const { stdout } = await promisify(execFile)(program, [...args, JSON.stringify(job)], { timeout: 120_000 })
        const name = `${client} ${kind}`
        samples.set(name, [...(samples.get(name) ?? []), JSON.parse(stdout)])
      }
  const median = (values, key) => Math.round(values.map(value => value[key]).sort((a, b) => a - b)[values.length >> 1])
  for (const [name, values] of samples)
    rows[name] = { start: median(values, 'start'), leave: median(values, 'leave'), join: median(values, 'join') }
  console.log(`${options.members} members, ${partitions} partitions, ${kafka.brokers.join()}, ms:`)
  console.table(rows)
} finally {
  await admin.close?.()
  await kafka.stop()
}
