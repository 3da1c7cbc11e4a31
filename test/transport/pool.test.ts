import { afterEach, describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { AuthenticationError, ConnectionError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import type { ResponseOf } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { plain } from '../../src/sasl/plain.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { type Bench, bench } from './support.ts'

let b: Bench
afterEach(() => b.close())

/** An adapter that writes down each dial. */
function counting(adapter: SocketAdapter): SocketAdapter & { readonly dials: string[] } {
  const dials: string[] = []
  return {
    ...adapter,
    dials,
    dial(address, options) {
      dials.push(`${address.host}:${address.port}`)
      return adapter.dial(address, options)
    },
  }
}

/** Lets everything happen that needs no timer. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate)
}

describe('connections', () => {
  test('are shared within broker, lane and key, and opened once however many ask', async () => {
    b = bench()
    await b.cluster.refresh([])
    const [one, same, ...others] = await Promise.all([
      b.cluster.connection(1, 'produce'),
      b.cluster.connection(1, 'produce'),
      b.cluster.connection(1, 'fetch'),
      b.cluster.connection(2, 'produce'),
      b.cluster.connection(1, 'group', { key: 'a' }),
      b.cluster.connection(1, 'group', { key: 'b' }),
    ])
    expect(one).toBe(same)
    expect(new Set([one, ...others]).size).toBe(5)
  })

  test('to a broker that failed wait for its backoff; other brokers are not concerned', async () => {
    const clock = new ManualClock()
    const broker = new Broker({ brokers: 2 })
    const adapter = counting(memory(broker))
    b = bench({}, { clock, adapter, backoff: { min: 100, max: 1000 } })
    const cluster = b.transport.cluster(broker.address(1))
    await cluster.refresh([])
    broker.stopBroker(2)
    await expect(cluster.connection(2, 'produce')).rejects.toThrow(ConnectionError)
    const dialed = adapter.dials.length
    for (const wait of [100, 200, 400, 800, 1000, 1000]) {
      const again = cluster.connection(2, 'produce')
      again.catch(() => {})
      await settled()
      clock.advance(wait * 0.79)
      await settled()
      expect(await Promise.race([again.catch(() => 'failed'), 'waiting'])).toBe('waiting')
      clock.advance(wait * 0.42)
      await expect(again).rejects.toThrow(ConnectionError)
    }
    expect(adapter.dials.length - dialed).toBe(6)
    expect((await cluster.connection(1, 'produce')).closed).toBe(false)
    broker.startBroker(2)
    const restored = cluster.connection(2, 'produce')
    await settled()
    clock.advance(1201)
    expect((await restored).closed).toBe(false)
    await broker.close()
  })

  test('that end as soon as they are open count as failures', async () => {
    const clock = new ManualClock()
    b = bench({}, { clock, backoff: { min: 100, max: 1000 } })
    await b.cluster.refresh([])
    b.broker.control(Fetch, () => 'drop')
    const connection = await b.cluster.connection(1, 'fetch')
    await expect(
      connection.request(Fetch, { maxWaitMs: 0, minBytes: 0, topics: [], forgottenTopicsData: [] }),
    ).rejects.toThrow(ConnectionError)
    const again = b.cluster.connection(1, 'fetch')
    await settled()
    expect(await Promise.race([again.then(() => 'open'), 'waiting'])).toBe('waiting')
    clock.advance(121)
    expect(await again).not.toBe(connection)
  })

  test('a broker that never answers holds up nobody who may ask another', async () => {
    b = bench()
    const silent: SocketAdapter = {
      name: 'silent',
      dial: (address, options) =>
        address.host === 'broker-1'
          ? new Promise((_, reject) => options.signal?.addEventListener('abort', () => reject(options.signal?.reason)))
          : memory(b.broker).dial(address, options),
    }
    // In whichever order they are tried.
    for (let i = 0; i < 4; i++) {
      const transport = new Transport({ adapter: silent, natives: {}, dialTimeout: 60_000 })
      const cluster = transport.cluster(['broker-1:9092', 'broker-2:9092'])
      await cluster.refresh([], { timeoutMs: 5000 })
      expect(cluster.brokers()).toHaveLength(3)
      await transport.close()
    }
  })

  test('that are idle are closed, and then no timer runs', async () => {
    const clock = new ManualClock()
    b = bench({}, { clock, idleTimeout: 1000 })
    expect(clock.pending).toBe(0)
    await b.cluster.refresh([])
    await b.cluster.connection(1, 'produce')
    await b.cluster.connection(2, 'fetch')
    // Whom the first leads to is asked for meanwhile.
    await settled()
    expect(clock.pending).toBeGreaterThan(0)
    clock.advance(1001)
    await settled()
    const { events } = b
    const opened = events.filter(({ type }) => type === 'connect').length
    expect(opened).toBeGreaterThanOrEqual(2)
    await expect.poll(() => events.filter(({ type }) => type === 'disconnect').length).toBe(opened)
    expect(clock.pending).toBe(0)
  })

  test('in use are not idle', async () => {
    const clock = new ManualClock()
    b = bench({}, { clock, idleTimeout: 1000, requestTimeout: 60_000 })
    await b.cluster.refresh([])
    const connection = await b.cluster.connection(1, 'fetch')
    let answer: (() => void) | undefined
    b.broker.control(
      Metadata,
      () =>
        new Promise(resolve => {
          answer = () => resolve(undefined)
        }),
    )
    const waiting = connection.request(Metadata, { topics: [] })
    await settled()
    clock.advance(5000)
    answer!()
    expect((await waiting).brokers).toHaveLength(3)
    expect(connection.closed).toBe(false)
    clock.advance(2001)
    await connection.onClose
  })
})

test('closing waits for no answer for ever', async () => {
  const clock = new ManualClock()
  b = bench({}, { clock, requestTimeout: 60_000 })
  await b.cluster.refresh([])
  b.broker.control(Metadata, () => 'hang')
  const connection = await b.cluster.connection(1, 'produce')
  const stuck = connection.request(Metadata, { topics: [] })
  stuck.catch(() => {})
  await settled()
  let closed = false
  const closing = b.transport.close().then(() => {
    closed = true
  })
  await settled()
  expect(closed).toBe(false)
  clock.advance(5000)
  await closing
  await expect(stuck).rejects.toThrow(ConnectionError)
  expect(clock.pending).toBe(0)
})

describe('authentication', () => {
  test('comes before everything else, and a refusal is an AuthenticationError at once', async () => {
    b = bench({ users: { alice: 'secret' } }, { sasl: plain({ username: 'alice', password: 'secret' }) })
    expect((await b.cluster.topic('topic')).partitions).toHaveLength(3)
    const wrong = new Transport({
      adapter: memory(b.broker),
      natives: {},
      sasl: plain({ username: 'alice', password: 'guess' }),
    })
    await expect(wrong.cluster(b.broker.addresses).refresh([])).rejects.toThrow(AuthenticationError)
    await wrong.close()
  })

  /** What a broker does that limits sessions (KIP-368). */
  function limitSessions(sessionLifetimeMs: number): { authentications: number; refuse: boolean } {
    const state = { authentications: 0, refuse: false }
    const authenticated = new Set<number>()
    b.broker.control(SaslHandshake, (_, { connectionId }) =>
      authenticated.has(connectionId) ? { errorCode: 0, mechanisms: ['PLAIN'] } : undefined,
    )
    b.broker.control(SaslAuthenticate, async (_, { connectionId, apply }) => {
      state.authentications++
      const again = { errorCode: 0, errorMessage: null, authBytes: new Uint8Array(0) }
      const answer = authenticated.has(connectionId) ? again : ((await apply()) as ResponseOf<typeof SaslAuthenticate>)
      authenticated.add(connectionId)
      return {
        ...answer,
        errorCode: state.refuse ? ErrorCode.SASLAuthenticationFailed : answer.errorCode,
        sessionLifetimeMs,
      }
    })
    return state
  }

  const alice = { sasl: plain({ username: 'alice', password: 'secret' }) }

  test('is repeated before the session ends, on the same connection, while requests go on', async () => {
    const clock = new ManualClock()
    b = bench({ users: { alice: 'secret' } }, { ...alice, clock, idleTimeout: 60_000 })
    const cluster = b.transport.cluster(b.broker.address(1))
    const state = limitSessions(10_000)
    const connection = await cluster.connection('any', 'produce')
    for (let round = 1; round <= 3; round++) {
      expect(state.authentications).toBe(round)
      clock.advance(8400)
      await settled()
      expect(state.authentications).toBe(round)
      clock.advance(1200)
      expect((await connection.request(Metadata, { topics: [] })).brokers).toHaveLength(3)
      await settled()
    }
    expect(connection.closed).toBe(false)
  })

  test('is repeated once a second, no more, when the broker names lifetimes shorter than that', async () => {
    const clock = new ManualClock()
    b = bench({ users: { alice: 'secret' } }, { ...alice, clock })
    const state = limitSessions(1)
    const connection = await b.cluster.connection('any', 'produce')
    clock.advance(999)
    await settled()
    expect(state.authentications).toBe(1)
    clock.advance(1)
    await settled()
    expect(state.authentications).toBe(2)
    expect(connection.closed).toBe(false)
  })

  test('that fails the second time ends the connection', async () => {
    const clock = new ManualClock()
    b = bench({ users: { alice: 'secret' } }, { ...alice, clock })
    const state = limitSessions(10_000)
    const connection = await b.cluster.connection('any', 'produce')
    state.refuse = true
    clock.advance(9600)
    expect(await connection.onClose).toBeInstanceOf(AuthenticationError)
    expect(state.authentications).toBe(2)
  })
})
