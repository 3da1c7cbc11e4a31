// Writes lines of JSON from standard input to a topic. Lines with the same value of a field, `customer` here, stay in order:
//   bun write.ts localhost:9092 orders customer < orders.ndjson
import { Hash, type MessageInput, Writer } from 'isokafka'

const [brokers = 'localhost:9092', topic = 'orders', field = 'id'] = Bun.argv.slice(2)

await using writer = new Writer({ addr: brokers.split(','), topic, balancer: new Hash() })
let written = 0
let waiting: MessageInput[] = []
for await (const line of console) {
  if (line === '') continue
  waiting.push({ key: String(JSON.parse(line)[field]), value: line })
  if (waiting.length === 10_000) await write()
}
await write()
console.log(`${written} messages written`)

/** Resolves once all replicas have them. */
async function write(): Promise<void> {
  await writer.writeMessages(waiting)
  written += waiting.length
  waiting = []
}
