// Run as a process of its own: `BROKERS FROM TO GROUP TRANSACTIONAL_ID NAME BATCH_SIZE`. Copies from topic to topic by a
// pipeline until SIGTERM, or until its writer is fenced; prints how it ended as a line of JSON.

import { adapter, natives } from '../../adapters/node/index.ts'
import { ProducerFencedError, pipeline, Reader, Transport, Writer } from '../../src/index.ts'
import { roughAdapter } from '../faults/rough-adapter.ts'
import { itemOf, textOf } from './history.ts'

const [brokers = '', from = '', to = '', groupId = '', transactionalId = '', name = '', batchSize] =
  process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
// Each way takes a while, or transactions would be over before anybody could hit them.
const transport = new Transport({ adapter: roughAdapter(adapter, { seed: 1, delayMs: 10 }), natives, logger: null })
const reader = new Reader({
  brokers: brokers.split(','),
  groupId,
  topic: from,
  transport,
  isolationLevel: 'read_committed',
  startOffset: 'earliest',
  heartbeatInterval: 200,
  sessionTimeout: 2_000,
  rebalanceTimeout: 10_000,
})
const writer = new Writer({
  addr: brokers.split(','),
  topic: to,
  transport,
  transactionalId,
  transactionTimeout: 5_000,
})
let writes = 0
let aborted = 0
try {
  const done = await pipeline(
    reader,
    writer,
    message => {
      const item = { ...itemOf(message.text()), write: `${name}/${writes++}` }
      return { key: item.key, value: textOf(item) }
    },
    { batchSize: Number(batchSize), batchTimeout: 20, signal: stop.signal, onAborted: () => aborted++ },
  )
  await ended('stopped', done)
} catch (error) {
  if (!(error instanceof ProducerFencedError)) throw error
  await ended('fenced', { aborted })
}

async function ended(outcome: string, more: object): Promise<void> {
  await reader.close()
  await writer.close()
  await transport.close()
  process.stdout.write(`${JSON.stringify({ outcome, ...more })}\n`)
}
