import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { PartitionStats } from '../../src/reader/stats.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'

test('a reader of all partitions goes on where another was, by its stats: nothing is skipped, nothing comes twice', async () => {
  await using broker = new Broker({ topics: [{ name: 't', partitions: 3 }] })
  await using transport = new Transport({ adapter: memory(broker) })
  await using writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  const write = async (value: string): Promise<void> => {
    for (let partition = 0; partition < 3; partition++)
      await writer.writeMessages({ value: `${value} ${partition}`, partition })
  }
  const next = async (
    places: readonly PartitionStats[],
    count: number,
  ): Promise<{ seen: string[]; places: PartitionStats[] }> => {
    await using reader = new Reader({ brokers: broker.addresses, topic: 't', startOffset: 'latest', transport })
    for (const { topic, partition, offset } of places) reader.seek(topic, partition, offset)
    const seen: string[] = []
    while (seen.length < count) seen.push((await reader.readMessage()).text())
    return { seen: seen.sort(), places: reader.stats().partitions }
  }
  await write('early')
  const ends = [0, 1, 2].map(partition => ({ topic: 't', partition, offset: 1, lag: 0, paused: false }))
  await write('first')
  const one = await next(ends, 2)
  await write('away')
  const other = await next(one.places, 4)
  expect([...one.seen, ...other.seen].sort()).toEqual(['away 0', 'away 1', 'away 2', 'first 0', 'first 1', 'first 2'])
})
