import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AuthenticationError,
  Client,
  type Mechanism,
  oauthBearer,
  plain,
  Reader,
  scram,
  Transport,
  type TransportConfig,
  Writer,
} from '../src/index.ts'
import { AlterUserScramCredentials } from '../src/protocol/alter-user-scram-credentials.ts'
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
    await makeScramUser(cluster)
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

  test.each<[string, () => Mechanism]>([
    ['SCRAM-SHA-256', () => scram({ ...scramUser, hash: 'SHA-256' })],
    ['SCRAM-SHA-512', () => scram({ ...scramUser, hash: 'SHA-512' })],
    ['OAUTHBEARER', () => oauthBearer({ token: () => unsigned(60_000) })],
  ])('%s, through the ends of its sessions, without TLS and with', async (_name, mechanism) => {
    const tls = { ca: cluster.authority!.cert }
    await Promise.all([
      roundTrips('SASL', { sasl: mechanism() }, 4000),
      roundTrips('SASLTLS', { sasl: mechanism(), tls }, 4000),
    ])
  })

  test('a token that ends soon ends the session, and another goes on', async () => {
    let got = 0
    const token = (): string => {
      got++
      return unsigned(1_200)
    }
    await roundTrips('SASL', { sasl: oauthBearer({ token }) }, 4000)
    expect(got).toBeGreaterThan(2)
  })

  test.each<[string, () => Mechanism, RegExp]>([
    [
      'a wrong password of SCRAM',
      () => scram({ ...scramUser, password: 'guess' }),
      /SCRAM-SHA-512 authentication failed/,
    ],
    ['a user that SCRAM does not know', () => scram({ username: 'eve', password: 'guess' }), /authentication failed/],
    ['a token that has expired', () => oauthBearer({ token: unsigned(-60_000) }), /refused the token: invalid_token/],
    ['a token that is none', () => oauthBearer({ token: 'guess' }), /OAUTHBEARER/],
  ])('%s is refused at once', async (_what, mechanism, words) => {
    const error = await failure('SASL', { sasl: mechanism() })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(words)
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

// Its password is no other when it is prepared by SASLprep: Kafka's own tools don't.
const scramUser = { username: 'bob=,', password: 'ﬁsh ✓' }

/** As `kafka-configs --add-config 'SCRAM-SHA-512=[password=…]'` does. */
async function makeScramUser({ brokers }: KafkaCluster): Promise<void> {
  const salt = randomBytes(16)
  const upsertions = [
    [1, 'sha256', 32],
    [2, 'sha512', 64],
  ].map(([mechanism, hash, size]) => ({
    name: scramUser.username,
    mechanism: mechanism as number,
    iterations: 4096,
    salt,
    saltedPassword: pbkdf2Sync(scramUser.password, salt, 4096, size as number, hash as string),
  }))
  await using transport = new Transport()
  for (const each of upsertions) {
    const { results } = await transport.roundTrip(brokers, AlterUserScramCredentials, {
      deletions: [],
      upsertions: [each],
    })
    expect(results).toMatchObject([{ errorCode: 0 }])
  }
}

/** A token as brokers for tests take it, which says that it is good for so many milliseconds. */
function unsigned(milliseconds: number): string {
  const now = Date.now() / 1000
  const claims = { sub: 'carol', iat: now - 120, exp: now + milliseconds / 1000 }
  return `${[{ alg: 'none' }, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
}
