import { expect, test } from 'vitest'
import { memory as embedded } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Murmur2Balancer } from '../../src/balancer/murmur2-balancer.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import { Reader } from '../../src/reader/reader.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import type { TransportMemory } from '../../src/transport/memory.ts'
import { spokenOf } from '../../src/transport/recalled.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'
import { farAdapter } from '../support/far-adapter.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { random } from '../support/random.ts'
import { until } from '../support/waiting.ts'

const roundTrip = 50

interface Warm {
  readonly addr: string
  readonly transport: Transport
  /** What is to end once it is known how long the start took. */
  readonly ends: AsyncDisposable[]
}

type Start = (warm: Warm) => Promise<unknown>

const write =
  (config: Partial<WriterConfig> = {}): Start =>
  ({ addr, transport }) =>
    new Writer({ addr, topic: 't', transport, ...config }).writeMessages({ value: 'x' })

const read =
  (config: Partial<ReaderConfig>, offset?: number): Start =>
  ({ addr, transport, ends }) => {
    const reader = new Reader({ brokers: [addr], topic: 't', transport, ...config } as ReaderConfig)
    ends.push(reader)
    if (offset !== undefined) reader.setOffset(offset)
    return reader.fetchMessage()
  }

/** A cluster with one message in its topic, far away. */
class Place implements AsyncDisposable {
  readonly clock: LeapingClock
  readonly broker: Broker
  readonly addr: string

  private constructor(clock: LeapingClock, broker: Broker) {
    this.clock = clock
    this.broker = broker
    this.addr = broker.addresses[0]!
  }

  static async make(brokers: number, config: Partial<BrokerConfig> = {}): Promise<Place> {
    const clock = new LeapingClock()
    const place = new Place(
      clock,
      new Broker({
        clock,
        brokers,
        topics: [{ name: 't', partitions: 1 }],
        configs: { 'group.initial.rebalance.delay.ms': '0' },
        features: { 'group.version': 1 },
        ...config,
      }),
    )
    await place.seed()
    return place
  }

  async seed(): Promise<void> {
    await using seeder = new Transport({ clock: this.clock, adapter: embedded(this.broker, natives), natives })
    await new Writer({ addr: this.broker.addresses, topic: 't', transport: seeder }).writeMessages({ value: 'first' })
  }

  /** How many round trips a new client takes, how often it asks for metadata, and what it remembers then. */
  async run(start: Start, memory: TransportMemory): Promise<{ trips: number; refreshes: number }> {
    const { clock, broker, addr } = this
    let refreshes = 0
    const onEvent = (event: ClientEvent): void => {
      if (event.type === 'metadataRefresh') refreshes++
    }
    const adapter = farAdapter(embedded(broker, natives), clock, roundTrip)
    await using transport = new Transport({ clock, adapter, natives, logger: null, memory, onEvent })
    const ends: AsyncDisposable[] = []
    const began = clock.monotonic()
    await start({ addr, transport, ends })
    const took = clock.monotonic() - began
    for (const end of ends) await end[Symbol.asyncDispose]()
    return { trips: Math.round((took / roundTrip) * 10) / 10, refreshes }
  }

  /** What the topic has. */
  async values(): Promise<string[]> {
    await using transport = new Transport({ clock: this.clock, adapter: embedded(this.broker, natives), natives })
    await using reader = new Reader({ brokers: this.broker.addresses, topic: 't', partition: 0, transport })
    const values: string[] = []
    do values.push((await reader.fetchMessage()).text())
    while (await reader.readLag())
    return values
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]()
    this.clock.close()
  }
}

/** As a store gives it back. */
const kept = (memory: TransportMemory): TransportMemory => JSON.parse(JSON.stringify(memory))

// Connecting is one. What may go ahead goes with the question what the broker speaks: the first message without a number,
// else the question who leads and that for a number; the question where a partition begins, or the first fetch.
const rows: [what: string, trips: number, Start][] = [
  ['the first message of an idempotent writer', 3, write()],
  ['the first message of a writer without idempotence', 2, write({ idempotent: false })],
  ['the first message of a partition', 3, read({ partition: 0 })],
  ['the message at an offset', 2, read({ partition: 0 }, 0)],
]

// A member asks who leads in any case, beside its joining; nothing of that may go to a broker that is not known yet.
const members: typeof rows = [
  ['the first message of a lone member', 9, read({ groupId: 'g' })],
  ['the first message of a lone member by the consumer protocol', 7, read({ groupId: 'g', protocol: 'consumer' })],
]

test.each([...rows, ...members])(
  'with a memory, %s takes %i round trips, wherever it is led from',
  async (_what, trips, start) => {
    for (const brokers of [1, 3]) {
      await using place = await Place.make(brokers)
      if (brokers > 1) place.broker.moveLeader('t', 0, 2)
      const memory: TransportMemory = {}
      await place.run(start, memory)
      expect((await place.run(start, kept(memory))).trips, `${brokers} brokers`).toBe(trips)
    }
  },
)

test.each(rows)('of %s a memory of the leader before costs one refresh at most', async (_what, _trips, start) => {
  await using place = await Place.make(3)
  const memory: TransportMemory = {}
  await place.run(start, memory)
  place.broker.moveLeader('t', 0, 2)
  expect((await place.run(start, kept(memory))).refreshes).toBeLessThanOrEqual(1)
})

// Brokers before Kafka 4.4 don't check themselves whom a connection is for.
test.each([
  ['of today', {}],
  ['before Kafka 4.4', { versions: { ApiVersions: 4, Produce: 12, Fetch: 12 } }],
] as [string, Partial<BrokerConfig>][])(
  'a memory of another cluster costs one refresh, and what is there now is written and read (brokers %s)',
  async (_which, config) => {
    for (const [what, trips, start] of rows) {
      await using former = await Place.make(3, config)
      const memory: TransportMemory = {}
      await former.run(start, memory)
      await using place = await Place.make(3, config)
      const { refreshes } = await place.run(start, memory)
      expect(refreshes, what).toBe(1)
      // It is remembered from now on. What names a topic by its name alone waits until it is known who listens.
      const waits = config.versions !== undefined && what.includes('without') ? 1 : 0
      expect((await place.run(start, kept(memory))).trips, what).toBe(trips + waits)
    }
  },
)

test('an answer that comes with the news that a stranger gives it is none', async () => {
  await using place = await Place.make(1)
  const memory: TransportMemory = {}
  await place.run(write(), memory)
  const adapter = embedded(place.broker, natives)
  const [host, port] = place.addr.split(':')
  let told = (): void => {}
  const connection = await BrokerConnection.open({
    adapter,
    address: { host: host!, port: Number(port) },
    clientId: 'c',
    lane: 'control',
    dialTimeout: 1000,
    requestTimeout: 1000,
    clock: systemClock,
    logger: silentLogger,
    guess: {
      spoken: spokenOf((memory[place.addr] as { spoken: Record<string, object> }).spoken[place.addr])!,
      use: (_api, task) => task(),
      async confirm(_connection, _inside, learn) {
        await learn(ApiVersions.maxVersion)
        // What it is asked beside has been answered by the time that is understood.
        await new Promise<void>(resolve => {
          told = resolve
        })
        throw new Error('a stranger')
      },
    },
  })
  let settled = false
  const asked = connection.request(Metadata, { topics: [], allowAutoTopicCreation: false })
  const end = (): void => {
    settled = true
  }
  asked.then(end, end)
  await until(AbortSignal.timeout(5_000), () => connection.inFlight === 0)
  expect(settled).toBe(false)
  told()
  await expect(asked).rejects.toThrow('a stranger')
})

test('what listens where a broker is remembered is not written to if it is of another cluster', async () => {
  for (const config of [{}, { versions: { ApiVersions: 4, Produce: 12 } }])
    for (const idempotent of [true, false]) {
      await using place = await Place.make(1, config)
      await using stranger = await Place.make(1, config)
      const memory: TransportMemory = {}
      await place.run(write({ idempotent }), memory)
      // As it was before: the broker's address has another owner now, the bootstrap list leads to the cluster still.
      const [host] = place.addr.split(':')
      const moved = JSON.parse(JSON.stringify(memory).replaceAll(`"host":"${host}"`, '"host":"former"'))
      const mine = moved[place.addr]
      mine.spoken[place.addr.replace(host!, 'former')] = mine.spoken[place.addr]
      const { clock } = place
      const here = embedded(place.broker, natives)
      const there = embedded(stranger.broker, natives)
      const adapter: SocketAdapter = {
        ...here,
        dial: (address, options) =>
          address.host === 'former' ? there.dial({ ...address, host: host! }, options) : here.dial(address, options),
      }
      await using transport = new Transport({ clock, adapter, natives, logger: null, memory: moved })
      await write({ idempotent })({ addr: place.addr, transport, ends: [] })
      expect(await place.values()).toEqual(['first', 'x', 'x'])
      expect(await stranger.values()).toEqual(['first'])
    }
})

test('brokers that are remembered where nobody answers any more are waited for in vain no longer than 1.5 s', async () => {
  for (const [what, , start] of rows) {
    await using place = await Place.make(1)
    const memory: TransportMemory = {}
    await place.run(start, memory)
    const [host] = place.addr.split(':')
    const moved = JSON.parse(JSON.stringify(memory).replaceAll(`"host":"${host}"`, '"host":"gone"'))
    moved[place.addr].spoken[place.addr.replace(host!, 'gone')] = moved[place.addr].spoken[place.addr]
    const { clock } = place
    const here = embedded(place.broker, natives)
    const adapter: SocketAdapter = {
      ...here,
      dial: (address, options) => (address.host === 'gone' ? new Promise(() => {}) : here.dial(address, options)),
    }
    await using transport = new Transport({ clock, adapter, natives, logger: null, memory: moved })
    const began = clock.monotonic()
    await start({ addr: place.addr, transport, ends: [] })
    expect(clock.monotonic() - began, what).toBeLessThan(1_700)
  }
})

test('messages go to a partition that there is, although more are remembered', async () => {
  await using former = await Place.make(1, { topics: [{ name: 't', partitions: 50 }] })
  const memory: TransportMemory = {}
  const start = write({ idempotent: false })
  await former.run(start, memory)
  await using place = await Place.make(1, { topics: [{ name: 't', partitions: 2 }] })
  // By chance it could begin with one of the two.
  Object.assign(place.clock, { random: () => 0.99 })
  expect((await place.run(start, memory)).refreshes).toBe(1)
})

test('keys go by the partitions that there are, whatever is remembered', async () => {
  for (const idempotent of [true, false]) {
    await using place = await Place.make(1, { topics: [{ name: 't', partitions: 8 }] })
    const memory: TransportMemory = {}
    await place.run(write(), memory)
    const mine = memory[place.addr] as { topics: { t: { leaders: number[] } } }
    mine.topics.t.leaders = mine.topics.t.leaders.slice(0, 3)
    let partition = -1
    await place.run(async ({ addr, transport }) => {
      const writer = new Writer({ addr, topic: 't', transport, idempotent })
      partition = (await writer.writeMessage({ key: 'k', value: 'x' })).partition
    }, memory)
    expect(partition).toBe(new Murmur2Balancer().balance({ key: 'k' }, [0, 1, 2, 3, 4, 5, 6, 7]))
  }
})

test('a memory of who led a topic more than five minutes ago is not gone by', async () => {
  await using place = await Place.make(1)
  const memory: TransportMemory = {}
  await place.run(write(), memory)
  await place.clock.sleep(5 * 60_000)
  const start = write({ idempotent: false })
  expect(await place.run(start, memory)).toEqual({ trips: 3, refreshes: 1 })
  expect(await place.run(start, memory)).toEqual({ trips: 2, refreshes: 0 })
})

test('an old memory is refreshed behind the back of who goes by it', async () => {
  await using place = await Place.make(1)
  const memory: TransportMemory = {}
  await place.run(write(), memory)
  await place.clock.sleep(60_000)
  const start = write({ idempotent: false })
  expect(await place.run(start, memory)).toEqual({ trips: 2, refreshes: 1 })
  expect(await place.run(start, memory)).toEqual({ trips: 2, refreshes: 0 })
})

test('a broker that speaks other versions than are remembered is asked once more', async () => {
  await using former = await Place.make(1, { versions: { Produce: 9, Fetch: 11, InitProducerId: 3, ListOffsets: 4 } })
  for (const [what, , start] of rows) {
    const memory: TransportMemory = {}
    await former.run(start, memory)
    await using place = await Place.make(1)
    const mine = memory[former.addr] as { clusterId: string }
    const now: TransportMemory = {}
    await place.run(start, now)
    mine.clusterId = (now[place.addr] as { clusterId: string }).clusterId
    // Its topic is another one, too.
    expect((await place.run(start, memory)).refreshes, what).toBeLessThanOrEqual(2)
    expect(memory[place.addr], what).toMatchObject({ spoken: (now[place.addr] as { spoken: object }).spoken })
  }
})

test('a memory may hold anything, and each thing that is wrong with it costs one refresh at most', {
  timeout: 60_000,
}, async () => {
  await using place = await Place.make(3)
  const memory: TransportMemory = {}
  for (const [, , start] of rows) await place.run(start, memory)
  await place.run(read({ groupId: 'g' }), memory)
  const draw = random(16)
  const junk: readonly unknown[] = [null, true, -1, 0.5, 0, 1, 2 ** 40, 1e308, '', 'x', [], [[]], {}, { a: {} }, 'h:1']
  for (let round = 0; round < 120; round++) {
    const [what, , start] = rows[round % rows.length]!
    const times = 1 + Math.floor(draw() * 3)
    const spoilt = spoil(kept(memory), times, draw, junk)
    const shown = JSON.stringify(spoilt)
    const { refreshes, trips } = await place.run(start, spoilt)
    // An idempotent writer asks in any case.
    const most = times + Number(start === rows[0]![2])
    expect(refreshes, `${what}: ${shown}`).toBeLessThanOrEqual(most)
    expect(trips, `${what}: ${shown}`).toBeLessThan(40)
  }
})

/** The same with so many places in it replaced by what does not belong there. */
function spoil<T>(value: T, times: number, draw: () => number, junk: readonly unknown[]): T {
  const places: [Record<string, unknown>, string][] = []
  const walk = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return
    for (const name of Object.keys(at)) {
      places.push([at as Record<string, unknown>, name])
      // Of a long list a few places do.
      if (!Array.isArray(at) || Number(name) < 9) walk((at as Record<string, unknown>)[name])
    }
  }
  walk(value)
  for (let time = 0; time < times; time++) {
    const [owner, name] = places[Math.floor(draw() * places.length)]!
    owner[name] = junk[Math.floor(draw() * junk.length)]
  }
  return value
}

test('hosts that a memory names are asked about as those that brokers name', async () => {
  await using place = await Place.make(1)
  const memory: TransportMemory = {}
  await place.run(write(), memory)
  const [host] = place.addr.split(':')
  const spoilt = JSON.parse(JSON.stringify(memory).replaceAll(`"host":"${host}"`, '"host":"169.254.169.254"'))
  const asked: string[] = []
  const dialed: string[] = []
  const { clock } = place
  const inner = embedded(place.broker, natives)
  const adapter: SocketAdapter = {
    ...inner,
    dial(address, options) {
      dialed.push(address.host)
      return inner.dial(address, options)
    },
  }
  const allowAddress = (name: string): boolean => {
    asked.push(name)
    return name !== '169.254.169.254'
  }
  await using transport = new Transport({ clock, adapter, natives, logger: null, memory: spoilt, allowAddress })
  await write()({ addr: place.addr, transport, ends: [] })
  expect(asked).toContain('169.254.169.254')
  expect(new Set(dialed)).toEqual(new Set([host]))
})

test('what is no object is no memory', () => {
  for (const memory of [null, 'x', 1, []] as unknown[])
    expect(() => new Transport({ memory: memory as TransportMemory })).toThrow(
      /memory of a Transport must be an object/,
    )
})
