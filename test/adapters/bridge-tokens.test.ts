import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CloseCode, type Identity, serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { ConfigError } from '../../src/base/errors.ts'
import {
  onRequests,
  origin,
  requestBytes,
  responseBytes,
  startFixture,
  startPeer,
  statusOf,
  until,
} from './bridge-fixture.ts'

const secret = 'a secret of thirty-two bytes or so'

/** Signed as ours are, whatever it says. */
function signed(claims: string | object): string {
  const text = Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)).toString('base64url')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const good = { id: 'x', issued: 0, expires: 9e15 }
const ask = (tokens: ReturnType<typeof signedTokens>, token: string): Identity | null | Promise<Identity | null> =>
  tokens.authenticate({ token, cookie: () => undefined } as never)

describe('what is signed right and says something else', () => {
  test.each<[string, string | object]>([
    ['no JSON', 'garbage'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no UTF-8', '\ud800'],
    ['no id', { ...good, id: undefined }],
    ['an empty id', { ...good, id: '' }],
    ['a number for an id', { ...good, id: 7 }],
    ['no end', { ...good, expires: undefined }],
    ['an end that is a text', { ...good, expires: '9999999999999' }],
    ['no beginning', { ...good, issued: undefined }],
    ['targets that are null', { ...good, targets: null }],
    ['targets that are none', { ...good, targets: [] }],
    ['targets that are 0', { ...good, targets: 0 }],
    ['targets that are empty', { ...good, targets: '' }],
    ['targets that are false', { ...good, targets: false }],
    ['a target that is none', { ...good, targets: [null] }],
    ['one target that is no list', { ...good, targets: 'broker:9092' }],
    ['APIs that are a list', { ...good, apis: ['CreateTopics'] }],
    ['APIs that are null', { ...good, apis: null }],
    ['APIs that Kafka has not', { ...good, apis: { allow: ['Everything'] } }],
    ['a beginning that is a text', { ...good, notBefore: 'now' }],
    ['an audience that is a list', { ...good, audience: ['a'] }],
  ])('%s: nobody is known by it, and nothing is said of why', async (_what, claims) => {
    expect(await ask(signedTokens({ secret }), signed(good))).toMatchObject({ id: 'x' })
    expect(await ask(signedTokens({ secret }), signed(claims))).toBeNull()
  })

  test('garbage is 401, without a stack in the log', async () => {
    const fixture = await startFixture((await startPeer()).port)
    for (const claims of ['garbage', { ...good, targets: null }])
      expect(await statusOf(fixture, undefined, { token: signed(claims) })).toBe(401)
    expect(fixture.log.filter(({ level }) => level === 'error')).toEqual([])
    expect(JSON.stringify(fixture.log)).not.toContain('.ts:')
  })

  test('whoever answers with targets that are none lets nobody in, and not everywhere', async () => {
    for (const targets of [null, [], 0, '']) {
      const fixture = await startFixture((await startPeer()).port, {
        authenticate: () => ({ id: 'x', targets }) as unknown as Identity,
      })
      expect(await statusOf(fixture)).toBe(401)
      expect(fixture.dialed).toEqual([])
    }
    for (const targets of [null, [], 0, ''])
      await expect(signedTokens({ secret }).sign({ id: 'x', targets } as never)).rejects.toThrow(ConfigError)
  })
})

test('a token for another audience, for none, or for one where none is wanted, is refused', async () => {
  const [orders, news, any] = ['orders', 'news', undefined].map(audience =>
    signedTokens({ secret, ...(audience !== undefined && { audience }) }),
  )
  const signers = [orders!, news!, any!]
  for (const [at, signer] of signers.entries()) {
    const token = await signer.sign({ id: 'x' })
    const answers = await Promise.all(signers.map(each => ask(each, token)))
    expect(answers.map(answer => answer !== null)).toEqual(signers.map((_, each) => each === at))
  }
})

test('a token is good from when it says, for as long as it says', async () => {
  let now = 1_000
  const tokens = signedTokens({ secret, ttl: 500, now: () => now })
  const token = await tokens.sign({ id: 'x', notBefore: 2_000 })
  const goodAt = async (at: number): Promise<boolean> => {
    now = at
    return (await ask(tokens, token)) !== null
  }
  expect(await Promise.all([1_000, 1_999, 2_000, 2_499, 2_500].map(goodAt))).toHaveLength(5)
  expect([await goodAt(1_999), await goodAt(2_000), await goodAt(2_499), await goodAt(2_500)]).toEqual([
    false,
    true,
    true,
    false,
  ])
})

test('a token for one connection opens one', async () => {
  const tokens = signedTokens({ secret, singleUse: true })
  const fixture = await startFixture((await startPeer()).port, { authenticate: tokens.authenticate })
  const token = await tokens.sign({ id: 'x' })
  expect(await statusOf(fixture, undefined, { token })).toBe(101)
  expect(await statusOf(fixture, undefined, { token })).toBe(401)
  expect(await statusOf(fixture, undefined, { token: await tokens.sign({ id: 'x' }) })).toBe(101)
  // One that is not for once only is no way around it.
  expect(await statusOf(fixture, undefined, { token: await signedTokens({ secret }).sign({ id: 'x' }) })).toBe(401)
})

test('revocation ends the connections of an id at once, and its tokens; not those of others, nor later ones', async () => {
  let now = Date.now()
  const tokens = signedTokens({ secret, now: () => now })
  const fixture = await startFixture((await startPeer()).port, { authenticate: tokens.authenticate })
  const token = await tokens.sign({ id: 'mallory' })
  const client = await fixture.connect(undefined, { token })
  const other = await fixture.connect(undefined, { token: await tokens.sign({ id: 'alice' }) })
  tokens.revoke('mallory')
  expect(await client.closed).toMatchObject({ code: CloseCode.TokenEnded })
  expect(await statusOf(fixture, undefined, { token })).toBe(401)
  expect(other.webSocket.readyState).toBe(1)
  now++
  expect(await statusOf(fixture, undefined, { token: await tokens.sign({ id: 'mallory' }) })).toBe(101)
})

test('a connection ends with its token, when what was under way is answered; or as much later as the policy says', async () => {
  let answer = (): void => {}
  const peer = await startPeer(socket =>
    onRequests(socket, id => {
      answer = () => socket.write(responseBytes(id, 100))
    }),
  )
  const tokens = signedTokens({ secret, ttl: 400 })
  const fixture = await startFixture(peer.port, { authenticate: tokens.authenticate })
  const client = await fixture.connect(undefined, { token: await tokens.sign({ id: 'x' }) })
  client.webSocket.send(requestBytes(1))
  expect(await Promise.race([client.closed, new Promise(done => setTimeout(() => done('open'), 1_000))])).toBe('open')
  answer()
  expect(await client.closed).toMatchObject({ code: CloseCode.TokenEnded })
  expect(client.received).toBe(100)
  const patient = await startFixture(peer.port, { authenticate: tokens.authenticate, tokenGrace: 60_000 })
  const stays = await patient.connect(undefined, { token: await tokens.sign({ id: 'x' }) })
  expect(await Promise.race([stays.closed, new Promise(done => setTimeout(() => done('open'), 1_000))])).toBe('open')
})

describe('the address of a client', () => {
  const refusedAs = async (trustedProxies: string[], forwarded: string): Promise<unknown> => {
    const fixture = await startFixture((await startPeer()).port, { trustedProxies })
    await statusOf(fixture, undefined, { token: null, headers: { 'x-forwarded-for': forwarded } })
    await until(() => fixture.log.length > 0)
    return (fixture.log[0]!.details as { remoteAddress: string }).remoteAddress
  }

  test('is its own, whatever its headers say, unless a proxy is trusted', async () => {
    expect(await refusedAs([], '203.0.113.9')).toBe('127.0.0.1')
    expect(await refusedAs(['10.0.0.0/8'], '203.0.113.9')).toBe('127.0.0.1')
    expect(await refusedAs(['127.0.0.1'], '203.0.113.9')).toBe('203.0.113.9')
  })

  test('is what the nearest of the trusted proxies has seen, and not what the client made up', async () => {
    expect(await refusedAs(['127.0.0.1', '10.0.0.0/8'], '6.6.6.6, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
    expect(await refusedAs(['127.0.0.1'], '6.6.6.6, nonsense')).toBe('127.0.0.1')
    expect(await refusedAs(['127.0.0.1'], '')).toBe('127.0.0.1')
  })

  test('is asked of headers only where a proxy is named', async () => {
    const policy = { port: 0, targets: ['broker:9092'], authenticate: () => null, origins: [origin] }
    await expect(serveBridge({ ...policy, remoteAddress: () => '1.2.3.4' })).rejects.toThrow(/needs trustedProxies/)
    await expect(serveBridge({ ...policy, trustedProxies: ['everybody'] })).rejects.toThrow(ConfigError)
    await expect(serveBridge({ ...policy, tokenGrace: -1 })).rejects.toThrow(ConfigError)
  })
})
