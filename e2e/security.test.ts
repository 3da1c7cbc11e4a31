import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuthenticationError, Client, plain, Reader, Transport, type TransportConfig, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { versions } from './full.ts'
import { credentials, type KafkaCluster, type Listener, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

// 2.8 takes keys in PEM only encrypted, and these are not.
describe.each(versions.filter(version => version !== '2.8.2'))('a secured Kafka %s', unless(noKafka), version => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    // Sessions of 1.5 s: the longer tests authenticate anew on connections in use (KIP-368).
    cluster = await startKafka({
      version,
      listeners: ['SASL', 'TLS', 'SASLTLS'],
      config: { 'connections.max.reauth.ms': 1500 },
    })
  })
  afterAll(() => cluster?.stop())

  const addressOf = (listener: Listener): string => cluster.nodes[0]!.addressOf(listener)

  /** Writes and reads through the listener for so long. */
  async function roundTrips(listener: Listener, config: TransportConfig, milliseconds = 0): Promise<void> {
    const transport = new Transport(config)
    const topic = `secure-${listener}-${Date.now()}`
    const addr = addressOf(listener)
    const writer = new Writer({ addr, topic, transport, allowAutoTopicCreation: true, balancer: () => 0 })
    const reader = new Reader({ brokers: addr, topic, partition: 0, transport })
    try {
      const end = Date.now() + milliseconds
      for (let n = 0; n === 0 || Date.now() < end; n++) {
        await writer.writeMessages({ value: `message ${n}` })
        expect((await reader.readMessage()).text()).toBe(`message ${n}`)
      }
    } finally {
      await Promise.all([writer.close(), reader.close()])
      await transport.close()
    }
  }

  async function failure(listener: Listener, config: TransportConfig, timeout = 10_000): Promise<Error> {
    const transport = new Transport(config)
    try {
      const metadata = new Client({ addr: addressOf(listener), transport, timeout }).metadata({})
      return await metadata.then(
        () => new Error('it worked'),
        (error: Error) => error,
      )
    } finally {
      await transport.close()
    }
  }

  test('SASL PLAIN, through the ends of its sessions', () => roundTrips('SASL', { sasl: plain(credentials) }, 4000))

  test('SASL PLAIN with a wrong password', async () => {
    const error = await failure('SASL', { sasl: plain({ ...credentials, password: 'guess' }) })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).not.toContain('guess')
  })

  test('TLS by a private authority', () => roundTrips('TLS', { tls: { ca: cluster.authority!.cert } }))

  test('TLS with a client certificate', () => {
    const { cert, key } = cluster.authority!.issue('client')
    return roundTrips('TLS', { tls: { ca: cluster.authority!.cert, cert, key } })
  })

  test('TLS by an authority nobody vouches for', async () => {
    expect(await failure('TLS', { tls: true })).toBeInstanceOf(AuthenticationError)
  })

  test("TLS with another name than the certificate's", async () => {
    const error = await failure('TLS', { tls: { ca: cluster.authority!.cert, serverName: 'kafka.example' } })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toContain('kafka.example')
  })

  test('SASL PLAIN over TLS', () =>
    roundTrips('SASLTLS', { sasl: plain(credentials), tls: { ca: cluster.authority!.cert } }))

  // Whoever waits for 30 s is told in ten.
  test.each<[string, Listener, () => TransportConfig, RegExp]>([
    ['plain text to a TLS port', 'TLS', () => ({}), /this port speaks TLS/],
    ['SASL to a TLS port', 'TLS', () => ({ sasl: plain(credentials) }), /this port speaks TLS/],
    [
      'TLS to a plain port',
      'PLAINTEXT',
      () => ({ tls: { ca: cluster.authority!.cert } }),
      /does this port speak TLS\?/,
    ],
    ['no SASL to a port that wants it', 'SASL', () => ({}), /does this listener want SASL\?/],
    ['no SASL over TLS', 'SASLTLS', () => ({ tls: { ca: cluster.authority!.cert } }), /does this listener want SASL\?/],
    [
      'SASL to a port without',
      'PLAINTEXT',
      () => ({ sasl: plain(credentials) }),
      /is this listener one without SASL\?/,
    ],
  ])('%s is told of within ten seconds', async (_name, listener, config, words) => {
    const since = performance.now()
    const error = await failure(listener, config(), 30_000)
    expect(error.message).toMatch(words)
    expect((error as { temporary?: boolean }).temporary).toBe(false)
    expect(performance.now() - since).toBeLessThan(10_000)
  })
})
