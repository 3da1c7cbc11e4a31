import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { AuthenticationError, ConfigError, ConnectionError, ProtocolError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import type { AnyApi, ResponseInput } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { readRequest, readRequestHeader } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { authenticate } from '../../src/sasl/authenticate.ts'
import type { Mechanism } from '../../src/sasl/mechanism.ts'
import { plain } from '../../src/sasl/plain.ts'
import { nullable, since, struct } from '../../src/schema/combinators.ts'
import { bytes, int16, string, timestamp } from '../../src/schema/scalars.ts'
import { open } from '../socket/open.ts'
import { type Arrived, metadata, offered, scripted } from '../socket/peer.ts'

type Token = ResponseInput<typeof SaslAuthenticate>

interface Script {
  handshake?: ResponseInput<typeof SaslHandshake>
  /** Answers the tokens, one after another; the last one again and again. */
  tokens?: readonly Token[]
  apis?: readonly AnyApi[]
}

const ok: Token = { errorCode: 0, errorMessage: null, authBytes: new Uint8Array(0) }

/** A broker that asks for SASL, and what it has been told. */
async function broker({
  handshake = { errorCode: 0, mechanisms: ['PLAIN'] },
  tokens = [ok],
  apis = offered,
}: Script = {}) {
  const told: string[] = []
  const peer = await scripted((request, side) => {
    if (request.apiKey === SaslHandshake.key) {
      told.push(`handshake ${bodyOf(SaslHandshake, request).mechanism}`)
      side.answer(SaslHandshake, request, handshake)
    } else if (request.apiKey === SaslAuthenticate.key) {
      const round = told.filter(line => line.startsWith('token')).length
      told.push(`token ${Buffer.from(bodyOf(SaslAuthenticate, request).authBytes).toString()}`)
      side.answer(SaslAuthenticate, request, tokens[Math.min(round, tokens.length - 1)]!)
    } else {
      told.push('metadata')
      side.answer(Metadata, request, metadata('m'))
    }
  }, apis)
  return { peer, told, ...(await open(peer)) }
}

function bodyOf<A extends AnyApi>(api: A, { apiVersion, frame }: Arrived) {
  const from = new ByteReader(frame)
  readRequestHeader(from)
  return readRequest(api, apiVersion, from)
}

const alice = plain({ username: 'alice', password: 'sécret' })

async function refusal(script: Script, mechanism: Mechanism = alice) {
  const { peer, connection } = await broker(script)
  await using _peer = peer
  const error = await authenticate(connection, mechanism, peer).catch(error => error)
  connection.abort()
  expect(error).toBeInstanceOf(Error)
  return { error: error as Error, name: peer.name }
}

describe('authenticate', () => {
  test('shakes hands and sends the credentials; answers how long the session lasts', async () => {
    const { peer, told, connection } = await broker({ tokens: [{ ...ok, sessionLifetimeMs: 60_000 }] })
    await using _peer = peer
    expect(await authenticate(connection, alice, peer)).toBe(60_000)
    expect(told).toEqual(['handshake PLAIN', 'token \0alice\0sécret'])
    await connection.close()
  })

  test('answers 0 when the session has no end', async () => {
    const { peer, connection } = await broker()
    await using _peer = peer
    expect(await authenticate(connection, alice, peer)).toBe(0)
    await connection.close()
  })

  test('holds other requests meanwhile, also when done anew (KIP-368)', async () => {
    const { peer, told, connection } = await broker()
    await using _peer = peer
    const first = authenticate(connection, alice, peer)
    const request = connection.request(Metadata, { topics: [] })
    const again = authenticate(connection, alice, peer)
    await Promise.all([first, request, again])
    expect(told.map(line => line.split(' ')[0])).toEqual(['handshake', 'token', 'handshake', 'token', 'metadata'])
    await connection.close()
  })

  test('goes as many rounds as the mechanism needs, each exchange with a state of its own', async () => {
    const tokens = ['one', 'two', 'three'].map(text => ({ ...ok, authBytes: Buffer.from(text) }))
    const counting: Mechanism = {
      name: 'COUNT',
      async start({ host, port }) {
        let round = 0
        return {
          response: Buffer.from(`${host} ${port > 0}`),
          machine: {
            async next(challenge) {
              round++
              return round === 3
                ? { done: true }
                : { done: false, response: Buffer.from(`${round} after ${Buffer.from(challenge)}`) }
            },
          },
        }
      },
    }
    for (let time = 0; time < 2; time++) {
      const { peer, told, connection } = await broker({ tokens })
      await using _peer = peer
      await authenticate(connection, counting, peer)
      expect(told).toEqual(['handshake COUNT', 'token 127.0.0.1 true', 'token 1 after one', 'token 2 after two'])
      await connection.close()
    }
  })
})

describe('a refusal is an error that says', () => {
  test("the broker's words", async () => {
    const tokens = [
      {
        ...ok,
        errorCode: ErrorCode.SASLAuthenticationFailed,
        errorMessage: 'Authentication failed: Invalid username or password',
      },
    ]
    const { error, name } = await refusal({ tokens })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toBe(
      `${name}: PLAIN authentication failed: Authentication failed: Invalid username or password`,
    )
    expect(error.message).not.toContain('sécret')
    expect(error.cause).toMatchObject({ code: ErrorCode.SASLAuthenticationFailed })
  })

  test('what the code means, if the broker gives no words', async () => {
    const { error, name } = await refusal({ tokens: [{ ...ok, errorCode: ErrorCode.SASLAuthenticationFailed }] })
    expect(error.message).toContain(`${name}: PLAIN authentication failed: [58] SASL Authentication Failed`)
  })

  test('which mechanisms there are', async () => {
    const handshake = { errorCode: ErrorCode.UnsupportedSASLMechanism, mechanisms: ['SCRAM-SHA-256', 'OAUTHBEARER'] }
    const { error, name } = await refusal({ handshake })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toBe(`${name}: the broker does not offer PLAIN; it offers SCRAM-SHA-256, OAUTHBEARER`)
  })

  test('that this listener has no SASL', async () => {
    const { error, name } = await refusal({ handshake: { errorCode: ErrorCode.IllegalSASLState, mechanisms: [] } })
    expect(error.message).toBe(
      `${name}: the broker does not expect PLAIN authentication here: is this listener one without SASL?`,
    )
  })

  test('that the handshake failed otherwise', async () => {
    const { error, name } = await refusal({ handshake: { errorCode: -1, mechanisms: [] } })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toContain(`${name}: PLAIN handshake failed: [-1]`)
  })

  test('what the mechanism found wrong', async () => {
    const cause = new Error('the token shop is closed')
    const { error, name } = await refusal({}, { name: 'MINE', start: () => Promise.reject(cause) })
    expect(error).toMatchObject({
      temporary: true,
      cause,
      message: `${name}: no credentials: MINE: the token shop is closed`,
    })
    const final = new AuthenticationError('the account is closed')
    expect((await refusal({}, { name: 'MINE', start: () => Promise.reject(final) })).error).toBe(final)
    const machine = { next: () => Promise.reject(new Error('a wrong proof')) }
    const proof = await refusal({}, { name: 'MINE', start: async () => ({ response: new Uint8Array(), machine }) })
    expect(proof.error).toBeInstanceOf(AuthenticationError)
    expect(proof.error.message).toBe(`${proof.name}: MINE: a wrong proof`)
  })

  test('that the mechanism answers nothing', async () => {
    for (const start of [
      async () => undefined,
      async () => ({ response: new Uint8Array(), machine: { next: async () => null } }),
    ]) {
      const { error, name } = await refusal({}, { name: 'MINE', start } as unknown as Mechanism)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error.message).toContain(`${name}: MINE: start() and next() answer objects, not `)
    }
  })

  test('that the exchange never ended', async () => {
    const endless: Mechanism = {
      name: 'ENDLESS',
      start: async () => ({
        response: Buffer.from('x'),
        machine: { next: async () => ({ done: false, response: Buffer.from('x') }) },
      }),
    }
    const { error, name } = await refusal({}, endless)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toBe(`${name}: ENDLESS authentication did not finish in 32 rounds`)
  })
})

test('a broker without SASL, or of before 1.0, is no authentication error', async () => {
  const without = await refusal({ apis: [Metadata] })
  expect(without.error).toBeInstanceOf(ProtocolError)
  expect(without.error.message).toBe(`${without.name}: the broker does not offer SaslHandshake (API key 17)`)
  const old = await refusal({ apis: [{ ...SaslHandshake, maxVersion: 0 }] })
  expect(old.error.message).toBe(
    `${old.name}: the broker knows SASL as of before Kafka 1.0 only, which is not supported`,
  )
})

test('a broker that hangs up instead of answering is a ConnectionError', async () => {
  await using peer = await scripted((_request, { socket }) => socket.destroy())
  const { connection } = await open(peer)
  await expect(authenticate(connection, alice, peer)).rejects.toBeInstanceOf(ConnectionError)
})

test('authentication can be aborted, and the connection goes on in step', async () => {
  const cancel = new AbortController()
  await using peer = await scripted((request, side) => {
    if (request.apiKey === SaslHandshake.key) {
      cancel.abort('stop')
      side.answer(SaslHandshake, request, { errorCode: 0, mechanisms: ['PLAIN'] })
    } else side.answer(Metadata, request, metadata('after'))
  })
  const { connection } = await open(peer)
  await expect(authenticate(connection, alice, { ...peer, signal: cancel.signal })).rejects.toBe('stop')
  expect((await connection.request(Metadata, { topics: [] })).clusterId).toBe('after')
  await connection.close()
})

describe('plain (RFC 4616)', () => {
  const first = async (mechanism: Mechanism) =>
    Buffer.from((await mechanism.start({ host: 'h', port: 1, clock: systemClock })).response).toString()

  test('is identity, name and password in UTF-8, NUL between', async () => {
    expect(await first(plain({ username: 'bøb', password: '漢' }))).toBe('\0bøb\0漢')
    expect(await first(plain({ username: 'bob', password: '', authorizationId: 'eve' }))).toBe('eve\0bob\0')
  })

  test('refuses what can not be said', () => {
    expect(() => plain({ username: 'a\0b', password: 'x' })).toThrow(
      new ConfigError('PLAIN: username holds a NUL character, which separates the fields'),
    )
    expect(() => plain({ username: '', password: 'x' })).toThrow(new ConfigError('PLAIN: username is empty'))
    expect(() => plain({ username: 'a' } as never)).toThrow(
      new ConfigError('plain() needs { username, password }; password is missing'),
    )
  })
})

test('an error whose auth_bytes are null is told as it is', async () => {
  // As some brokers have it, Kafka's none of them.
  const response = struct({
    errorCode: int16,
    errorMessage: nullable(string),
    authBytes: nullable(bytes),
    sessionLifetimeMs: since(1, timestamp),
  })
  const odd = { ...SaslAuthenticate, response } as unknown as typeof SaslAuthenticate
  const told = {
    errorCode: ErrorCode.SASLAuthenticationFailed,
    errorMessage: 'who?',
    authBytes: null as never,
    sessionLifetimeMs: 0,
  }
  const peer = await scripted((request, side) => {
    if (request.apiKey === SaslHandshake.key) side.answer(SaslHandshake, request, { errorCode: 0, mechanisms: [] })
    else side.answer(odd, request, told)
  }, offered)
  await using _peer = peer
  const { connection } = await open(peer)
  const error = await authenticate(connection, alice, peer).catch(error => error)
  connection.abort()
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error.message).toContain('who?')
})
