// Side by side on one real broker: `npm run bench -- [--rounds N] [--clients a,b] [--workloads a,b] [--base DIR]
// [--json FILE]`. Peers are measured with the settings they come with and, as "tuned", with the best we found; ours are
// the defaults.
// `--base DIR` measures the isokafka built in DIR/dist, too, as `isokafka@base`: before and after, side by side.
// Each figure is the median of its rounds; clients take turns within a round, so that a slow minute of the machine hits
// all of them.
// `--node PATH` runs the clients in JavaScript by that Node: native ones must have been compiled for it.
// KAFKA_BROKERS measures against a running cluster instead; then nothing is pinned to a core.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Client } from '../dist/index.js'
import { startKafka } from '../e2e/kafka/index.ts'
import { base, cannot, clients, jobOf, own, sameAs, workloads } from './workloads.mjs'

const run = promisify(execFile)
const here = import.meta.dirname

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    clients: { type: 'string' },
    workloads: { type: 'string', default: Object.keys(workloads).join() },
    base: { type: 'string' },
    json: { type: 'string' },
    node: { type: 'string', default: process.execPath },
  },
})
const rounds = Number(options.rounds)
const chosenWorkloads = options.workloads.split(',')
for (const workload of chosenWorkloads)
  if (!(workload in workloads)) fail(`no workload ${workload}: ${Object.keys(workloads).join(', ')}`)
const dists = {
  [own.name]: resolve(here, '../dist'),
  ...(options.base !== undefined && { [base.name]: resolve(options.base, 'dist') }),
}
for (const dist of Object.values(dists)) if (!existsSync(join(dist, 'index.js'))) fail(`${dist} has no build`)
const present = chosenClients()

const pinned = process.env.KAFKA_BROKERS === undefined && availableParallelism() > 1 && works('taskset', ['-V'])
const kafka =
  process.env.KAFKA_BROKERS === undefined ? await startKafka({ nodes: 1, heap: '1g', measured: true }) : undefined
const brokers = kafka?.brokers ?? process.env.KAFKA_BROKERS.split(',')
if (pinned)
  for (const { pid } of kafka.nodes) execFileSync('taskset', ['-a', '-p', '-c', '1', String(pid)], { stdio: 'ignore' })
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
        if (cannot(client, workload) || chosenWorkloads.includes(sameAs(client, workload))) continue
        const topic = filled ?? (await newTopic())
        samples.get(client).push(
          await measure(client, {
            ...jobOf(client, workload),
            brokers,
            topic,
            group: `bench-${process.pid}-${topics++}`,
          }),
        )
        if (filled === undefined) await admin.deleteTopics({ topics: [topic] })
      }
    }
    for (const client of present) {
      const of = samples.get(client)
      const same = rows.find(row => row.client === label(client) && row.workload === sameAs(client, workload))
      if (of.length > 0) rows.push({ client: label(client), workload, ...summary(of) })
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

function label({ name, tuned }) {
  return tuned ? `${name}, tuned` : name
}

/** Those asked for that can be run here, with both settings; says why others can't. */
function chosenClients() {
  const names = options.clients?.split(',') ?? [...new Set(clients.map(({ name }) => name))]
  if (options.base !== undefined && !names.includes(own.name)) names.unshift(own.name)
  return names.filter(isPresent).flatMap(name => {
    const settings = clients.filter(client => client.name === name)
    return name === own.name && options.base !== undefined ? [base, ...settings] : settings
  })
}

function isPresent(name) {
  const { program } = clients.find(client => client.name === name) ?? fail(`no client ${name}`)
  if (program !== undefined) {
    if (!works('go', ['version'])) return say(`${name} left out: no Go toolchain`)
    if (!works('go', ['build', '-o', join(here, '.bin/'), `./${program}`], { cwd: join(here, 'go') }))
      return say(`${name} left out: it did not build`)
    return true
  }
  if (name === own.name || existsSync(join(here, 'node_modules', name))) return true
  return say(`${name} left out: not installed (npm install --prefix bench --no-save ${name})`)
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
  await measure(own, {
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

async function measure({ name, module, program }, job) {
  const command =
    program === undefined
      ? [options.node, '--no-warnings', join(here, 'client.mjs'), module]
      : [join(here, '.bin', program)]
  const text = JSON.stringify({ ...job, dist: dists[name] })
  const whole = [...(pinned ? ['taskset', '-c', '0'] : []), ...command, text]
  const { stdout } = await run(whole[0], whole.slice(1), { timeout: 180_000, maxBuffer: 1 << 20 })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

/**
 * The median of each figure, and the least processor time: what other programs on the machine add to it is never less
 * than nothing.
 */
function summary(samples) {
  const sorted = key => samples.map(sample => sample[key]).sort((a, b) => a - b)
  const medians = Object.keys(samples[0]).map(key => [key, sorted(key)[samples.length >> 1]])
  return { ...Object.fromEntries(medians), leastCpuMicrosPerMessage: sorted('cpuMicrosPerMessage')[0] }
}

function print(workload) {
  const of = rows.filter(row => row.workload === workload)
  const ours = of.find(row => row.client === own.name)
  console.log(`\n${workload}`)
  const columns = workload === 'latency' ? latencyColumns : rateColumns
  console.table(Object.fromEntries(of.map(row => [row.client, columns(row, ours)])))
}

function latencyColumns({ latencyMicros }, ours) {
  return {
    'p50 µs': Math.round(latencyMicros),
    'isokafka is': ours && `${(latencyMicros / ours.latencyMicros).toFixed(2)} × quicker`,
  }
}

function rateColumns({ rate, cpuMicrosPerMessage, leastCpuMicrosPerMessage, peakMemoryBytes }, ours) {
  const ratio = (mine, theirs) => Number((mine / theirs).toFixed(3))
  return {
    'msgs/s': Math.round(rate),
    'CPU µs/msg': Number(cpuMicrosPerMessage.toFixed(3)),
    'least CPU µs/msg': Number(leastCpuMicrosPerMessage.toFixed(3)),
    'peak MiB': Math.round(peakMemoryBytes / 2 ** 20),
    'isokafka rate ×': ours && ratio(ours.rate, rate),
    'isokafka CPU ×': ours && ratio(ours.cpuMicrosPerMessage, cpuMicrosPerMessage),
    'least CPU ×': ours && ratio(ours.leastCpuMicrosPerMessage, leastCpuMicrosPerMessage),
  }
}

function fail(message) {
  console.error(message)
  process.exit(2)
}
