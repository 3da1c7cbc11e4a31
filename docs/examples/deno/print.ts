// Prints a topic's messages as they come, a JSON object a line, until Ctrl-C. Several at once share the topic's partitions:
//   deno run --allow-net print.ts localhost:9092 orders
import { Reader } from 'isokafka'

const [brokers = 'localhost:9092', topic = 'orders'] = Deno.args

const reader = new Reader({ brokers: brokers.split(','), topic, groupId: 'printers', commitInterval: 1000 })
// The loop ends, what was printed is committed, and the others take the partitions over.
for (const signal of ['SIGINT', 'SIGTERM'] as const) Deno.addSignalListener(signal, () => void reader.close())

const decoder = new TextDecoder()
for await (const message of reader) {
  const { partition, offset, time } = message
  const key = message.key && decoder.decode(message.key)
  console.log(JSON.stringify({ partition, offset, time, key, value: message.text() }))
  await reader.commitMessages(message)
}
