import { describe, expect, test } from 'vitest'
import { isSame } from '../../src/broker/access/compare.ts'
import { readUtf8, utf8 } from '../../src/bytes/utf8.ts'
import { AuthenticationError, ErrorCode, type Mechanism, oauthBearer, plain, scram } from '../../src/index.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { open } from './open.ts'

const users = { alice: 'secret', 'bob=,': 'ﬁsh ✓' }

type Opened = ReturnType<typeof open>

async function logIn({ transport, broker }: Opened, sasl: Mechanism): Promise<Error | undefined> {
  const made = transport({ sasl, logger: null })
  return made.roundTrip(broker.addresses, Metadata, { topics: [] }).then(
    () => undefined,
    (error: Error) => error,
  )
}

async function authenticate(connection: BrokerConnection, text: string) {
  const { errorCode, errorMessage, authBytes } = await connection.request(SaslAuthenticate, { authBytes: utf8(text) })
  return { errorCode, errorMessage, text: readUtf8(authBytes, 0, authBytes.length) }
}

describe('SCRAM on the embedded broker', () => {
  test.each(['SHA-256', 'SHA-512'] as const)('%s lets in who knows the password, and nobody else', async hash => {
    const opened = open({ users })
    for (const [username, password] of Object.entries(users))
      expect(await logIn(opened, scram({ username, password, hash }))).toBeUndefined()
    const guessed = await logIn(opened, scram({ username: 'alice', password: 'guess', hash }))
    const unknown = await logIn(opened, scram({ username: 'eve', password: 'guess', hash }))
    expect(guessed).toBeInstanceOf(AuthenticationError)
    expect(guessed!.message).toMatch(`invalid credentials with SASL mechanism SCRAM-${hash}`)
    expect(unknown!.message).toBe(guessed!.message)
  })

  test('a name there is not is not told from one there is, before the proof and after', async () => {
    const { connect } = open({ users, configs: { 'connection.failed.authentication.delay.ms': '0' } })
    const attempt = async (name: string) => {
      const connection = await connect()
      await connection.request(SaslHandshake, { mechanism: 'SCRAM-SHA-256' })
      const first = await authenticate(connection, `n,,n=${name},r=abc`)
      const [, nonce, salt, iterations] = /^r=(abc[^,]{20,}),s=([^,]+),i=(\d+)$/.exec(first.text)!
      const proof = btoa('x'.repeat(32))
      const last = await authenticate(connection, `c=biws,r=${nonce},p=${proof}`)
      await connection.onClose
      return { salt, iterations, last, size: salt!.length }
    }
    const [alice, eve, again] = [await attempt('alice'), await attempt('eve'), await attempt('eve')]
    expect(alice.last.errorCode).toBe(ErrorCode.SASLAuthenticationFailed)
    expect(eve).toEqual({ ...alice, salt: eve.salt })
    expect(eve.salt).not.toBe(alice.salt)
    expect(again.salt).toBe(eve.salt)
  })

  test.each([
    ['nothing', ''],
    ['bytes', '\0\0\0'],
    ['no name', 'n,,n=,r=abc'],
    ['no nonce', 'n,,n=alice,r='],
    ['a name wrongly escaped', 'n,,n=al=ice,r=abc'],
    ['another whom it acts as', 'n,a=bob,n=alice,r=abc'],
    ['a channel it wants to bind to', 'p=tls-unique,,n=alice,r=abc'],
    ['an extension it demands', 'n,,m=what,n=alice,r=abc'],
    ['very much', `n,,n=alice,r=${'a'.repeat(500_000)}`],
  ])('a first message with %s is refused', async (_what, text) => {
    const { connect } = open({ users, configs: { 'connection.failed.authentication.delay.ms': '0' } })
    const connection = await connect()
    await connection.request(SaslHandshake, { mechanism: 'SCRAM-SHA-512' })
    expect((await authenticate(connection, text)).errorCode).toBe(ErrorCode.SASLAuthenticationFailed)
    await connection.onClose
  })

  test.each([
    ['another nonce', (_nonce: string) => 'c=biws,r=abcdef,p=AAAA'],
    ['another channel', (nonce: string) => `c=eSws,r=${nonce},p=AAAA`],
    ['no proof', (nonce: string) => `c=biws,r=${nonce}`],
    ['a proof of another length', (nonce: string) => `c=biws,r=${nonce},p=AAAA`],
    ['a proof that is no base64', (nonce: string) => `c=biws,r=${nonce},p=***`],
  ])('a last message with %s is refused', async (_what, last) => {
    const { connect } = open({ users, configs: { 'connection.failed.authentication.delay.ms': '0' } })
    const connection = await connect()
    await connection.request(SaslHandshake, { mechanism: 'SCRAM-SHA-256' })
    const { text } = await authenticate(connection, 'n,,n=alice,r=abc')
    const [, nonce] = /^r=([^,]+)/.exec(text)!
    expect((await authenticate(connection, last(nonce!))).errorCode).toBe(ErrorCode.SASLAuthenticationFailed)
    await connection.onClose
  })
})

describe('OAUTHBEARER on the embedded broker', () => {
  test('asks whose a token is', async () => {
    const asked: string[] = []
    const opened = open({
      sasl: {
        oauthBearer: async token => {
          asked.push(token)
          if (token === 'broken') throw new Error(`cannot read ${token}`)
          return token === 'good' ? { principal: 'carol' } : undefined
        },
      },
    })
    expect(await logIn(opened, oauthBearer({ token: 'good' }))).toBeUndefined()
    for (const token of ['bad', 'broken']) {
      const error = await logIn(opened, oauthBearer({ token }))
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error!.message).toMatch(/invalid_token/)
      expect(error!.message).not.toContain('broken')
    }
    expect(asked).toEqual(['good', 'bad', 'broken'])
  })
})

describe('sessions', () => {
  test('end as the broker has it: who has not logged in again by then is hung up on (KIP-368)', async () => {
    using clock = new LeapingClock()
    const { connect } = open({ users, clock, configs: { 'connections.max.reauth.ms': '60000' } })
    const connection = await connect()
    const handshake = () => connection.request(SaslHandshake, { mechanism: 'PLAIN' })
    const say = (text: string) => connection.request(SaslAuthenticate, { authBytes: utf8(text) }, { version: 2 })
    expect(await handshake()).toMatchObject({ errorCode: 0 })
    expect(await say('\0alice\0secret')).toMatchObject({ errorCode: 0, sessionLifetimeMs: 60_000 })
    await clock.sleep(59_000)
    expect((await connection.request(Metadata, { topics: [] })).brokers).toHaveLength(1)
    expect(await handshake()).toMatchObject({ errorCode: 0 })
    expect(await say('\0alice\0secret')).toMatchObject({ errorCode: 0, sessionLifetimeMs: 60_000 })
    await clock.sleep(59_000)
    expect((await connection.request(Metadata, { topics: [] })).brokers).toHaveLength(1)
    await clock.sleep(2_000)
    await expect(connection.request(Metadata, { topics: [] })).rejects.toThrow()
  })

  test('stay with who began them', async () => {
    const { connect } = open({
      users: { ...users, carol: 'other' },
      configs: { 'connections.max.reauth.ms': '60000', 'connection.failed.authentication.delay.ms': '0' },
    })
    const connection = await connect()
    for (const [text, errorCode] of [
      ['\0alice\0secret', 0],
      ['\0carol\0other', ErrorCode.SASLAuthenticationFailed],
    ] as const) {
      await connection.request(SaslHandshake, { mechanism: 'PLAIN' })
      expect((await authenticate(connection, text)).errorCode).toBe(errorCode)
    }
    await connection.onClose
  })
})

test('only the mechanisms that were chosen are to be had', async () => {
  const opened = open({ sasl: { users, mechanisms: ['SCRAM-SHA-512'] } })
  expect(await logIn(opened, scram({ username: 'alice', password: 'secret' }))).toBeUndefined()
  expect((await logIn(opened, plain({ username: 'alice', password: 'secret' })))!.message).toMatch(/SCRAM-SHA-512/)
})

test('what is compared with a secret is looked at to its end, however little of it is right', () => {
  const looked = (given: string): [boolean, number] => {
    let looks = 0
    const bytes = new Proxy(utf8(given), {
      get(target, at) {
        if (at !== 'length') looks++
        return Reflect.get(target, at, target)
      },
    })
    return [isSame(bytes, utf8('secret')), looks]
  }
  expect(['secret', 'sexxxx', 'xxxxxx', 'x', '', 'secretx'].map(looked)).toEqual([
    [true, 6],
    [false, 6],
    [false, 6],
    [false, 1],
    [false, 0],
    [false, 7],
  ])
})
