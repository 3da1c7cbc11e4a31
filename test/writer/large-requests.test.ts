import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
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
