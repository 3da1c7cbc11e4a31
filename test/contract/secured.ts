import {
  AuthenticationError,
  Client,
  type ClientEvent,
  type Mechanism,
  oauthBearer,
  plain,
  Reader,
  scram,
  type TLSOptions,
  Transport,
  type TransportConfig,
  Writer,
} from '../../src/index.ts'
import { pause } from '../support/waiting.ts'
import type { Assert } from './assert.ts'
import type { Suite, TestContext } from './harness.ts'

export type Listener = 'PLAINTEXT' | 'SASL' | 'TLS' | 'SASLTLS'

/** A cluster that listens in every way; its sessions are short, so that the longer cases authenticate anew (KIP-368). */
export interface SecuredCluster {
  readonly addresses: Readonly<Record<Listener, string>>
  /** Who signed its certificate, and an authority that signed nothing there; PEM. */
  readonly ca: string
  readonly stranger: string
  /** A certificate that `ca` signed, too. */
  readonly client: { readonly cert: string; readonly key: string }
  /** Who may log in by PLAIN, and who by SCRAM. */
  readonly credentials: Credentials
  readonly scramUser: Credentials
  /** Embedded brokers, with the same certificates and users, that drop a connection now and then, and in each login. */
  readonly cutting: string
  readonly hangingUp: string
  /** Milliseconds that a session lasts, and a case under load. */
  readonly sessionMs: number
  readonly loadMs: number
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Most of them wait. */
export const securedAtATime = 8

/** What comes of each way to connect with each, alike on Kafka and on the embedded broker, and in every runtime. */
export function securedSuite(cluster: SecuredCluster): Suite {
  return ({ test, assert: given, adapter, natives }) => {
    // An assertion function must be declared with its type.
    const assert: Assert = given
    const inWorker = adapter.name === 'cloudflare'
    // What a Worker trusts its configuration says.
    const tls = (more: TLSOptions = {}): TLSOptions => ({ ...(!inWorker && { ca: cluster.ca }), ...more })
    const over = (listener: Listener): TransportConfig => (listener.endsWith('TLS') ? { tls: tls() } : {})

    const mechanisms: Readonly<Record<string, () => Mechanism>> = {
      PLAIN: () => plain(cluster.credentials),
      'SCRAM-SHA-256': () => scram({ ...cluster.scramUser, hash: 'SHA-256' }),
      'SCRAM-SHA-512': () => scram({ ...cluster.scramUser, hash: 'SHA-512' }),
      OAUTHBEARER: () => oauthBearer({ token: () => unsigned(60_000) }),
    }

    /** Where nobody asks who one is, for a short session may end under a request that must not be sent twice. */
    async function newTopic(t: TestContext, of: string, config: TransportConfig): Promise<string> {
      const isOther = of === cluster.cutting
      const addr = isOther ? of : cluster.addresses.PLAINTEXT
      await using transport = new Transport({ adapter, natives, logger: null, ...(isOther && config) })
      const topic = t.unique('secure')
      const { errors } = await new Client({ addr, transport }).createTopics({
        topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
      })
      assert.equal(errors[topic], null)
      return topic
    }

    /** Writes and reads for so long; answers what happened. */
    async function roundTrips(
      t: TestContext,
      addr: string,
      config: TransportConfig,
      milliseconds = 0,
    ): Promise<ClientEvent[]> {
      const events: ClientEvent[] = []
      const onEvent = (event: ClientEvent): void => void events.push(event)
      const topic = await newTopic(t, addr, config)
      await using transport = new Transport({ adapter, natives, logger: null, ...config, onEvent })
      await using writer = new Writer({ addr, topic, transport })
      await using reader = new Reader({ brokers: addr, topic, partition: 0, transport })
      const end = Date.now() + milliseconds
      for (let n = 0; n === 0 || Date.now() < end; n++) {
        await writer.writeMessages({ value: `message ${n}` })
        assert.equal((await reader.readMessage()).text(), `message ${n}`)
        // Others have their turn.
        await pause(20)
      }
      // What closing does is none of it.
      return [...events]
    }

    async function failure(addr: string, config: TransportConfig, timeout = 10_000): Promise<Error> {
      await using transport = new Transport({ adapter, natives, logger: null, ...config })
      return await new Client({ addr, transport, timeout }).metadata({}).then(
        () => assert.fail('it worked'),
        (error: Error) => error,
      )
    }

    for (const [name, mechanism] of Object.entries(mechanisms)) {
      for (const listener of ['SASL', 'SASLTLS'] as const) {
        const how = listener === 'SASL' ? 'without TLS' : 'over TLS'
        test(`${name} ${how}, through the ends of its sessions`, async t => {
          const sasl = counted(mechanism())
          const events = await roundTrips(
            t,
            cluster.addresses[listener],
            { sasl, ...over(listener) },
            2.7 * cluster.sessionMs,
          )
          const opened = events.filter(({ type }) => type === 'connect').length
          // On a busy machine a request may come after its session's end, and cost the connection.
          assert.ok(sasl.started > opened, `${sasl.started} logins on ${opened} connections`)
        })
      }
    }

    test('a token that ends soon ends the session, and another goes on', async t => {
      let got = 0
      const token = (): string => {
        got++
        return unsigned(1_200)
      }
      await roundTrips(t, cluster.addresses.SASL, { sasl: oauthBearer({ token }) }, 4_000)
      assert.ok(got > 2)
    })

    const refusals: [string, () => Mechanism, RegExp][] = [
      ['a wrong password of PLAIN', () => plain({ ...cluster.credentials, password: 'guess' }), /./],
      ['a user that PLAIN does not know', () => plain({ username: 'eve', password: 'guess' }), /./],
      [
        'a wrong password of SCRAM',
        () => scram({ ...cluster.scramUser, password: 'guess' }),
        /SCRAM-SHA-512 authentication failed/,
      ],
      [
        'a wrong password of the smaller SCRAM',
        () => scram({ ...cluster.scramUser, password: 'guess', hash: 'SHA-256' }),
        /SCRAM-SHA-256 authentication failed/,
      ],
      ['a user that SCRAM does not know', () => scram({ username: 'eve', password: 'guess' }), /authentication failed/],
      ['a token that has expired', () => oauthBearer({ token: unsigned(-60_000) }), /refused the token: invalid_token/],
      ['a token that is none', () => oauthBearer({ token: 'guess' }), /OAUTHBEARER/],
    ]
    for (const [what, mechanism, words] of refusals) {
      test(`${what} is refused at once, without TLS and over it`, async () => {
        for (const listener of ['SASL', 'SASLTLS'] as const) {
          const error = await failure(cluster.addresses[listener], { sasl: mechanism(), ...over(listener) })
          assert.ok(error instanceof AuthenticationError, String(error))
          assert.ok(words.test(error.message), error.message)
          assert.ok(!error.message.includes('guess'), error.message)
        }
      })
    }

    test('TLS by a private authority', async t => void (await roundTrips(t, cluster.addresses.TLS, { tls: tls() })))

    if (!inWorker) {
      test('TLS with a client certificate', async t =>
        void (await roundTrips(t, cluster.addresses.TLS, { tls: tls(cluster.client) })))

      test('TLS by an authority nobody vouches for, and by another than the one that is', async () => {
        for (const options of [true, { ca: cluster.stranger }]) {
          const error = await failure(cluster.addresses.TLS, { tls: options })
          assert.ok(error instanceof AuthenticationError && error.message.includes('`ca`'), String(error))
        }
      })
    }

    test("TLS with another name than the certificate's", async () => {
      const named = { tls: tls({ serverName: 'kafka.example' }) }
      const error = await failure(cluster.addresses.TLS, named, inWorker ? 2_000 : 10_000)
      // A Worker is not told why.
      if (inWorker) assert.ok(!(error instanceof AuthenticationError))
      else assert.ok(error instanceof AuthenticationError && /another name/.test(error.message), String(error))
    })

    const misfits: [string, Listener, () => TransportConfig, RegExp][] = [
      ['plain text to a TLS port', 'TLS', () => ({}), /this port speaks TLS/],
      ['SASL to a TLS port', 'TLS', () => ({ sasl: plain(cluster.credentials) }), /this port speaks TLS/],
      ['TLS to a plain port', 'PLAINTEXT', () => ({ tls: tls() }), /does this port speak TLS\?/],
      ['no SASL to a port that wants it', 'SASL', () => ({}), /does this listener want SASL\?/],
      ['no SASL over TLS', 'SASLTLS', () => ({ tls: tls() }), /does this listener want SASL\?/],
      [
        'SASL to a port without',
        'PLAINTEXT',
        () => ({ sasl: plain(cluster.credentials) }),
        /is this listener one without SASL\?/,
      ],
    ]
    for (const [what, listener, config, words] of misfits) {
      if (inWorker && what === 'TLS to a plain port') {
        test(`${what} is one of the things that a Worker says it may be`, async () => {
          const error = await failure(cluster.addresses[listener], config(), 2_000)
          assert.ok(/or it does not speak TLS/.test(error.message), error.message)
        })
        continue
      }
      // In ten seconds, or some more on a busy machine.
      test(`${what} is told of long before the time is up`, async () => {
        const since = performance.now()
        const error = await failure(cluster.addresses[listener], config(), 30_000)
        assert.ok(words.test(error.message), error.message)
        assert.equal((error as { temporary?: boolean }).temporary, false)
        assert.ok(performance.now() - since < 20_000)
      })
    }

    test('a broker that closes in the middle of each login is an outage', async () => {
      for (const [name, mechanism] of Object.entries(mechanisms)) {
        const error = await failure(cluster.hangingUp, { sasl: mechanism(), tls: tls() }, 1_000)
        assert.ok(!(error instanceof AuthenticationError), `${name}: ${error}`)
        assert.equal((error as { temporary?: boolean }).temporary, true)
      }
    })

    /** Writes under way all the time, and what they come to; each message is to be read once, in order. */
    async function load(t: TestContext, addr: string, config: TransportConfig): Promise<void> {
      const topic = await newTopic(t, addr, config)
      await using transport = new Transport({ adapter, natives, logger: null, ...config })
      await using writer = new Writer({ addr, topic, transport })
      await using reader = new Reader({ brokers: addr, topic, partition: 0, transport })
      const end = Date.now() + cluster.loadMs
      let written = 0
      const writing = async (): Promise<void> => {
        while (Date.now() < end) {
          const first = written
          written += 50
          await writer.writeMessages(Array.from({ length: 50 }, (_, n) => ({ value: String(first + n) })))
          await pause(20)
        }
      }
      const reading = async (): Promise<number> => {
        for (let next = 0; ; next++) {
          const text = (await reader.readMessage({ signal: t.signal })).text()
          if (text === 'last') return next
          assert.equal(text, String(next))
        }
      }
      const read = reading()
      read.catch(() => {})
      await Promise.all([writing(), writing(), writing()])
      await writer.writeMessages({ value: 'last' })
      assert.equal(await read, written)
      assert.ok(written > 1000, `${written} messages`)
    }

    const patient = { timeoutMs: 120_000 }
    test(
      'under load, sessions end and nothing is lost',
      async t => {
        const sasl = counted(mechanisms['SCRAM-SHA-512']!())
        await load(t, cluster.addresses.SASLTLS, { sasl, tls: tls() })
        assert.ok(sasl.started > 4, `${sasl.started} logins`)
      },
      patient,
    )

    test(
      'under load, connections end in the middle and nothing is lost',
      async t => {
        const sasl = counted(mechanisms['SCRAM-SHA-256']!())
        await load(t, cluster.cutting, { sasl, tls: tls() })
        assert.ok(sasl.started > 4, `${sasl.started} logins`)
      },
      patient,
    )
  }
}

/** Tells how often the mechanism was started. */
function counted(mechanism: Mechanism): Mechanism & { readonly started: number } {
  let started = 0
  return {
    name: mechanism.name,
    start(session) {
      started++
      return mechanism.start(session)
    },
    get started() {
      return started
    },
  }
}

/** A token as brokers for tests take it, which says that it is good for so many milliseconds. */
function unsigned(milliseconds: number): string {
  const now = Date.now() / 1000
  const claims = { sub: 'carol', iat: now - 120, exp: now + milliseconds / 1000 }
  const parts = [{ alg: 'none' }, claims].map(part =>
    btoa(JSON.stringify(part)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  )
  return `${parts.join('.')}.`
}
