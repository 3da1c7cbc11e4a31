// Prints the last messages of a partition, over a connection to the broker that leads it.
//   node last.ts localhost:9092 orders 0 10             (Node 22.18 or later runs TypeScript as it is)
import { dialLeader, SeekEnd, SeekStart } from 'isokafka'

const [address = 'localhost:9092', topic = 'orders', partition = '0', count = '10'] = process.argv.slice(2)

const conn = await dialLeader('tcp', address, topic, Number(partition))
try {
  // All that happens here, together.
  conn.setDeadline(Date.now() + 30_000)
  const { first, last } = await conn.readOffsets()
  if (last - first > Number(count)) await conn.seek(Number(count), SeekEnd)
  else await conn.seek(0, SeekStart)
  while (conn.offset().offset < last) {
    const batch = await conn.readBatch(1, 1_000_000)
    for (const message of batch) console.log(message.offset, message.time.toISOString(), message.text())
    batch.close()
  }
} finally {
  await conn.close()
}
