import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'
import { farAdapter } from '../support/far-adapter.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

const roundTrip = 50

interface Cold {
  readonly addr: string
  readonly transport: Transport
}

type Start = (cold: Cold) => Promise<unknown>

const write =
  (config: Partial<WriterConfig> = {}): Start =>
  ({ addr, transport }) =>
    new Writer({ addr, topic: 't', transport, ...config }).writeMessages({ value: 'x' })

const read =
  (config: Partial<ReaderConfig>, offset?: number): Start =>
  ({ addr, transport }) => {
    const reader = new Reader({ brokers: [addr], topic: 't', transport, ...config } as ReaderConfig)
    if (offset !== undefined) reader.setOffset(offset)
    return reader.fetchMessage()
  }

// Connecting is one; what listens there says what it speaks; where things are; then what was wanted. A member asks who
// coordinates beside where things are; joins, twice by the classic protocol, and syncs; asks for its offsets, and where
// the partition begins. Another broker is dialed, and asked what it speaks.
test.each<[what: string, trips: number, elsewhere: number, Start]>([
  ['the first message of an idempotent writer', 4, 6, write()],
  ['the first message of a writer without idempotence', 4, 6, write({ idempotent: false })],
  ['the first message of a partition', 5, 7, read({ partition: 0 })],
  ['the message at an offset', 4, 6, read({ partition: 0 }, 0)],
  ['the first message of a lone member', 9, 13, read({ groupId: 'g' })],
  ['the first message of a lone member by the consumer protocol', 7, 11, read({ groupId: 'g', protocol: 'consumer' })],
])('%s takes %i round trips, and %i where another broker leads', async (_what, trips, elsewhere, start) => {
  for (const brokers of [1, 3]) {
    using clock = new LeapingClock()
    await using broker = new Broker({
      clock,
      brokers,
      topics: [{ name: 't', partitions: 1 }],
      configs: { 'group.initial.rebalance.delay.ms': '0' },
      features: { 'group.version': 1 },
    })
    const near = memory(broker, natives)
    await using seeder = new Transport({ clock, adapter: near, natives })
    await new Writer({ addr: broker.addresses, topic: 't', transport: seeder }).writeMessages({ value: 'first' })
    if (brokers > 1) broker.moveLeader('t', 0, 2)
    await using transport = new Transport({ clock, adapter: farAdapter(near, clock, roundTrip), natives, logger: null })
    const began = clock.monotonic()
    await start({ addr: broker.addresses[0]!, transport })
    const took = (clock.monotonic() - began) / roundTrip
    expect(Math.round(took * 10) / 10, `${brokers} brokers`).toBe(brokers === 1 ? trips : elsewhere)
  }
})

test('a reader at the end hears of a message one round trip after it was written', async () => {
  using clock = new LeapingClock()
  await using broker = new Broker({ clock, topics: [{ name: 't', partitions: 1 }] })
  const near = memory(broker, natives)
  await using seeder = new Transport({ clock, adapter: near, natives })
  await using transport = new Transport({ clock, adapter: farAdapter(near, clock, roundTrip), natives, logger: null })
  const brokers = broker.addresses
  const reader = new Reader({ brokers, topic: 't', partition: 0, startOffset: LastOffset, transport })
  const reading = reader.fetchMessage()
  await clock.sleep(20 * roundTrip)
  const writer = new Writer({ addr: brokers, topic: 't', transport: seeder })
  await writer.writeMessages({ value: 'x' })
  const written = clock.monotonic()
  await reading
  expect((clock.monotonic() - written) / roundTrip).toBeLessThanOrEqual(1.1)
})

test('a reader in a program that writes fetches on a connection of its own, and leaves the one for questions', async () => {
  using clock = new LeapingClock()
  await using broker = new Broker({ clock, topics: [{ name: 't', partitions: 1 }] })
  const lanes: string[] = []
  await using transport = new Transport({
    clock,
    adapter: memory(broker, natives),
    natives,
    onEvent: event => {
      if (event.type === 'connect') lanes.push(event.lane)
    },
  })
  const addr = broker.addresses[0]!
  await write()({ addr, transport })
  await read({ partition: 0 })({ addr, transport })
  expect(lanes).toEqual(['control', 'control', 'fetch'])
})
