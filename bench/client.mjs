// One measurement in a process of its own: `client.mjs CLIENT JOB`, the job as JSON; prints one line of JSON.

/**
 * @typedef {{ brokers: string[], topic: string, group: string }} Target
 * @typedef {Target & { kind: 'produce' | 'consume' | 'latency', size: number, callers: number, perCall: number, acks:
 *   -1 | 0 | 1, transactional?: boolean, mode:
 * string, warm: number, count: number, tuned: boolean, dist: string }} Job
 */

const [client, text] = process.argv.slice(2)
/** @type {Job} */
const job = JSON.parse(text)
const { producer, consumer } = await import(`./clients/${client}.mjs`)

const values = Array.from({ length: 997 }, (_, i) => {
  const value = Buffer.alloc(job.size)
  for (let at = 0; at < job.size; at++) value[at] = (i * 31 + at * 7) & 0xff
  return value
})

const result = await { produce, consume, latency }[job.kind]()
console.log(JSON.stringify({ ...result, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 }))
process.exit(0)

/**
 * `callers` loops, each awaiting one send (`transactional`: a transaction) of `perCall` messages after another, until
 * `count` are acknowledged.
 */
async function produce() {
  const { send, close } = await producer(job)
  let next = 0
  const calls = Array.from({ length: 64 }, (_, i) =>
    Array.from({ length: job.perCall }, (_, k) => values[(i * job.perCall + k) % values.length]),
  )
  const run = async count => {
    let left = Math.ceil(count / job.perCall)
    const caller = async () => {
      while (left-- > 0) await send(calls[next++ % calls.length])
    }
    await Promise.all(Array.from({ length: job.callers }, caller))
  }
  await run(job.warm)
  const stop = start()
  await run(job.count)
  const result = stop(Math.ceil(job.count / job.perCall) * job.perCall)
  await close()
  return result
}

/** The clock starts when `warm` messages were seen and stops `count` later. */
async function consume() {
  // Node 20 has no Promise.withResolvers.
  let resolve
  const promise = new Promise(whole => {
    resolve = whole
  })
  let total = 0
  let bytes = 0
  let stop
  let from = 0
  const { close } = await consumer(job, job.mode, (messages, length) => {
    total += messages
    bytes += length
    if (stop === undefined) {
      if (total >= job.warm) {
        stop = start()
        from = total
      }
    } else if (total >= job.warm + job.count) {
      resolve(stop(total - from))
      return true
    }
    return false
  })
  const result = await promise
  if (bytes !== total * job.size) throw new Error(`${bytes} bytes in ${total} messages of ${job.size}`)
  await Promise.race([close(), new Promise(resolve => setTimeout(resolve, 2000))])
  return result
}

/** One write at a time on an idle client: the median, as microseconds. */
async function latency() {
  const { send, close } = await producer(job)
  for (let i = 0; i < job.warm; i++) await send([values[0]])
  const took = []
  for (let i = 0; i < job.count; i++) {
    const from = performance.now()
    await send([values[0]])
    took.push(performance.now() - from)
  }
  await close()
  took.sort((a, b) => a - b)
  return {
    rate: job.count / (took.reduce((a, b) => a + b) / 1000),
    cpuMicrosPerMessage: 0,
    latencyMicros: took[took.length >> 1] * 1000,
  }
}

function start() {
  const cpu = process.cpuUsage()
  const from = performance.now()
  return count => {
    const seconds = (performance.now() - from) / 1000
    const { user, system } = process.cpuUsage(cpu)
    return { rate: count / seconds, cpuMicrosPerMessage: (user + system) / count }
  }
}
