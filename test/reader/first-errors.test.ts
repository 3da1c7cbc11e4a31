import { describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { numbered, take } from '../support/reading-fixture.ts'

const kinds: [string, Partial<ReaderConfig>][] = [
  ['a partition reader', { partition: 0 }],
  ['a reader at the end', { startOffset: LastOffset }],
  ['a reader of a topic', {}],
]
const forever = AbortSignal.timeout(60_000)

/** A cluster whose broker advertises an address that can be dialled in this way alone. */
function advertised(dial: (inner: SocketAdapter) => SocketAdapter['dial']) {
  const clock = new LeapingClock()
  const kafka = new Embedded({ clock })
  const inner = memory(kafka.broker, natives)
  const toBroker = dial(inner)
  kafka.broker.control(Metadata, async (_, context) => {
    const answer = (await context.apply())!
    return { ...answer, brokers: answer.brokers!.map(each => ({ ...each, host: 'kafka.invalid' })) }
  })
  const adapter: SocketAdapter = {
    ...inner,
    dial: (address, options) => (address.host === 'kafka.invalid' ? toBroker : inner.dial)(address, options),
  }
  const transport = new Transport({ clock, adapter, natives, onEvent: () => {} })
  return { clock, kafka, transport }
}

const notFound = () => () => Promise.reject(new ConnectionError('kafka.invalid:9092', 'host not found'))
const hangs = (): SocketAdapter['dial'] => (_, options) =>
  new Promise((_, reject) => options.signal?.addEventListener('abort', () => reject(options.signal!.reason)))

describe.each([
  ['whose name is not found', notFound, /kafka\.invalid:9092.*leads t\/0.*advertises.*host not found/],
  ['that answers no dial', hangs, /kafka\.invalid:9092.*leads t\/0.*advertises/],
])('a leader %s', (_, dial, said) => {
  test.each(kinds)('is told to %s within 10 s, with its host and where that comes from', async (_, config) => {
    const { clock, kafka, transport } = advertised(dial)
    using _clock = clock
    await using _kafka = kafka
    await using _transport = transport
    const reader = kafka.reader({ transport, readBackoffMin: 100, readBackoffMax: 1_000, ...config })
    const error = await reader.readMessage().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toMatch(said)
    expect(clock.monotonic()).toBeLessThan(10_000)
    await reader.close()
  })
})

const inTime: [string, (world: { kafka: Embedded; transport: Transport }) => Promise<unknown>][] = [
  [
    'readMessage() of a group',
    ({ kafka, transport }) => kafka.reader({ transport, groupId: 'g', timeout: 5_000 }).readMessage(),
  ],
  [
    'batches() of a group',
    ({ kafka, transport }) => kafka.reader({ transport, groupId: 'g', timeout: 5_000 }).batches().next(),
  ],
  ['ConsumerGroup.next()', ({ kafka, transport }) => kafka.group({ transport, timeout: 5_000 }).next()],
  ['readLag()', ({ kafka, transport }) => kafka.reader({ transport }).readLag()],
  ['setOffsetAt()', ({ kafka, transport }) => kafka.reader({ transport }).setOffsetAt(0)],
  [
    'Client.fetch()',
    ({ kafka, transport }) => clientOf(kafka, transport).fetch({ topic: 't', partition: 0, offset: 0, maxWait: 0 }),
  ],
  [
    'Client.listOffsets()',
    ({ kafka, transport }) =>
      clientOf(kafka, transport).listOffsets({ topics: { t: [{ partition: 0, timestamp: 'latest' }] } }),
  ],
]
const clientOf = ({ broker }: Embedded, transport: Transport): Client =>
  new Client({ addr: broker.addresses, transport })

describe.each([
  ['whose name is not found', notFound],
  ['that answers no dial', hangs],
])('a cluster whose only listener is one %s', (_, dial) => {
  test.each(inTime)('is told of by %s within 10 s, with its host and what to look at', async (_, call) => {
    const { clock, kafka, transport } = advertised(dial)
    using _clock = clock
    await using _kafka = kafka
    await using _transport = transport
    await expect(call({ kafka, transport })).rejects.toThrow(/kafka\.invalid:9092.*advertised/)
    expect(clock.monotonic()).toBeLessThanOrEqual(10_100)
  })
})

test.each<[string, Partial<ReaderConfig>]>([...kinds, ['a group', { groupId: 'g' }]])(
  'a topic that does not exist is told to %s within 5 s, by its name',
  async (_, config) => {
    using clock = new LeapingClock()
    await using kafka = new Embedded({ clock, transport: { clock } })
    const reader = kafka.reader({ topic: 'orders', ...config })
    await expect(reader.readMessage()).rejects.toMatchObject({
      code: ErrorCode.UnknownTopicOrPartition,
      message: expect.stringMatching(/topic orders does not exist; create it/),
    })
    expect(clock.monotonic()).toBeLessThan(5_000)
  },
)

test('a group that reads one topic of two that exist is not told, but its log is', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ clock, transport: { clock } })
  const reader = kafka.reader({ topic: undefined as never, groupId: 'g', groupTopics: ['t', 'orders'] })
  const waiting = reader.readMessage()
  await clock.sleep(20_000)
  await kafka.write(numbered(0, 1))
  expect((await waiting).text()).toBe('0')
  expect(
    kafka.notes.lines.filter(line => line.startsWith('warn') && line.includes('topic orders does not exist')),
  ).toHaveLength(1)
})

describe('an outage', () => {
  test.each<[string, Partial<ReaderConfig>]>([
    ['a partition reader', { partition: 0 }],
    ['a reader of a topic', {}],
    ['a group', { groupId: 'g' }],
  ])(
    'of two minutes ends no loop of %s that read something before, and is told by log and stats',
    async (_, config) => {
      using clock = new LeapingClock()
      const kafka = new Embedded({ clock })
      await using _kafka = kafka
      let away = false
      const inner = memory(kafka.broker, natives)
      const sockets = new Set<{ abort(reason: unknown): void }>()
      const adapter: SocketAdapter = {
        ...inner,
        async dial(address, options) {
          if (away) throw new ConnectionError('broker-1:9092', 'network is unreachable')
          const socket = await inner.dial(address, options)
          sockets.add(socket)
          return socket
        },
      }
      await using transport = new Transport({ clock, adapter, natives })
      await kafka.write(numbered(0, 1))
      const reader = kafka.reader({ transport, ...config })
      const texts: string[] = []
      let ended: unknown
      void (async () => {
        for await (const message of reader) texts.push(message.text())
      })().catch(error => {
        ended = error
      })
      await clock.until(() => texts.length === 1)
      away = true
      for (const socket of sockets) socket.abort(new ConnectionError('broker-1:9092', 'network is unreachable'))
      await clock.sleep(120_000)
      // A member that was away for so long has no partitions any more.
      const troubles = config.groupId === undefined ? [{ partition: 0, error: expect.any(ConnectionError) }] : []
      expect(reader.stats().troubles).toMatchObject(troubles)
      expect(kafka.notes.lines.some(line => line.startsWith('warn t/0: fetching failed'))).toBe(true)
      away = false
      await kafka.write(numbered(1, 2))
      await clock.until(() => texts.at(-1) === '1' || ended !== undefined, 15_000)
      expect(ended).toBeUndefined()
      expect(reader.stats().troubles).toEqual([])
      await reader.close()
    },
  )
})

test('a topic deleted under a reader is told after half a minute', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ clock, transport: { clock } })
  await kafka.write(numbered(0, 1))
  const reader = kafka.reader()
  await take(reader, 1, forever)
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  await client.deleteTopics({ topics: ['t'] })
  const began = clock.monotonic()
  await expect(reader.fetchMessage()).rejects.toMatchObject({ code: ErrorCode.UnknownTopicOrPartition })
  expect(clock.monotonic() - began).toBeLessThan(45_000)
})

describe('a throttled reader', () => {
  test.each([25_000, 12_000])('keeps its connection and sends nothing before %i ms are over', async throttled => {
    using clock = new LeapingClock()
    const ended: string[] = []
    const kafka = new Embedded({
      clock,
      transport: {
        clock,
        onEvent: each => each.type === 'disconnect' && each.lane === 'fetch' && ended.push(each.broker),
      },
    })
    await using _ = kafka
    await kafka.write(numbered(0, 1))
    const sent: number[] = []
    kafka.broker.control(Fetch, () => void sent.push(clock.monotonic()))
    kafka.broker.throttle(throttled, Fetch)
    const reader = kafka.reader()
    await take(reader, 1, forever)
    const began = clock.monotonic()
    await kafka.write(numbered(1, 2))
    expect(await take(reader, 1, forever)).toEqual(['1'])
    expect(clock.monotonic() - began).toBeGreaterThan(throttled - 2_000)
    expect(sent[1]! - sent[0]!).toBeGreaterThanOrEqual(throttled)
    expect(ended).toHaveLength(0)
    expect(reader.stats()).toMatchObject({ timeouts: 0, errors: 0 })
  })
})

test('close() of a member whose broker hangs takes twice its timeout at most, though the connections take longer to end', async () => {
  await using kafka = new Embedded()
  const served = await listen(kafka.broker, { host: '127.0.0.1' })
  await kafka.write(numbered(0, 5))
  const reader = new Reader({ brokers: served.addresses, topic: 't', groupId: 'g', timeout: 300, autoCommit: true })
  await reader.readMessage()
  for (const api of [Fetch, Heartbeat, LeaveGroup, OffsetCommit, Metadata] as AnyApi[])
    kafka.broker.control(api, () => 'hang')
  const reading = reader.readMessage({ signal: AbortSignal.timeout(1) }).catch(() => {})
  const began = performance.now()
  await reader.close()
  expect(performance.now() - began).toBeLessThan(2_000)
  await reading
  await served.close()
})
