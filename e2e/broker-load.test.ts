import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { memory } from '../adapters/memory/index.ts'
import { natives } from '../adapters/node/index.ts'
import { Broker } from '../src/broker/index.ts'
import { Client, Transport, Writer } from '../src/index.ts'

const mebibyte = 1024 * 1024
const messages = 1_000_000
const partitions = 6
const retentionBytes = 4 * mebibyte
// What may lie in buffers besides: the writer's batches, what is in flight, and a segment a partition that is not let
// go of yet.
const slack = 24 * mebibyte

/**
 * Bytes in buffers once everything nobody holds is gone: V8 frees buffers some time after it has collected their
 * owners.
 */
async function held(): Promise<number> {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    collect()
    await new Promise(resolve => setTimeout(resolve, 20))
    least = Math.min(least, process.memoryUsage().arrayBuffers)
  }
  return least
}

test('the embedded broker takes a million writes of 100 B within the memory its retention allows', async () => {
  const broker = new Broker({ topics: [{ name: 't', partitions }], retentionBytes, natives })
  const transport = new Transport({ adapter: memory(broker, natives), natives })
  const writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  const before = await held()
  const began = performance.now()
  const value = new Uint8Array(100)
  const waiting: Promise<void>[] = []
  for (let written = 0; written < messages; written += 1000) {
    waiting.push(writer.writeMessages(Array.from({ length: 1000 }, () => ({ value }))))
    if (waiting.length === 8) await waiting.shift()
  }
  await Promise.all(waiting)
  const seconds = (performance.now() - began) / 1000
  const grown = (await held()) - before
  console.log(
    `embedded broker: ${Math.round(messages / seconds).toLocaleString('en')} writes of 100 B a second, client included; ` +
      `${(grown / mebibyte).toFixed(1)} MiB held, ${(partitions * retentionBytes) / mebibyte} MiB of it by retention`,
  )
  expect(grown).toBeLessThan(partitions * retentionBytes + slack)
  const client = new Client({ addr: broker.addresses, transport })
  const { topics } = await client.listOffsets({
    topics: { t: Array.from({ length: partitions }, (_, partition) => ({ partition, timestamp: -2 })) },
  })
  // The oldest are gone everywhere, and the newest are all there.
  for (const { firstOffset } of topics['t']!) expect(firstOffset).toBeGreaterThan(messages / partitions / 2)
  await writer.close()
  await transport.close()
  await broker.close()
})
