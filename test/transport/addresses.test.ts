import { afterAll, describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ConfigError, ConnectionError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import type { Socket, SocketAdapter, TLSOptions } from '../../src/socket/socket.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import { fakeSocket } from '../socket/fake-socket.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

const broker = new Broker()
afterAll(() => broker.close())

type Kind = 'fine' | 'hung' | 'refused' | 'no socket'

/** Hosts of all kinds that stand for broker-1, the hosts dialed, and the sockets that never say anything. */
function world(hosts: Record<string, Kind>, names: Record<string, string[]> = {}) {
  const inner = memory(broker, natives)
  const dialed: string[] = []
  const secured: (TLSOptions | undefined)[] = []
  const aborted: string[] = []
  const adapter: SocketAdapter = {
    name: 'world',
    async dial({ host, port }, { tls, signal }): Promise<Socket> {
      dialed.push(host)
      secured.push(tls)
      const kind = hosts[host]
      if (kind === 'fine') return inner.dial({ host: 'broker-1', port }, {})
      if (kind === 'refused') throw new ConnectionError(`${host}:${port}`, 'refused')
      if (kind === 'no socket') {
        const never = deferred<Socket>()
        signal?.addEventListener('abort', () => aborted.push(host))
        return never.promise
      }
      const { socket } = fakeSocket()
      return Object.assign(socket, { abort: () => void aborted.push(host) })
    },
    ...(Object.keys(names).length > 0 && { resolve: async name => names[name] ?? [] }),
  }
  return { adapter, dialed, secured, aborted }
}

const short = { natives, dialTimeout: 800, backoff: { min: 1, max: 2 } }
const resolver = (...hosts: string[]): Pick<TransportConfig, 'resolver'> => ({
  resolver: { lookupBrokerIpAddr: async () => hosts },
})

describe('the addresses a resolver finds', () => {
  test.each<Kind>(['hung', 'no socket', 'refused'])(
    'a first one that is %s does not hide the second, and comes last from then on',
    async kind => {
      const { adapter, dialed, aborted } = world({ '10.0.0.1': kind, '10.0.0.2': 'fine' })
      await using transport = new Transport({ ...short, adapter, ...resolver('10.0.0.1', '10.0.0.2') })
      const cluster = transport.cluster('kafka')
      expect((await cluster.connection('any', 'control')).broker).toBe('kafka:9092')
      expect(dialed).toEqual(['10.0.0.1', '10.0.0.2'])
      expect(aborted).toEqual(kind === 'refused' ? [] : ['10.0.0.1'])
      await cluster.connection('any', 'group')
      expect(dialed).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.2'])
    },
  )

  test('all of them failing fails within the time of one dial, with what each said', async () => {
    const { adapter, dialed } = world({ a: 'refused', b: 'hung', c: 'refused' })
    await using transport = new Transport({ ...short, adapter, ...resolver('a', 'b', 'c') })
    const error = await transport
      .cluster('kafka')
      .connection('any', 'control', { timeoutMs: 5_000 })
      .catch(error => error)
    expect(dialed).toEqual(['a', 'b', 'c'])
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(
      /a:9092: refused; c:9092: refused; kafka:9092: connected, but no answer to the first request/,
    )
  })

  test('one whose connection broke is not the first to be dialed again', async () => {
    const { adapter, dialed } = world({ a: 'fine', b: 'fine' })
    await using transport = new Transport({ ...short, adapter, ...resolver('a', 'b') })
    const cluster = transport.cluster('kafka')
    const connection = await cluster.connection('any', 'control')
    connection.abort(new ConnectionError('kafka:9092', 'lost'))
    await connection.onClose
    await cluster.connection('any', 'control')
    expect(dialed).toEqual(['a', 'b'])
  })

  test('an answer that is no list is a ConfigError, a failure of the resolver an outage', async () => {
    const { adapter } = world({})
    const wrong = { lookupBrokerIpAddr: async () => '10.0.0.1' as unknown as string[] }
    await using transport = new Transport({ ...short, adapter, resolver: wrong })
    await expect(transport.cluster('kafka').connection('any', 'control')).rejects.toBeInstanceOf(ConfigError)
    const away = { lookupBrokerIpAddr: () => Promise.reject(new Error('DNS is away')) }
    await using other = new Transport({ ...short, adapter, resolver: away })
    const error = await other
      .cluster('kafka')
      .connection('any', 'control')
      .catch(error => error)
    expect(error).toMatchObject({ temporary: true, message: 'kafka:9092: the resolver failed: DNS is away' })
  })
})

describe('the addresses of a name', () => {
  const names = { kafka: ['10.0.0.1', '10.0.0.2'] }

  test('are tried when the one that the runtime took never answers; the next dial begins with the good one', async () => {
    const { adapter, dialed, secured } = world({ kafka: 'hung', '10.0.0.1': 'hung', '10.0.0.2': 'fine' }, names)
    await using transport = new Transport({ ...short, adapter, tls: true })
    const cluster = transport.cluster('kafka')
    await cluster.connection('any', 'control')
    expect(dialed).toEqual(['kafka', '10.0.0.1', '10.0.0.2'])
    expect(secured).toEqual([{}, { serverName: 'kafka' }, { serverName: 'kafka' }])
    await cluster.connection('any', 'group')
    expect(dialed.slice(3)).toEqual(['10.0.0.2'])
  })

  test('are not asked for while the name leads to a broker, and never for an address', async () => {
    let asked = 0
    const { adapter, dialed } = world({ kafka: 'fine', '10.0.0.7': 'hung' }, names)
    const counting: SocketAdapter = {
      ...adapter,
      resolve: async name => {
        asked++
        return adapter.resolve!(name)
      },
    }
    await using transport = new Transport({ ...short, adapter: counting })
    await transport.cluster('kafka').connection('any', 'control')
    await expect(transport.cluster('10.0.0.7').connection('any', 'control')).rejects.toThrow('connected, but no answer')
    expect([dialed, asked]).toEqual([['kafka', '10.0.0.7'], 0])
  })

  test('say no more than the name did when it has no other', async () => {
    const { adapter, dialed } = world({ kafka: 'refused' }, { kafka: ['10.0.0.1'] })
    await using transport = new Transport({ ...short, adapter })
    const error = await transport
      .cluster('kafka')
      .connection('any', 'control')
      .catch(error => error)
    expect([error.message, dialed]).toEqual(['kafka:9092: refused', ['kafka']])
  })
})

describe.each<[string, Kind]>([
  ['that take no connection', 'no socket'],
  ['that never answer', 'hung'],
])('eight addresses %s', (_what, kind) => {
  const hosts = Array.from({ length: 8 }, (_, i) => `10.0.0.${i + 1}`)
  const kinds = Object.fromEntries([...hosts, 'kafka'].map(host => [host, kind]))

  const ways: [string, Record<string, string[]>, Pick<TransportConfig, 'resolver'>][] = [
    ['a resolver finds', {}, resolver(...hosts)],
    ['a name has', { kafka: hosts }, {}],
  ]

  test.each(ways)('that %s take the time of one dial, not of one each', async (_where, names, config) => {
    using clock = new LeapingClock()
    const { adapter, dialed } = world(kinds, names)
    await using transport = new Transport({ clock, natives, adapter, logger: null, ...config })
    const dialing = transport.cluster('kafka').connection('any', 'control', { timeoutMs: 60_000 })
    await expect(dialing).rejects.toThrow(/kafka:9092/)
    expect(clock.monotonic()).toBeLessThan(5_500)
    expect(new Set(dialed.filter(host => host !== 'kafka'))).toEqual(new Set(hosts))
  })

  test.each(ways)('that %s do not keep a ninth from being reached in that time', async (_where, names, config) => {
    using clock = new LeapingClock()
    const all = [...hosts, '10.0.0.9']
    const { adapter } = world({ ...kinds, '10.0.0.9': 'fine' }, names['kafka'] && { kafka: all })
    const own = { ...config, ...(config.resolver && resolver(...all)) }
    await using transport = new Transport({ clock, natives, adapter, logger: null, ...own })
    await transport.cluster('kafka').connection('any', 'control')
    expect(clock.monotonic()).toBeLessThan(5_000)
  })
})
