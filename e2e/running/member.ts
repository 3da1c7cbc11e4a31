// Run as a process of its own: `BROKERS TOPIC GROUP PROTOCOL SESSION_TIMEOUT`. Handles what the topic holds, eight
// messages at a time, until SIGTERM. Prints a line for each message as soon as it is handled, and only then says so.

import { writeSync } from 'node:fs'
import { adapter, natives } from '../../adapters/node/index.ts'
import { Reader, run, Transport } from '../../src/index.ts'

const [brokers = '', topic = '', groupId = '', protocol, sessionTimeout] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
writeSync(1, 'begun\n')
const transport = new Transport({ adapter, natives, logger: null })
const reader = new Reader({
  brokers: brokers.split(','),
  groupId,
  topic,
  transport,
  startOffset: 'earliest',
  sessionTimeout: Number(sessionTimeout),
  rebalanceTimeout: 10_000,
  joinGroupBackoff: 200,
  ...(protocol === 'consumer' ? { protocol } : { heartbeatInterval: 200 }),
})
await run(
  reader,
  async message => {
    // Each takes another while, so that none is where another is when the end comes.
    await new Promise(resolve => setTimeout(resolve, message.offset % 20))
    writeSync(1, `${message.partition} ${message.offset}\n`)
  },
  { concurrency: 8, signal: stop.signal },
)
await reader.close()
await transport.close()
writeSync(1, 'stopped\n')
