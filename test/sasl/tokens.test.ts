import { generateKeyPairSync, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { AuthenticationError, ConfigError } from '../../src/base/errors.ts'
import type { Mechanism } from '../../src/sasl/mechanism.ts'
import { oauthBearer } from '../../src/sasl/oauthbearer.ts'
import { type OidcOptions, oidc } from '../../src/sasl/oidc.ts'
import { signedJwt } from '../../src/sasl/signed-jwt.ts'

let time = 1_700_000_000_000
const clock = { ...systemClock, now: () => time }
const session = { host: 'broker', port: 9092, clock }
afterEach(() => {
  time = 1_700_000_000_000
})

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const first = async (mechanism: Mechanism): Promise<string> => text((await mechanism.start(session)).response)

describe('oauthBearer', () => {
  test('sends the token as RFC 7628 has it', async () => {
    expect(await first(oauthBearer({ token: 'abc.def' }))).toBe('n,,\x01auth=Bearer abc.def\x01\x01')
    const full = { token: 'abc', authorizationId: 'a=b,c', extensions: { logicalCluster: 'lkc 1', pool: 'p' } }
    expect(await first(oauthBearer(full))).toBe(
      'n,a=a=3Db=2Cc,\x01auth=Bearer abc\x01logicalCluster=lkc 1\x01pool=p\x01\x01',
    )
  })

  test('asks for a token once, whoever waits, and again when four fifths of its time are over', async () => {
    let asked = 0
    const token = vi.fn(async () => ({ value: `t${++asked}`, expiresAt: time + 100_000 }))
    const mechanism = oauthBearer({ token })
    const all = await Promise.all([1, 2, 3].map(() => first(mechanism)))
    expect(new Set(all)).toEqual(new Set(['n,,\x01auth=Bearer t1\x01\x01']))
    expect(token).toHaveBeenCalledWith({ host: 'broker', port: 9092, clock })
    time += 79_000
    expect(await first(mechanism)).toContain('t1')
    time += 2_000
    expect(await first(mechanism)).toContain('t2')
  })

  test('a JWT says itself when it ends', async () => {
    const jwt = ['{}', JSON.stringify({ exp: time / 1000 + 100 }), 's'].map(part =>
      Buffer.from(part).toString('base64url'),
    )
    const token = vi.fn(() => jwt.join('.'))
    const mechanism = oauthBearer({ token })
    await first(mechanism)
    await first(mechanism)
    expect(token).toHaveBeenCalledTimes(1)
    time += 81_000
    await first(mechanism)
    expect(token).toHaveBeenCalledTimes(2)
  })

  test('goes on with the last token while it is good and another can’t be got', async () => {
    let fails = false
    const token = async () => {
      if (fails) throw new Error('the provider is away')
      return { value: 't', expiresAt: time + 100_000 }
    }
    const mechanism = oauthBearer({ token })
    await first(mechanism)
    fails = true
    time += 90_000
    expect(await first(mechanism)).toContain('Bearer t')
    time += 11_000
    await expect(first(mechanism)).rejects.toThrow('the provider is away')
  })

  test('a refusal is told, and the next exchange has another token', async () => {
    const token = vi.fn(() => ({ value: 't', expiresAt: time + 100_000 }))
    const mechanism = oauthBearer({ token })
    const { machine } = await mechanism.start(session)
    expect(await machine.next(new Uint8Array())).toEqual({ done: true })
    const refused = await machine.next(Buffer.from('{"status":"invalid_token","scope":"kafka"}')).catch(error => error)
    expect(refused).toBeInstanceOf(AuthenticationError)
    expect(refused.message).toBe('OAUTHBEARER: the broker refused the token: invalid_token, scope kafka')
    await first(mechanism)
    expect(token).toHaveBeenCalledTimes(2)
  })

  test.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['a number', () => 7],
    ['an empty text', () => ''],
    ['one with a control', () => 'a\x01auth=Bearer b'],
    ['one that has expired', () => ({ value: 't', expiresAt: time - 1 })],
  ])('%s is no token', async (_what, token) => {
    await expect(first(oauthBearer({ token: token as never }))).rejects.toThrow(AuthenticationError)
  })

  test('refuses what can’t work', () => {
    expect(() => oauthBearer({ token: '' })).toThrow(ConfigError)
    expect(() => oauthBearer({} as never)).toThrow(/token/)
    expect(() => oauthBearer({ token: 't', extensions: { auth: 'x' } })).toThrow(ConfigError)
    expect(() => oauthBearer({ token: 't', extensions: { a: '\x01' } })).toThrow(ConfigError)
  })
})

/** A provider on this machine that answers as told, and what it was asked. */
async function provider(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const asked: { form: URLSearchParams; authorization: string | undefined }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    asked.push({ form: new URLSearchParams(body), authorization: request.headers.authorization })
    answer(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, tokenEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` }
}

const granted = (response: ServerResponse): void =>
  void response.end(JSON.stringify({ access_token: 'the-token', expires_in: 60, token_type: 'Bearer' }))
const request = { host: 'broker', port: 9092, clock: systemClock }

describe('oidc', () => {
  test('gets a token for client credentials', async () => {
    const { asked, tokenEndpoint } = await provider(granted)
    const get = oidc({
      tokenEndpoint,
      clientId: 'the client',
      clientSecret: 's+c:ret',
      scope: 'kafka',
      parameters: { audience: 'brokers' },
    })
    const { value, expiresAt } = await get(request)
    expect(value).toBe('the-token')
    expect(expiresAt! - Date.now()).toBeGreaterThan(55_000)
    const [{ form, authorization }] = asked as [(typeof asked)[0]]
    expect(Object.fromEntries(form)).toEqual({ grant_type: 'client_credentials', scope: 'kafka', audience: 'brokers' })
    expect(Buffer.from(authorization!.replace('Basic ', ''), 'base64').toString()).toBe('the+client:s%2Bc%3Aret')
  })

  test('proves itself by an assertion (KIP-1258)', async () => {
    const { asked, tokenEndpoint } = await provider(granted)
    await oidc({ tokenEndpoint, clientId: 'c', clientAssertion: async () => 'a.jwt' })(request)
    expect(Object.fromEntries(asked[0]!.form)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'a.jwt',
    })
  })

  test('exchanges a JWT for a token (KIP-1139)', async () => {
    const { asked, tokenEndpoint } = await provider(granted)
    await oidc({ tokenEndpoint, assertion: 'a.jwt' })(request)
    expect(Object.fromEntries(asked[0]!.form)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'a.jwt',
    })
  })

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      'refuses',
      response => response.writeHead(401).end('{"error":"invalid_client","error_description":"who?"}'),
      /refuses a token: invalid_client: who\?/,
    ],
    ['answers 404 with a page', response => response.writeHead(404).end('<html>'), /refuses a token: status 404/],
    ['answers no token', response => response.end('{}'), /without an access_token/],
    ['answers what is no JSON', response => response.end('null'), /without an access_token/],
    ['answers without end', response => response.end('x'.repeat(300_000)), /more than 262144 bytes/],
  ])('a provider that %s is an AuthenticationError', async (_what, answer, message) => {
    const { tokenEndpoint } = await provider(answer)
    const error = await oidc({ tokenEndpoint, clientId: 'c', clientSecret: 'secret' })(request).catch(error => error)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('secret')
  })

  test.each<[string, (response: ServerResponse, request: IncomingMessage) => void, Partial<OidcOptions>]>([
    ['is in trouble', response => response.writeHead(503).end(), {}],
    ['has had too many requests', response => response.writeHead(429).end(), {}],
    ['hangs up', (_response, request) => void request.socket.destroy(), {}],
    ['says nothing', () => {}, { timeout: 50 }],
  ])('a provider that %s is an outage', async (_what, answer, options) => {
    const { tokenEndpoint } = await provider(answer)
    const error = await oidc({ tokenEndpoint, clientId: 'c', clientSecret: 's', ...options })(request).catch(e => e)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(AuthenticationError)
  })

  test('a secret follows no redirect', async () => {
    const other = await provider(granted)
    const { tokenEndpoint } = await provider(response => {
      response.writeHead(307, { location: other.tokenEndpoint }).end()
    })
    await expect(oidc({ tokenEndpoint, clientId: 'c', clientSecret: 's' })(request)).rejects.toThrow()
    expect(other.asked).toEqual([])
  })

  test('refuses what can’t work', () => {
    const at = { tokenEndpoint: 'https://id.example/token' }
    expect(() => oidc({ ...at })).toThrow(/needs one of/)
    expect(() => oidc({ ...at, clientSecret: 's' })).toThrow(/clientId is missing/)
    expect(() => oidc({ ...at, clientId: 'c', clientSecret: 's', assertion: 'a' })).toThrow(/needs one of/)
    expect(() => oidc({ tokenEndpoint: 'http://id.example', clientId: 'c', clientSecret: 's' })).toThrow(/https/)
    expect(() => oidc({ tokenEndpoint: 'id.example', clientId: 'c', clientSecret: 's' })).toThrow(/no address/)
  })
})

describe('signedJwt', () => {
  test.each(['RS256', 'ES256'] as const)('%s: what it signs can be verified', async algorithm => {
    const { privateKey, publicKey } =
      algorithm === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const sign = signedJwt({ key, algorithm, keyId: 'k1', issuer: 'me', audience: 'them', claims: { extra: 1 } })
    const [header, body, signature] = (await sign(session)).split('.') as [string, string, string]
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(header)).toEqual({ alg: algorithm, typ: 'JWT', kid: 'k1' })
    const now = time / 1000
    expect(read(body)).toMatchObject({ iss: 'me', sub: 'me', aud: 'them', extra: 1, iat: now, exp: now + 300 })
    const signed = Buffer.from(`${header}.${body}`)
    const how = algorithm === 'ES256' ? ({ key: publicKey, dsaEncoding: 'ieee-p1363' } as const) : publicKey
    expect(verify('sha256', signed, how, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  test('refuses a key that is none', () => {
    expect(() => signedJwt({ key: 'secret', issuer: 'me', audience: 'them' })).toThrow(/PKCS#8/)
  })
})
