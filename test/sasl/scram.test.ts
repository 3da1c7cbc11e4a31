import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { AuthenticationError, ConfigError } from '../../src/base/errors.ts'
import type { Mechanism } from '../../src/sasl/mechanism.ts'
import { scram } from '../../src/sasl/scram.ts'
import { type ScramServerOptions, scramServer } from './scram-server.ts'

const session = { host: 'h', port: 1, clock: systemClock }
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** Plays the exchange to its end. */
async function play(mechanism: Mechanism, options: ScramServerOptions): Promise<void> {
  const server = scramServer(options)
  const { machine, response } = await mechanism.start(session)
  let said: Uint8Array = response
  for (;;) {
    const answer = server.answer(said)
    if (answer === undefined) throw new Error('wrong proof')
    const step = await machine.next(answer)
    if (step.done) return
    said = step.response
  }
}

describe.each(['Web Crypto', 'our own hashes'])('scram by %s', by => {
  beforeEach(() => {
    if (by === 'our own hashes') vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  })
  afterEach(() => void vi.unstubAllGlobals())

  test('goes by the example of RFC 7677', async () => {
    const nonce = Buffer.from('rOprNGfwEbeRWgbNEkqO', 'base64')
    let at = 0
    const clock: Clock = { ...systemClock, random: () => (nonce[at++] ?? 0) / 256 }
    const mechanism = scram({ username: 'user', password: 'pencil', hash: 'SHA-256' })
    const { machine, response } = await mechanism.start({ ...session, clock })
    expect(text(response)).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    const nonces = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    const proof = await machine.next(Buffer.from(`r=${nonces},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`))
    expect(proof.done).toBe(false)
    if (!proof.done)
      expect(text(proof.response)).toBe(`c=biws,r=${nonces},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`)
    expect(await machine.next(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))).toEqual({ done: true })
  })

  test.each(['SHA-256', 'SHA-512'] as const)('%s: both sides prove that they know the password', async hash => {
    const mechanism = scram({ username: 'bøb', password: 'p=ss, wörd', hash })
    expect(mechanism.name).toBe(`SCRAM-${hash}`)
    const server = { hash: hash === 'SHA-256' ? 'sha256' : 'sha512', password: 'p=ss, wörd' } as const
    await play(mechanism, server)
    await play(mechanism, { ...server, salt: Buffer.from('another salt'), iterations: 5000 })
    await expect(play(mechanism, { ...server, password: 'guess' })).rejects.toThrow('wrong proof')
  })
})

describe('scram', () => {
  const mechanism = scram({ username: 'bob', password: 'pw' })
  const server = { hash: 'sha512', password: 'pw' } as const

  test.each<[string, Partial<ScramServerOptions>, RegExp]>([
    ['has no proof', { last: () => '' }, /did not prove that it knows the password/],
    ['has the wrong proof', { last: () => 'v=AAAA' }, /did not prove/],
    ['ends with an error', { last: () => 'e=invalid-proof' }, /the broker says invalid-proof/],
    ['begins with an error', { first: () => 'e=unknown-user' }, /the broker says unknown-user/],
    ['answers to another nonce', { first: said => said.replace(/r=.*?,/, 'r=other,') }, /another exchange/],
    ['adds nothing to the nonce', { first: said => said.replace('server', '') }, /another exchange/],
    ['has no salt', { first: said => said.replace(/s=.*?,/, 's=,') }, /salt is no base64/],
    ['has a broken salt', { first: said => said.replace(/s=.*?,/, 's=&&&&,') }, /salt is no base64/],
    ['wants few iterations', { iterations: 1000 }, /1000 iterations are not between 4096 and 100000/],
    ['wants billions of iterations', { first: said => said.replace(/i=\d+/, 'i=4000000000') }, /iterations are not/],
    ['says no iterations', { first: said => said.replace(/i=\d+/, 'i=many') }, /iterations are not/],
    ['wants an extension', { first: said => `m=ext,${said}` }, /an extension that is not known/],
    ['says what is no message', { first: () => '\0\xff=,,=' }, /another exchange/],
  ])('refuses a broker that %s', async (_what, options, message) => {
    const error = await play(mechanism, { ...server, ...options }).catch(error => error)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('pw')
  })

  test('has another nonce each time', async () => {
    const said = await Promise.all([1, 2, 3].map(async () => text((await mechanism.start(session)).response)))
    expect(new Set(said).size).toBe(3)
  })

  test('serves many exchanges at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => play(mechanism, server)))
  })

  test('writes commas and equals signs of a name as the standard has it', async () => {
    const { response } = await scram({ username: 'a=b,c', password: 'x' }).start(session)
    expect(text(response)).toMatch(/^n,,n=a=3Db=2Cc,r=[\w+/]{20}$/)
  })

  test('says that it speaks of a delegation token (KIP-48)', async () => {
    const { response } = await scram({ username: 'id', password: 'hmac', tokenAuth: true }).start(session)
    expect(text(response)).toMatch(/,tokenauth=true$/)
  })

  test('prepares a password when told to: else it is sent as Kafka’s tools store it', async () => {
    await play(scram({ username: 'bob', password: 'ﬁ\u00a0x', prepare: true }), { ...server, password: 'fi x' })
    await play(scram({ username: 'bob', password: 'ﬁ\u00a0x' }), { ...server, password: 'ﬁ\u00a0x' })
  })

  test('refuses what can’t work', () => {
    expect(() => scram({ username: '', password: 'x' })).toThrow(ConfigError)
    expect(() => scram({ username: 'x', password: '' })).toThrow(ConfigError)
    expect(() => scram({ username: 'x', password: 'x', hash: 'MD5' as never })).toThrow(/sha-256/)
    expect(() => scram({ user: 'x', password: 'x' } as never)).toThrow(/did you mean username/)
  })

  test('is shown without its secret', () => {
    expect(JSON.stringify(mechanism) + String(mechanism)).not.toContain('pw')
  })
})
