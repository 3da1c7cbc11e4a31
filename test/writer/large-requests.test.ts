import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import type { RequestOf } from '../../src/protocol/api.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { SendLimits } from '../../src/writer/send-limits.ts'
import { Writer } from '../../src/writer/writer.ts'
import { boundedAdapter } from '../support/bounded-adapter.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { topicContents } from '../support/topic-contents.ts'

const cases: [most: number, partitions: number, config: Partial<WriterConfig>][] = [
  [700_000, 24, {}],
  [480_000, 6, {}],
  [400_000, 24, {}],
  [300_000, 12, {}],
  [300_000, 12, { idempotent: false }],
  [200_000, 24, { batchBytes: 16_000_000, maxRequestBytes: 16_000_000 }],
]

test.each(cases)(
  'where connections end above %i bytes, busy callers on %i partitions get all written, once if idempotent, %j',
  async (most, partitions, config) => {
    using clock = new LeapingClock()
    await using broker = new Broker({ clock, natives, topics: [{ name: 't', partitions }] })
    const { adapter, ended } = boundedAdapter(memory(broker, natives), most)
    await using transport = new Transport({ clock, natives, adapter, logger: null })
    await using writer = new Writer({ addr: broker.addresses, topic: 't', transport, ...config })
    const callers = 3
    const perPartition = 60
    await Promise.all(
      Array.from({ length: callers }, (_, caller) =>
        writer.writeMessages(
          Array.from({ length: perPartition * partitions }, (_, i) => ({
            partition: i % partitions,
            value: `${caller}:${i}`.padEnd(20_000),
          })),
        ),
      ),
    )
    // Each size is tried some times, and only while its like is not known.
    expect(ended.length).toBeLessThan(30)
    expect(clock.monotonic()).toBeLessThan(30_000)
    const direct = new Transport({ clock, natives, adapter: memory(broker, natives) })
    const contents = await topicContents(direct, broker.addresses, 't', AbortSignal.timeout(60_000))
    const texts = contents.flat().map(message => message.text().trim())
    expect(new Set(texts).size).toBe(callers * perPartition * partitions)
    if (config.idempotent !== false) expect(texts.length).toBe(callers * perPartition * partitions)
    await direct.close()
  },
  120_000,
)

test('a size is tried three times, and then not again for what was sent before either', () => {
  const limits = new SendLimits(1_000_000)
  for (let i = 0; i < 3; i++) {
    expect(limits.refuses(900_000)).toBe(false)
    limits.died(900_000, i)
  }
  expect([limits.refuses(900_000), limits.refuses(899_999)]).toEqual([true, false])
  expect(limits.batchBytes).toBe(450_000)
  limits.answered(900_000, 5)
  expect([limits.refuses(900_000), limits.batchBytes]).toEqual([false, Number.POSITIVE_INFINITY])
})

const bytesOf = ({ topicData }: RequestOf<typeof Produce>): number =>
  topicData[0]!.partitionData.reduce((sum, { records }) => sum + records!.length, 0)

/** A writer by default settings, in time of its own, and the bytes of batches in each request that it sent. */
async function sizesOf(use: (writer: Writer, broker: Broker, sizes: number[]) => Promise<void>) {
  using clock = new LeapingClock()
  await using broker = new Broker({ clock, natives, topics: [{ name: 't', partitions: 24 }] })
  await using transport = new Transport({ clock, natives, adapter: memory(broker, natives), logger: null })
  await using writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  const sizes: number[] = []
  broker.control(Produce, request => void sizes.push(bytesOf(request)))
  await use(writer, broker, sizes)
}

const tenEach = Array.from({ length: 240 }, (_, i) => ({ partition: i % 24, value: 'x'.repeat(10_000) }))

test('by default no request has more than 1 MiB of batches, however many partitions wait', async () => {
  await sizesOf(async (writer, _broker, sizes) => {
    await Promise.all([writer.writeMessages(tenEach), writer.writeMessages(tenEach)])
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_048_576)
    expect(sizes.length).toBeLessThan(20)
  })
})

test('after requests that nobody answered in time the next ones are smaller', async () => {
  await sizesOf(async (writer, broker, sizes) => {
    await writer.writeMessages(tenEach)
    expect(Math.max(...sizes)).toBeGreaterThan(900_000)
    const hung: number[] = []
    broker.control(Produce, request => {
      const bytes = bytesOf(request)
      return hung.length < 2 && bytes > 500_000 && hung.push(bytes) > 0 ? 'hang' : undefined
    })
    for (let round = 0; round < 10 && hung.length < 2; round++) await writer.writeMessages(tenEach)
    sizes.length = 0
    await writer.writeMessages(tenEach)
    expect(Math.max(...sizes.slice(0, 10))).toBeLessThanOrEqual(Math.max(...hung) / 2)
  })
})
