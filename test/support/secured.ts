import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
} from '../../src/index.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'

export type Listener = 'PLAINTEXT' | 'SASL' | 'TLS' | 'SASLTLS'

/** A cluster that listens in every way, whose sessions last 1.5 s: the longer tests authenticate anew (KIP-368). */
export interface Secured {
  addressOf(listener: Listener): string
  /** Who signed its certificate; PEM. */
  readonly ca: string
  /** A certificate that it signed, too. */
  issue(name: string): { readonly cert: string; readonly key: string }
  /** Who may log in by PLAIN. */
  readonly credentials: { readonly username: string; readonly password: string }
  stop(): Promise<void>
}

/** What comes of each way to connect with each, alike on Kafka and on the embedded broker. */
export function security(start: () => Promise<Secured>): void {
  let cluster: Secured
  let topics = 0
  beforeAll(async () => {
    cluster = await start()
    await makeScramUser(cluster.addressOf('PLAINTEXT'))
  })
  afterAll(() => cluster?.stop())

  /** Writes and reads through the listener for so long. */
  async function roundTrips(listener: Listener, config: TransportConfig, milliseconds = 0): Promise<void> {
    const transport = new Transport(config)
    const topic = `secure-${listener}-${Date.now()}-${++topics}`
    const addr = cluster.addressOf(listener)
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
      const metadata = new Client({ addr: cluster.addressOf(listener), transport, timeout }).metadata({})
      return await metadata.then(
        () => new Error('it worked'),
        (error: Error) => error,
      )
    } finally {
      await transport.close()
    }
  }

  test.concurrent('SASL PLAIN, through the ends of its sessions', () =>
    roundTrips('SASL', { sasl: plain(cluster.credentials) }, 4000))

  test.concurrent('SASL PLAIN with a wrong password', async () => {
    const error = await failure('SASL', { sasl: plain({ ...cluster.credentials, password: 'guess' }) })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).not.toContain('guess')
  })

  test.concurrent.each<[string, () => Mechanism]>([
    ['SCRAM-SHA-256', () => scram({ ...scramUser, hash: 'SHA-256' })],
    ['SCRAM-SHA-512', () => scram({ ...scramUser, hash: 'SHA-512' })],
    ['OAUTHBEARER', () => oauthBearer({ token: () => unsigned(60_000) })],
  ])('%s, through the ends of its sessions, without TLS and with', async (_name, mechanism) => {
    const tls = { ca: cluster.ca }
    await Promise.all([
      roundTrips('SASL', { sasl: mechanism() }, 4000),
      roundTrips('SASLTLS', { sasl: mechanism(), tls }, 4000),
    ])
  })

  test.concurrent('a token that ends soon ends the session, and another goes on', async () => {
    let got = 0
    const token = (): string => {
      got++
      return unsigned(1_200)
    }
    await roundTrips('SASL', { sasl: oauthBearer({ token }) }, 4000)
    expect(got).toBeGreaterThan(2)
  })

  test.concurrent.each<[string, () => Mechanism, RegExp]>([
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

  test.concurrent('TLS by a private authority', () => roundTrips('TLS', { tls: { ca: cluster.ca } }))

  test.concurrent('TLS with a client certificate', () => {
    const { cert, key } = cluster.issue('client')
    return roundTrips('TLS', { tls: { ca: cluster.ca, cert, key } })
  })

  test.concurrent('TLS by an authority nobody vouches for', async () => {
    expect(await failure('TLS', { tls: true })).toBeInstanceOf(AuthenticationError)
  })

  test("TLS with another name than the certificate's", async () => {
    const error = await failure('TLS', { tls: { ca: cluster.ca, serverName: 'kafka.example' } })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toContain('kafka.example')
  })

  test.concurrent('SASL PLAIN over TLS', () =>
    roundTrips('SASLTLS', { sasl: plain(cluster.credentials), tls: { ca: cluster.ca } }))

  // Whoever waits for 30 s is told in ten.
  test.concurrent.each<[string, Listener, () => TransportConfig, RegExp]>([
    ['plain text to a TLS port', 'TLS', () => ({}), /this port speaks TLS/],
    ['SASL to a TLS port', 'TLS', () => ({ sasl: plain(cluster.credentials) }), /this port speaks TLS/],
    ['TLS to a plain port', 'PLAINTEXT', () => ({ tls: { ca: cluster.ca } }), /does this port speak TLS\?/],
    ['no SASL to a port that wants it', 'SASL', () => ({}), /does this listener want SASL\?/],
    ['no SASL over TLS', 'SASLTLS', () => ({ tls: { ca: cluster.ca } }), /does this listener want SASL\?/],
    [
      'SASL to a port without',
      'PLAINTEXT',
      () => ({ sasl: plain(cluster.credentials) }),
      /is this listener one without SASL\?/,
    ],
  ])('%s is told of within ten seconds', async (_name, listener, config, words) => {
    const since = performance.now()
    const error = await failure(listener, config(), 30_000)
    expect(error.message).toMatch(words)
    expect((error as { temporary?: boolean }).temporary).toBe(false)
    expect(performance.now() - since).toBeLessThan(10_000)
  })
}

// Its password is no other when it is prepared by SASLprep: Kafka's own tools don't.
const scramUser = { username: 'bob=,', password: 'ﬁsh ✓' }

/** As `kafka-configs --add-config 'SCRAM-SHA-512=[password=…]'` does. */
async function makeScramUser(brokers: string): Promise<void> {
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
