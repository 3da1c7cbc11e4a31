// Side by side on one real broker: `npm run bench -- [--rounds N] [--clients a,b] [--workloads a,b] [--json FILE]`.
// Each figure is the median of its rounds; clients take turns within a round, so that a slow minute of the machine hits all of them.
// `--node PATH` runs the clients in JavaScript by that Node: native ones must have been compiled for it.
// KAFKA_BROKERS measures against a running cluster instead; then nothing is pinned to a core.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Client } from '../dist/index.js'
import { startKafka } from '../e2e/kafka/index.ts'
import { clients, jobOf, sameAs, workloads } from './workloads.mjs'

const run = promisify(execFile)
const here = import.meta.dirname

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    clients: { type: 'string', default: Object.keys(clients).join() },
    workloads: { type: 'string', default: Object.keys(workloads).join() },
    json: { type: 'string' },
    node: { type: 'string', default: process.execPath },
  },
})
const rounds = Number(options.rounds)
const chosenWorkloads = options.workloads.split(',')
const present = options.clients.split(',').filter(isPresent)

const pinned = process.env.KAFKA_BROKERS === undefined && availableParallelism() > 1 && works('taskset', ['-V'])
const kafka = process.env.KAFKA_BROKERS === undefined ? await startKafka({ nodes: 1, heap: '1g' }) : undefined
const brokers = kafka?.brokers ?? process.env.KAFKA_BROKERS.split(',')
if (pinned) for (const { pid } of kafka.nodes) execFileSync('taskset', ['-a', '-p', '-c', '1', String(pid)], { stdio: 'ignore' })
console.log(
  `${brokers.join()}${pinned ? ', the broker on core 1, each client on core 0' : ''}; Node ${execFileSync(options.node, ['--version'], { encoding: 'utf8' }).trim()}; medians of ${rounds}`,
)

const admin = new Client({ addr: brokers })
let topics = 0
// The topic that consumers read, kept as long as the message size stays the same.
let filledSize
let filledName
const rows = []
try {
  for (const workload of chosenWorkloads) {
    const samples = new Map(present.map(client => [client, []]))
    const filled = workloads[workload].kind === 'consume' ? await filledTopic(workloads[workload]) : undefined
    for (let round = 0; round < rounds; round++) {
      for (const client of present) {
        if (sameAs[client]?.[workload] !== undefined && chosenWorkloads.includes(sameAs[client][workload])) continue
        const topic = filled ?? (await newTopic())
        samples
          .get(client)
          .push(await measure(client, { ...jobOf(client, workload), brokers, topic, group: `bench-${process.pid}-${topics++}` }))
        if (filled === undefined) await admin.deleteTopics({ topics: [topic] })
      }
    }
    for (const client of present) {
      const of = samples.get(client)
      const same = rows.find(row => row.client === client && row.workload === sameAs[client]?.[workload])
      if (of.length > 0) rows.push({ client, workload, ...median(of) })
      else if (same !== undefined) rows.push({ ...same, workload })
    }
    print(workload)
  }
} finally {
  await dropFilled()
  await admin.close?.()
  await kafka?.stop()
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`)

/** Whether a client can be run here; says why not. */
function isPresent(client) {
  const { program } = clients[client] ?? fail(`no client ${client}: ${Object.keys(clients).join(', ')}`)
  if (program !== undefined) {
    if (!works('go', ['version'])) return say(`${client} left out: no Go toolchain`)
    if (!works('go', ['build', '-o', join(here, '.bin/'), `./${program}`], { cwd: join(here, 'go') }))
      return say(`${client} left out: it did not build`)
    return true
  }
  if (client === 'isokafka' || existsSync(join(here, 'node_modules', client))) return true
  return say(`${client} left out: not installed (npm install --prefix bench --no-save ${client})`)
  function say(why) {
    console.log(why)
    return false
  }
}

function works(program, args, settings) {
  try {
    execFileSync(program, args, { stdio: 'ignore', ...settings })
    return true
  } catch {
    return false
  }
}

async function newTopic() {
  const topic = `bench-${process.pid}-${topics++}`
  await admin.createTopics({ topics: [{ topic, numPartitions: 6, replicationFactor: 1 }] })
  return topic
}

async function filledTopic({ size, warm, count }) {
  if (filledSize === size) return filledName
  await dropFilled()
  filledName = await newTopic()
  filledSize = size
  // A tenth more than is read, so that nobody waits for the end.
  await measure('isokafka', {
    kind: 'produce',
    size,
    callers: 8,
    perCall: 1000,
    acks: -1,
    warm: 0,
    count: Math.round((warm + count) * 1.1),
    brokers,
    topic: filledName,
  })
  return filledName
}

async function dropFilled() {
  if (filledName !== undefined) await admin.deleteTopics({ topics: [filledName] })
  filledName = filledSize = undefined
}

async function measure(client, job) {
  const { program } = clients[client]
  const command =
    program === undefined
      ? [options.node, '--no-warnings', join(here, 'client.mjs'), clients[client].module ?? client]
      : [join(here, '.bin', program)]
  const whole = [...(pinned ? ['taskset', '-c', '0'] : []), ...command, JSON.stringify(job)]
  const { stdout } = await run(whole[0], whole.slice(1), { timeout: 180_000, maxBuffer: 1 << 20 })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

function median(samples) {
  const of = key => samples.map(sample => sample[key]).sort((a, b) => a - b)[samples.length >> 1]
  return Object.fromEntries(Object.keys(samples[0]).map(key => [key, of(key)]))
}

function print(workload) {
  const of = rows.filter(row => row.workload === workload)
  const own = of.find(row => row.client === 'isokafka')
  console.log(`\n${workload}`)
  console.table(
    Object.fromEntries(
      of.map(row => [
        row.client,
        workload === 'latency'
          ? {
              'p50 µs': Math.round(row.latencyMicros),
              'isokafka is': own && `${(row.latencyMicros / own.latencyMicros).toFixed(2)} × quicker`,
            }
          : {
              'msgs/s': Math.round(row.rate),
              'CPU µs/msg': Number(row.cpuMicrosPerMessage.toFixed(3)),
              'peak MiB': Math.round(row.peakMemoryBytes / 2 ** 20),
              'isokafka rate ×': own && Number((own.rate / row.rate).toFixed(2)),
              'isokafka CPU ×': own && Number((own.cpuMicrosPerMessage / row.cpuMicrosPerMessage).toFixed(3)),
            },
      ]),
    ),
  )
}

function fail(message) {
  console.error(message)
  process.exit(2)
}
