// Run as a process of its own, against dist: `closing.mjs BROKERS TOPIC SEED ROUNDS`. In each round a writer, two readers and a client are at
// work on connections that die, and closed at a moment of chance. Prints a line of JSON when all is closed; the process must end by itself then.

import { Client, ConnectionError, Reader, Transport, Writer } from '../../dist/index.js'
import { adapter, natives } from '../../dist/node.js'

const [brokers, topic, seed, rounds] = process.argv.slice(2)
const addr = brokers.split(',')
let state = Number(seed)
const unhandled = []
process.on('unhandledRejection', error => unhandled.push(String(error?.stack ?? error)))
process.on('warning', warning => unhandled.push(String(warning)))

/** Every connection lives a second at most. */
const dying = {
  ...adapter,
  async dial(address, options) {
    const socket = await adapter.dial(address, options)
    const timer = setTimeout(() => {
      tally.deaths++
      socket.abort(new ConnectionError(address.host, 'the network let go'))
    }, next() * 1_000)
    // It must not keep the process: that is what is tested.
    timer.unref()
    return socket
  },
}

const slowest = { transport: 0, writer: 0, reader: 0, member: 0, client: 0 }
const tally = { written: 0, failed: 0, read: 0, readErrors: 0, deaths: 0 }
for (let round = 0; round < Number(rounds); round++) await one(round)
process.stdout.write(`${JSON.stringify({ slowest, tally, unhandled, resources: process.getActiveResourcesInfo() })}\n`)

async function one(round) {
  const transport = new Transport({ adapter: dying, natives, dialTimeout: 2_000 })
  const timeouts = { writeTimeout: 2_000, readTimeout: 2_000, deliveryTimeout: 4_000 }
  const writer = new Writer({ addr, topic, transport, ...timeouts })
  const reader = new Reader({ brokers: addr, topic, partition: 0, transport, maxWait: 1_000, startOffset: -1 })
  const group = {
    groupId: `${topic}-${round % 3}`,
    timeout: 2_000,
    rebalanceTimeout: 4_000,
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
  }
  const member = new Reader({ brokers: addr, topic, transport, maxWait: 1_000, autoCommit: true, ...group })
  const client = new Client({ addr, transport, timeout: 2_000 })
  const ends = [write(writer), read(reader), read(member), ask(client)]
  await pause(next() * 1_200)
  const parts = Object.entries({ transport, writer, reader, member, client })
  // In any order, some at the same time.
  parts.sort(() => next() - 0.5)
  const closes = parts.map(async ([name, part]) => {
    await pause(next() * 200)
    const started = performance.now()
    await part.close()
    slowest[name] = Math.max(slowest[name], Math.round(performance.now() - started))
  })
  await Promise.all(closes)
  await Promise.all(ends)
}

async function write(writer) {
  for (;;) {
    const calls = Array.from({ length: 20 }, (_, n) => writer.writeMessages({ value: `message ${n}` }))
    const settled = await Promise.allSettled(calls)
    for (const { status } of settled) tally[status === 'fulfilled' ? 'written' : 'failed']++
    if (settled.some(({ reason }) => reason?.name === 'ClosedError')) return
  }
}

async function read(reader) {
  for (;;) {
    try {
      for await (const message of reader) tally.read += message.offset >= 0 ? 1 : 0
      return
    } catch (error) {
      tally.readErrors++
      // Its transport may be closed before it: then all reads fail until it is closed, too.
      if (error?.name === 'ClosedError') return
    }
  }
}

async function ask(client) {
  for (;;) {
    try {
      await client.metadata({ topics: [topic] })
      await pause(10)
    } catch (error) {
      if (error?.name === 'ClosedError') return
    }
  }
}

function pause(milliseconds) {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

/** mulberry32 */
function next() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 0x100000000
}
