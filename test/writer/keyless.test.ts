import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import type { Balancer } from '../../src/balancer/balancer.ts'
import { CRC32Balancer } from '../../src/balancer/crc32-balancer.ts'
import { Hash } from '../../src/balancer/hash.ts'
import { LeastBytes } from '../../src/balancer/least-bytes.ts'
import { Murmur2Balancer } from '../../src/balancer/murmur2-balancer.ts'
import { ReferenceHash } from '../../src/balancer/reference-hash.ts'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

const balancers: [string, Balancer | undefined][] = [
  ['the default', undefined],
  ['RoundRobin', new RoundRobin()],
  ['LeastBytes', new LeastBytes()],
  ['Hash', new Hash()],
  ['ReferenceHash', new ReferenceHash()],
  ['CRC32Balancer', new CRC32Balancer()],
  ['Murmur2Balancer', new Murmur2Balancer()],
  [
    'a function of one’s own',
    { balance: (_message, _partitions, led) => led![Math.floor(Math.random() * led!.length)]! },
  ],
]

/** Six partitions of one replica each, half of them on a broker that is stopped. */
async function world(balancer: Balancer | undefined, { racks, rack }: { racks?: string[]; rack?: string } = {}) {
  const clock = new LeapingClock()
  const broker = new Broker({
    clock,
    natives,
    brokers: 2,
    ...(racks && { racks }),
    topics: [{ name: 't', partitions: 6, replicationFactor: 1 }],
  })
  const transport = new Transport({ clock, natives, adapter: memory(broker, natives), logger: null })
  const writer = new Writer({
    addr: broker.addresses,
    topic: 't',
    transport,
    deliveryTimeout: 10_000,
    ...(balancer && { balancer }),
    ...(rack && { rack }),
  })
  const leaders = async (): Promise<number[]> => {
    const { topics } = await new Client({ addr: broker.addresses, transport }).metadata({ topics: ['t'] })
    return topics[0]!.partitions.map(({ leader }) => leader.id)
  }
  return {
    clock,
    broker,
    writer,
    leaders,
    async [Symbol.asyncDispose]() {
      await writer.close({ signal: AbortSignal.abort() })
      await transport.close()
      await broker.close()
      clock.close()
    },
  }
}

test.each(balancers)(
  'messages without a key wait for no partition without a leader, by %s',
  async (_name, balancer) => {
    await using at = await world(balancer)
    const { clock, broker, writer } = at
    await writer.writeMessages({ value: 'x' })
    broker.stopBroker(2)
    // In use meanwhile, it hears of that.
    for (let i = 0; i < 30; i++) {
      writer.writeMessages({ value: 'warm' }).catch(() => {})
      await clock.sleep(500)
    }
    const began = clock.monotonic()
    const receipts = await Promise.all(Array.from({ length: 30 }, (_, i) => writer.writeMessage({ value: `${i}` })))
    expect(clock.monotonic() - began).toBeLessThan(1_000)
    const leaders = await at.leaders()
    expect(receipts.filter(({ partition }) => leaders[partition]! < 0)).toEqual([])
    broker.startBroker(2)
    await clock.sleep(15_000)
    await writer.writeMessages({ value: 'back' })
    await clock.sleep(1_000)
    const used = new Set<number>()
    for (let i = 0; i < 120; i++) used.add((await writer.writeMessage({ value: `${i}` })).partition)
    expect(used.size).toBe(6)
  },
)

test('of a topic that is first heard of with partitions that have no leader, others are used; in one call with keyed ones, too', async () => {
  await using at = await world(undefined)
  const { clock, broker, writer } = at
  broker.stopBroker(2)
  const leaders = await at.leaders()
  const keyed = Array.from({ length: 50 }, (_, i) => `k${i}`)
  const began = clock.monotonic()
  for (let i = 0; i < 10; i++)
    expect(leaders[(await writer.writeMessage({ value: `${i}` })).partition]).toBeGreaterThan(0)
  expect(clock.monotonic() - began).toBeLessThan(1_000)
  // A key stays with its partition, whoever leads it.
  const outcomes = await Promise.allSettled(keyed.map(key => writer.writeMessage({ key, value: 'x' })))
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
  await writer.writeMessages([{ value: 'after' }])
})

test('where no partition has a leader, all are taken for usable, and the write waits', async () => {
  await using at = await world(new RoundRobin())
  const { clock, broker, writer } = at
  await writer.writeMessages({ value: 'x' })
  for (const id of [1, 2]) broker.stopBroker(id)
  const writing = writer.writeMessages({ value: 'y' })
  await clock.sleep(2_000)
  for (const id of [1, 2]) broker.startBroker(id)
  await writing
})

test('LeastBytes gives a partition that had no leader no more than its share once it has one', () => {
  const balancer = new LeastBytes()
  const all = [0, 1, 2]
  const give = (led?: number[]): number => balancer.balance({ value: 'x'.repeat(100) }, all, led)
  const without = Array.from({ length: 20 }, () => give([0, 2]))
  expect(without.filter(partition => partition === 1)).toEqual([])
  const after = Array.from({ length: 30 }, () => give())
  expect(after.filter(partition => partition === 1).length).toBeLessThanOrEqual(12)
})

test('without a leader in the writer’s rack the others are used, and those there as soon as there are any again', async () => {
  await using at = await world(undefined, { racks: ['near', 'far'], rack: 'near' })
  const { clock, broker, writer } = at
  const used = async (): Promise<Set<number>> => {
    const seen = new Set<number>()
    for (let i = 0; i < 30; i++) seen.add((await writer.writeMessage({ value: `${i}` })).partition)
    return seen
  }
  const ledBy = async (id: number): Promise<Set<number>> =>
    new Set((await at.leaders()).flatMap((l, p) => (l === id ? [p] : [])))
  const [near, far] = [await ledBy(1), await ledBy(2)]
  expect(await used()).toEqual(near)
  broker.stopBroker(1)
  // What was on its way to a partition of one replica is lost with it; from it the writer learns.
  await writer.writeMessage({ value: 'x' }).catch(() => {})
  expect(await used()).toEqual(far)
  broker.startBroker(1)
  await clock.sleep(15_000)
  await writer.writeMessage({ value: 'x' })
  await clock.sleep(1_000)
  expect(await used()).toEqual(near)
})

test('a rack and a balancer of one’s own, which does not heed it, are a ConfigError', () => {
  expect(() => new Writer({ addr: 'x', rack: 'a', balancer: () => 0 })).toThrow(ConfigError)
})
