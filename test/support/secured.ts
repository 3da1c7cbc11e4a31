import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { adapter, natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Transport } from '../../src/index.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { type Certificate, certificate } from '../adapters/certificates.ts'
import { collect } from '../contract/harness.ts'
import { type SecuredCluster, securedSuite } from '../contract/secured.ts'
import { full } from './effort.ts'

export type Secured = SecuredCluster & { stop(): Promise<void> }

/** Who signs the cluster's certificates. */
export interface Issuer {
  /** PEM. */
  readonly cert: string
  issue(name: string): Pick<Certificate, 'cert' | 'key'>
}

export function issuer(): Issuer {
  const authority = certificate({ name: 'Test CA', isAuthority: true })
  const hosts = ['localhost', '127.0.0.1']
  return { cert: authority.cert, issue: name => certificate({ name, hosts, issuer: authority }) }
}

export const credentials = { username: 'alice', password: 'alice-secret' }
// Its password is no other when it is prepared by SASLprep: Kafka's own tools don't.
const scramUser = { username: 'bob=,', password: 'ﬁsh ✓' }

/** Shorter than the longer cases; under a long load as in the field, but for the 5 s. */
export const sessionMs = full ? 5_000 : 1_500

/** The rest of a secured cluster, beside where it listens. */
export async function completed(
  issuer: Issuer,
  addresses: SecuredCluster['addresses'],
  stop: () => Promise<void>,
): Promise<Secured> {
  await makeScramUser(addresses.PLAINTEXT)
  const cutting = await openBroker(issuer)
  const hangingUp = await openBroker(issuer)
  cutting.dropEvery(Produce, 20)
  cutting.dropEvery(Fetch, 20)
  hangingUp.dropEvery(SaslAuthenticate, 1)
  const { cert, key } = issuer.issue('client')
  return {
    addresses,
    ca: issuer.cert,
    stranger: certificate({ name: 'Another CA', isAuthority: true }).cert,
    client: { cert, key },
    credentials,
    scramUser,
    cutting: cutting.addresses.SASLTLS,
    hangingUp: hangingUp.addresses.SASLTLS,
    sessionMs,
    loadMs: full ? 60_000 : 5_000,
    async stop() {
      await Promise.all([cutting.stop(), hangingUp.stop(), stop()])
    },
  }
}

/** The embedded broker, listening in every way. */
export async function embeddedSecured(): Promise<Secured> {
  const authority = issuer()
  const { addresses, stop } = await openBroker(authority)
  return completed(authority, addresses, stop)
}

async function openBroker(issuer: Issuer) {
  const broker = new Broker({
    natives,
    sasl: { users: { [credentials.username]: credentials.password }, oauthBearer: identify },
    configs: { 'connections.max.reauth.ms': String(sessionMs) },
  })
  const { cert, key } = issuer.issue('broker')
  const tls = { cert, key }
  const listening = {
    PLAINTEXT: await listen(broker, { sasl: false }),
    SASL: await listen(broker),
    TLS: await listen(broker, { tls, sasl: false }),
    SASLTLS: await listen(broker, { tls }),
  }
  const [PLAINTEXT, SASL, TLS, SASLTLS] = Object.values(listening).map(({ addresses }) => addresses[0]!)
  const addresses = { PLAINTEXT, SASL, TLS, SASLTLS } as SecuredCluster['addresses']
  await makeScramUser(addresses.PLAINTEXT)
  return {
    addresses,
    dropEvery(api: AnyApi, count: number): void {
      let asked = 0
      broker.control(api, () => (++asked % count === 0 ? 'drop' : undefined))
    },
    async stop() {
      for (const each of Object.values(listening)) await each.close()
      await broker.close()
    },
  }
}

/** Whose an unsigned token is, as Kafka's brokers for tests take it; it may be a little old. */
function identify(token: string): { principal: string; expiresAt: number } | undefined {
  const [, claims = ''] = token.split('.')
  const { sub, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  return exp * 1000 > Date.now() ? { principal: sub, expiresAt: exp * 1000 } : undefined
}

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

/** The suite in Node, under vitest: all cases at the same time, for most of them wait. */
export function secured(start: () => Promise<Secured>): void {
  const cluster = {} as Secured
  beforeAll(async () => void Object.assign(cluster, await start()))
  afterAll(() => cluster.stop?.())
  const under = { brokers: [], kind: 'embedded', version: '4.4.0', nodes: 1 } as const
  for (const { name, timeoutMs, run } of collect(
    { secured: securedSuite(cluster) },
    { cluster: under, adapter, natives },
  ))
    test.concurrent(name, { timeout: timeoutMs + 10_000 }, run)
}
