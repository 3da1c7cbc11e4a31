// Run as a process of its own, against dist: `memory.mjs read|write BROKERS TOPIC MIB`. Prints lines of JSON, the last one the result.
// `grownMiB` is the most its resident memory ever stood above what it was before the first message.

import { Reader, Writer } from '../../dist/index.js'

const [task, brokers, topic, mebibytes] = process.argv.slice(2)
const addresses = brokers.split(',')
const size = 1024
const count = Number(mebibytes) * 1024
const messages = Array.from({ length: 512 }, () => ({ value: Buffer.alloc(size, 7) }))

const before = process.memoryUsage.rss()
let peak = before
const sampler = setInterval(sample, 20)
const say = line => process.stdout.write(`${JSON.stringify(line)}\n`)

await { read, write, stall }[task]()
clearInterval(sampler)

function sample() {
  peak = Math.max(peak, process.memoryUsage.rss())
}

function grownMiB() {
  sample()
  return Math.round((peak - before) / 2 ** 20)
}

async function read() {
  const reader = new Reader({ brokers: addresses, topic, groupId: `${topic}-${process.pid}` })
  let read = 0
  let bytes = 0
  for await (const message of reader) {
    bytes += message.value.length
    if (++read === count) break
  }
  await reader.close()
  say({ read, bytes, grownMiB: grownMiB() })
}

async function write() {
  const writer = new Writer({ addr: addresses, topic })
  let left = count / messages.length
  const caller = async () => {
    while (left-- > 0) await writer.writeMessages(messages)
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  await writer.close()
  say({ written: count, grownMiB: grownMiB() })
}

/** Writes from far more callers than the writer has room for; tells when its buffers have stopped growing, and when all is acknowledged. */
async function stall() {
  const writer = new Writer({ addr: addresses, topic, writeTimeout: 60_000 })
  await writer.writeMessages(messages)
  say({ ready: true })
  await new Promise(resolve => process.stdin.once('data', resolve))
  let acknowledged = 0
  const calls = Array.from({ length: count / messages.length }, async () => {
    await writer.writeMessages(messages)
    acknowledged += messages.length
  })
  // Nobody answers: what the writer took on is all it will hold. Twenty samples alike are a standstill.
  let still = 0
  let last = -1
  while (still < 20) {
    await new Promise(resolve => setTimeout(resolve, 50))
    const now = writer.stats().bufferedBytes
    still = now === last ? still + 1 : 0
    last = now
  }
  say({ stalled: true, bufferedMiB: last / 2 ** 20, acknowledged, grownMiB: grownMiB() })
  await Promise.all(calls)
  await writer.close()
  say({ acknowledged, grownMiB: grownMiB() })
}
