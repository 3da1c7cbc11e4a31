// Run as a process of its own with --expose-gc, against dist: `soak.mjs BROKERS TOPIC MINUTES`. Writes, and reads in a group whose third member comes
// and goes, for so long. Prints a line of JSON with each look at its memory, and at last what was written, what was read, and what is still open when
// all is closed.
import { setTimeout as pause } from 'node:timers/promises'
import { Hash, Reader, Transport, Writer } from '../../dist/index.js'

const [brokers, topic, minutes] = process.argv.slice(2)
const addresses = brokers.split(',')
const lookEvery = 5_000
const say = line => process.stdout.write(`${JSON.stringify(line)}\n`)

const began = performance.now()
const until = began + Number(minutes) * 60_000
const goesOn = () => performance.now() < until

// What a member logs while brokers are away is no news here.
const transport = new Transport({ logger: null })
const writer = new Writer({ addr: addresses, topic, transport, balancer: new Hash(), logger: null })
const open = new Set()
let written = 0
let handled = 0
const seen = new Map()

function member() {
  const reader = new Reader({ brokers: addresses, groupId: topic, topic, transport, autoCommit: true, logger: null })
  open.add(reader)
  const reading = (async () => {
    for await (const message of reader) {
      handled++
      // Partition by partition up to where all was seen: a member that takes over may read some again.
      const next = seen.get(message.partition) ?? 0
      if (message.offset === next) seen.set(message.partition, next + 1)
      else if (message.offset > next) say({ left: message.offset - next, partition: message.partition, at: next })
    }
  })()
  return async () => {
    await reader.close()
    open.delete(reader)
    await reading
  }
}

async function write() {
  const value = Buffer.alloc(100, 7)
  while (goesOn()) {
    await writer.writeMessages(Array.from({ length: 10 }, (_, i) => ({ key: `k${(written + i) % 50}`, value })))
    written += 10
    await pause(4)
  }
}

async function comeAndGo() {
  while (goesOn()) {
    const leave = member()
    await pause(Math.min(12_000, Math.max(0, until - performance.now())))
    await leave()
    await pause(Math.min(8_000, Math.max(0, until - performance.now())))
  }
}

async function look() {
  while (goesOn()) {
    await pause(lookEvery)
    globalThis.gc()
    const { rss, heapUsed, external } = process.memoryUsage()
    const seconds = Math.round((performance.now() - began) / 1000)
    say({ seconds, rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20, external: external / 2 ** 20 })
  }
}

const leaves = [member(), member()]
await Promise.all([write(), comeAndGo(), look()])
const readAll = () => [...seen.values()].reduce((sum, next) => sum + next, 0)
const patience = performance.now() + 60_000
while (readAll() < written && performance.now() < patience) await pause(100)
for (const leave of leaves) await leave()
await writer.close()
await transport.close()
await pause(200)
globalThis.gc()
say({ written, read: readAll(), handled, open: process.getActiveResourcesInfo() })
process.stdout.write('', () => process.exit())
