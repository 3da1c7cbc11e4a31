import { once } from 'node:events'
import { get } from 'node:http'
import * as net from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dialable, guarded } from '../../adapters/bridge/guard.ts'
import { type ServeOptions, serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { ConfigError, ConnectionError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { readRequestHeader, responseFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { type Fixture, onFrames, origin, startFixture, startPeer, statusOf, tokens, until } from './bridge-fixture.ts'

const base = { port: 0, targets: ['broker:9092'], authenticate: tokens.authenticate, origins: [origin] }

describe('fails closed', () => {
  test.each([
    ['no targets', { targets: [] }, /no targets/],
    ['no authenticator', { authenticate: undefined as never }, /authenticate is missing/],
    ['no origins', { origins: [] }, /no origins/],
    ['a target without a port', { targets: ['broker'] }, /must be host:port/],
    ['an origin with a path', { origins: ['https://app.example/'] }, /no origin/],
    ['an origin pattern', { origins: ['*'] }, /no origin/],
    ['an address that is none', { allowAddresses: ['10.0.0.0/33'] }, /no address/],
    ['a limit that is none', { limits: { connections: 0 } }, /must be a number above 0/],
    ['a host that is empty', { host: '' }, /the host is empty/],
    [
      'a limit nobody knows',
      { limits: { conections: 1 } as never },
      /conections is no setting of limits; did you mean connections/,
    ],
  ])('%s: no start', async (_name, change, message) => {
    const starting = serveBridge({ ...base, ...change })
    await expect(starting).rejects.toThrow(ConfigError)
    await expect(starting).rejects.toThrow(message)
  })

  test('a short secret: no tokens', () => {
    expect(() => signedTokens({ secret: 'short' })).toThrow(ConfigError)
  })

  test('listens on loopback by default', async () => {
    const { bridge } = await startFixture(1)
    expect(bridge.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/)
  })
})

test('wrong Origin: refused before anything is dialed', async () => {
  const fixture = await startFixture((await startPeer()).port)
  for (const from of [
    'https://evil.example',
    'http://app.example',
    'https://app.example:444',
    'null',
    'https://app.example.evil.example',
  ])
    expect(await statusOf(fixture, undefined, { origin: from })).toBe(403)
  expect(await statusOf(fixture, undefined, { origin: null })).toBe(403)
  expect(fixture.dialed).toEqual([])
  expect(await statusOf(fixture)).toBe(101)
})

test('a program without an Origin is let in only where that is said', async () => {
  const fixture = await startFixture((await startPeer()).port, { origins: [], allowNoOrigin: true })
  expect(await statusOf(fixture, undefined, { origin: null })).toBe(101)
  expect(await statusOf(fixture)).toBe(403)
})

test('missing, expired and forged tokens: 401', async () => {
  const fixture = await startFixture((await startPeer()).port)
  const good = await tokens.sign({ id: 'somebody' })
  const [claims, signature] = good.split('.') as [string, string]
  const theirs = signedTokens({ secret: 'another secret of thirty-two bytes' })
  const past = signedTokens({ secret: 'a secret of thirty-two bytes or so', now: () => Date.now() - 3_600_000 })
  const raised = Buffer.from(JSON.stringify({ id: 'root', expires: 9e15 })).toString('base64url')
  const bad = {
    missing: null,
    empty: '',
    expired: await past.sign({ id: 'somebody' }),
    'signed by another': await theirs.sign({ id: 'somebody' }),
    'with other claims': `${raised}.${signature}`,
    'without a signature': claims,
    'with an empty signature': `${claims}.`,
    'with half a signature': `${claims}.${signature.slice(0, 20)}`,
    'with a signature too many': `${good}.${signature}`,
    'not base64': `${claims}.$$$`,
    huge: 'x'.repeat(6000),
  }
  const statuses = await Promise.all(Object.values(bad).map(token => statusOf(fixture, undefined, { token })))
  expect(Object.fromEntries(Object.keys(bad).map((name, at) => [name, statuses[at]]))).toEqual(
    Object.fromEntries(Object.keys(bad).map(name => [name, 401])),
  )
  expect(fixture.dialed).toEqual([])
  expect(await statusOf(fixture, undefined, { token: good })).toBe(101)
})

test('tokens that no bridge would take are not signed', async () => {
  const refused = (claims: { id: string; targets?: string[] }) =>
    expect(tokens.sign(claims)).rejects.toThrow(ConfigError)
  await refused({ id: '' })
  await refused({ id: undefined as never })
  await refused({ id: 'x'.repeat(200_000) })
  // As many targets as fit are taken.
  const targets = ['kafka-0:9092']
  let last = ''
  for (;;) {
    const token = await tokens.sign({ id: 'Жанна', targets }).catch(() => undefined)
    if (token === undefined) break
    last = token
    targets.push(`kafka-${targets.length}:9092`)
  }
  expect(targets.length).toBeGreaterThan(100)
  expect(last.length).toBeGreaterThan(4050)
  expect(await tokens.authenticate({ token: last } as never)).toMatchObject({
    id: 'Жанна',
    targets: targets.slice(0, -1),
  })
  expect(() => signedTokens({ secret: 'a secret of thirty-two bytes or so', ttl: Number.POSITIVE_INFINITY })).toThrow(
    ConfigError,
  )
})

test('a token in the query is refused, however good', async () => {
  const fixture = await startFixture((await startPeer()).port)
  const token = await tokens.sign({ id: 'somebody' })
  expect(await statusOf(fixture, undefined, { path: `/broker:9092?token=${token}` })).toBe(400)
})

test('a token may come in a cookie', async () => {
  const cookies = signedTokens({ secret: 'a secret of thirty-two bytes or so', cookie: 'bridge' })
  const fixture = await startFixture((await startPeer()).port, { authenticate: cookies.authenticate })
  const cookie = `theme=dark; bridge=${await cookies.sign({ id: 'somebody' })}`
  expect(await statusOf(fixture, undefined, { token: null, headers: { cookie } })).toBe(101)
  expect(await statusOf(fixture, undefined, { token: null, headers: { cookie: 'bridge=forged.forged' } })).toBe(401)
  expect(await statusOf(fixture, undefined, { token: null })).toBe(401)
})

test('an authenticator that throws, never answers, or answers nonsense lets nobody in', async () => {
  const peer = await startPeer()
  const throwing = await startFixture(peer.port, { authenticate: () => Promise.reject(new Error('database down')) })
  expect(await statusOf(throwing)).toBe(503)
  const silent = await startFixture(peer.port, {
    authenticate: () => new Promise(() => {}),
    limits: { authenticateTimeout: 50 },
  })
  expect(await statusOf(silent)).toBe(503)
  const nonsense = await startFixture(peer.port, { authenticate: (() => true) as never })
  expect(await statusOf(nonsense)).toBe(401)
  expect([...throwing.dialed, ...silent.dialed, ...nonsense.dialed]).toEqual([])
})

test('target outside the list: refused, in whatever spelling', async () => {
  const fixture = await startFixture((await startPeer()).port)
  const targets = [
    'broker:9093',
    'other:9092',
    'BROKER:9092',
    'broker.:9092',
    'broker',
    'broker:09092',
    '127.0.0.1:9092',
    'broker:9092/',
    '',
  ]
  for (const target of targets) expect([target, await statusOf(fixture, target)]).toEqual([target, 403])
  expect(await statusOf(fixture, '%')).toBe(404)
  expect(fixture.dialed).toEqual([])
})

test('strangers can not tell what is on the list, nor make the bridge ask the cluster', async () => {
  let asked = 0
  const resolve = async () => {
    asked++
    return ['127.0.0.1']
  }
  const fixture = await startFixture((await startPeer()).port, { learnTargets: 'seed:9092', resolve })
  for (const target of ['broker:9092', 'seed:9092', 'other:9092'])
    expect(await statusOf(fixture, target, { token: null })).toBe(401)
  expect([asked, fixture.dialed]).toEqual([0, []])
})

test("a token for some of the targets opens none of the others'", async () => {
  const fixture = await startFixture((await startPeer()).port, { targets: ['broker:9092', 'other:9092'] })
  const token = await tokens.sign({ id: 'narrow', targets: ['other:9092'] })
  expect(await statusOf(fixture, 'broker:9092', { token })).toBe(403)
  expect(fixture.dialed).toEqual([])
  expect(await statusOf(fixture, 'other:9092', { token })).toBe(101)
})

test('DNS rebinding: a name is looked up once, and the address that was checked is the one dialed', async () => {
  const peer = await startPeer()
  const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']]
  let asked = 0
  const fixture = await startFixture(peer.port, { resolve: async () => answers[asked++]! })
  expect(await statusOf(fixture)).toBe(101)
  expect(asked).toBe(1)
  expect(fixture.dialed).toEqual(['127.0.0.1:9092'])
  // The next time it leads elsewhere: refused, without a dial.
  expect(await statusOf(fixture)).toBe(403)
  expect(fixture.dialed).toEqual(['127.0.0.1:9092'])
})

test('a name with one forbidden address among good ones is refused as a whole', async () => {
  const fixture = await startFixture((await startPeer()).port, { resolve: async () => ['127.0.0.1', '10.0.0.7'] })
  expect(await statusOf(fixture)).toBe(403)
  expect(fixture.dialed).toEqual([])
})

test('link-local, metadata, private and IPv4-mapped IPv6 targets are refused', async () => {
  const forbidden = [
    '169.254.169.254',
    '169.254.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '0.0.0.0',
    '127.0.0.2',
    '255.255.255.255',
    '224.0.0.1',
    '::',
    '::1',
    'fe80::1',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '::ffff:169.254.169.254',
    '::ffff:10.0.0.1',
    '::ffff:7f00:2',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '2001:0:1::1',
    '0x7f.0.0.1',
    '2130706433',
    '127.1',
    'localhost',
    'fe80::1%eth0',
    '',
  ]
  let address = ''
  const fixture = await startFixture((await startPeer()).port, {
    resolve: async () => [address],
    limits: { upgradesPerSecond: 100 },
  })
  for (address of forbidden) expect([address, await statusOf(fixture)]).toEqual([address, 403])
  expect(fixture.dialed).toEqual([])
  for (address of ['::ffff:127.0.0.1', '127.0.0.1']) await statusOf(fixture)
  expect(fixture.dialed.length).toBe(2)
})

test('where the platform looks names up, those a cluster advertises may not mean an address or the machine itself', async () => {
  const dialed: string[] = []
  const dial = async ({ host }: { host: string }): Promise<never> => {
    dialed.push(host)
    throw new ConnectionError(host, 'refused')
  }
  const adapter = guarded({
    adapter: { name: 'stub', dial },
    resolve: undefined,
    mayDial: dialable([]),
    listedHosts: new Set(['localhost', 'kafka-1']),
  })
  const outcome = (host: string): Promise<number> =>
    adapter.dial({ host, port: 9092 }, {}).catch(error => error.status ?? 502)
  for (const host of [
    '127.1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '10.0.0.1.',
    'db.localhost',
    'LOCALHOST.',
    'fe80::1%eth0',
    '10.0.0.1',
    '::1',
    '１２７.0.0.1',
    '10。0。0。1',
    'ⓛocalhost',
    '10.0.0.1\u00ad',
  ])
    expect([host, await outcome(host)]).toEqual([host, 403])
  for (const host of ['localhost', 'kafka-1', 'b-2.cluster.example', '203.1.2.3', 'node7'])
    expect([host, await outcome(host)]).toEqual([host, 502])
  expect(dialed).toEqual(['localhost', 'kafka-1', 'b-2.cluster.example', '203.1.2.3', 'node7'])
})

test('public addresses are dialed without being listed', async () => {
  const fixture = await startFixture(1, { resolve: async () => ['203.1.2.3'], allowAddresses: [] })
  expect(await statusOf(fixture)).toBe(502)
  expect(fixture.dialed).toEqual(['203.1.2.3:9092'])
})

test('targets learnt from the metadata are guarded as well', async () => {
  const { listen } = await import('../../adapters/broker/index.ts')
  const { Broker } = await import('../../src/broker/index.ts')
  const broker = new Broker({ brokers: 2 })
  const listening = await listen(broker)
  try {
    const [first, second] = listening.addresses as [string, string]
    const bootstrap = Number(first.split(':')[1])
    const fixture = await startFixture(bootstrap, {
      targets: [],
      learnTargets: `broker:${bootstrap}`,
      learnPorts: ['1024-65535'],
      allowAddresses: ['127.0.0.1'],
    })
    expect(await statusOf(fixture, second)).toBe(101)
    expect(await statusOf(fixture, '127.0.0.1:1')).toBe(403)
    // The cluster advertises loopback: where that is not allowed, what it says counts for nothing.
    const strict = await startFixture(bootstrap, {
      targets: [],
      learnTargets: `broker:${bootstrap}`,
      learnPorts: ['1024-65535'],
      allowAddresses: [],
      resolve: async () => ['203.1.2.3'],
      // Nobody is there to say anything.
      limits: { dialTimeout: 500 },
    })
    expect(await statusOf(strict, second)).toBe(403)
  } finally {
    await listening.close()
    await broker.close()
  }
})

test('a cluster that was taken over does not lead to other services: ports and addresses that nobody named are not learnt', async () => {
  let advertised: readonly { host: string; port: number }[] = []
  const peer = await startPeer(socket =>
    onFrames(socket, frame => {
      const { apiKey, apiVersion, correlationId } = readRequestHeader(new ByteReader(frame.subarray(4)))
      const versions = [ApiVersions, Metadata].map(({ key }) => ({ apiKey: key, minVersion: 0, maxVersion: 3 }))
      const answer =
        apiKey === Metadata.key
          ? responseFrame(Metadata, apiVersion, correlationId, {
              topics: [],
              brokers: advertised.map((address, nodeId) => ({ nodeId, ...address })),
            })
          : responseFrame(ApiVersions, Math.min(apiVersion, 3), correlationId, { errorCode: 0, apiKeys: versions })
      socket.write(concat(answer))
    }),
  )
  const outcome = async (change: Partial<ServeOptions>, ...targets: string[]): Promise<number[]> => {
    const fixture = await startFixture(peer.port, { targets: [], learnTargets: 'seed:9092', ...change })
    return Promise.all(targets.map(target => statusOf(fixture, target)))
  }
  const brokers = [
    'kafka-1:9092',
    'kafka-1:22',
    'redis:6379',
    '10.0.0.7:9092',
    '169.254.169.254:9092',
    '127.0.0.2:9092',
  ]
  advertised = brokers.map(text => ({ host: text.split(':')[0]!, port: Number(text.split(':')[1]) }))
  expect(await outcome({}, ...brokers)).toEqual([101, 403, 403, 403, 403, 403])
  expect(await outcome({ learnPorts: ['9090-9099', 6379] }, ...brokers)).toEqual([101, 403, 101, 403, 403, 403])
  // Listed, it may be: here it is dialed, and nobody is there.
  expect(await outcome({ allowAddresses: ['127.0.0.0/8'] }, ...brokers)).toEqual([101, 403, 403, 403, 403, 502])
  for (const port of ['9092-80', '0', '70000', 'kafka'])
    await expect(outcome({ learnPorts: [port] })).rejects.toThrow(ConfigError)
})

test('the broker is dialed before the client is let in: 502 and 504', async () => {
  const nothing = await startPeer()
  const dial = { name: 'stub', dial: async () => Promise.reject(new ConnectionError('broker:9092', 'refused')) }
  expect(await statusOf(await startFixture(nothing.port, { adapter: dial }))).toBe(502)
  const unknown = await startFixture(nothing.port, { resolve: () => Promise.reject(new Error('ENOTFOUND')) })
  expect(await statusOf(unknown)).toBe(502)
  const never = { name: 'stub', dial: () => new Promise<never>(() => {}) }
  const silent = await startFixture(nothing.port, { adapter: never, limits: { dialTimeout: 50 } })
  expect(await statusOf(silent)).toBe(504)
  expect(silent.bridge.connections).toBe(0)
})

test('an upgrade that is no WebSocket handshake gets 400 and holds no place', async () => {
  const peer = await startPeer()
  const fixture = await startFixture(peer.port)
  const socket = await handshake(fixture, 'wrong')
  const answer = await new Promise<string>(resolve => socket.once('data', data => resolve(data.toString())))
  expect(answer).toMatch(/^HTTP\/1.1 400 /)
  await until(() => fixture.bridge.connections === 0 && peer.open.size === 0)
})

test('an upgrade of no path of the bridge is told so; a client gone by then does not end the process, and one that stays is not kept', async () => {
  const fixture = await startFixture((await startPeer()).port)
  const { port } = new URL(fixture.bridge.url)
  const knock = async (): Promise<net.Socket> => {
    const socket = net.connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write('GET http://a/b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    return socket
  }
  for (let i = 0; i < 20; i++) (await knock()).resetAndDestroy()
  const stays = await knock()
  const closed = new Promise(resolve => stays.once('close', resolve))
  let answer = ''
  stays.on('data', data => {
    answer += data
  })
  await once(stays, 'end')
  expect(answer).toMatch(/^HTTP\/1.1 404 /)
  // It ends its side only when it is told that nobody listens any more.
  const speaking = setInterval(() => stays.write('still here'), 5)
  onTestFinished(() => clearInterval(speaking))
  await closed
  expect(await statusOf(fixture)).toBe(101)
})

test('a client that goes away, or speaks too early, while its broker is looked up leaves nothing', async () => {
  let asked = 0
  const fixture = await startFixture((await startPeer()).port, {
    resolve: () => {
      asked++
      return new Promise(() => {})
    },
  })
  const leaving = await handshake(fixture)
  await until(() => asked === 1)
  leaving.destroy()
  await until(() => fixture.bridge.connections === 0)
  const early = await handshake(fixture)
  await until(() => asked === 2)
  const answer = new Promise<string>(resolve => early.once('data', data => resolve(data.toString())))
  early.write(Buffer.from([0x82, 0x80, 0, 0, 0, 0]))
  expect(await answer).toMatch(/^HTTP\/1.1 400 /)
  await until(() => fixture.bridge.connections === 0)
  expect(fixture.dialed).toEqual([])
})

test('a bridge that stops refuses those who still wait for their broker: 503', async () => {
  let asked = 0
  const fixture = await startFixture((await startPeer()).port, {
    resolve: () => {
      asked++
      return new Promise(() => {})
    },
  })
  const waiting = statusOf(fixture)
  await until(() => asked === 1)
  await fixture.bridge.close()
  expect(await waiting).toBe(503)
})

test('health says ok, then nothing but WebSockets; metrics are on loopback', async () => {
  const fixture = await startFixture((await startPeer()).port, { metricsPort: 0 })
  const http = fixture.bridge.url.replace('ws:', 'http:')
  expect(await fetched(`${http}healthz`)).toEqual({ status: 200, body: 'ok\n' })
  expect((await fetched(http)).status).toBe(426)
  await fixture.connect()
  await statusOf(fixture, 'elsewhere:9092')
  expect(new URL(fixture.bridge.metricsUrl!).hostname).toBe('127.0.0.1')
  const { body } = await fetched(fixture.bridge.metricsUrl!)
  expect(body).toContain('isokafka_bridge_connections 1\n')
  expect(body).toContain('isokafka_bridge_opened_total 1\n')
  expect(body).toContain('isokafka_bridge_refused_total{reason="target"} 1\n')
  expect((await fetched(new URL('/', fixture.bridge.metricsUrl).href)).status).toBe(404)
})

test('logs name who came and why they were refused, and no token', async () => {
  const fixture = await startFixture((await startPeer()).port)
  await fixture.connect()
  await statusOf(fixture, undefined, { token: 'a.secret' })
  const [opened, refused] = fixture.log
  expect(opened).toMatchObject({ level: 'info', message: 'opened', details: { id: 'tester', target: 'broker:9092' } })
  expect(refused).toMatchObject({ level: 'warn', message: 'refused', details: { status: 401, reason: 'token' } })
  expect(JSON.stringify(fixture.log)).not.toContain('secret')
})

function fetched(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    }).on('error', reject)
  })
}

/** A handshake without a WebSocket's manners. */
async function handshake(fixture: Fixture, key = 'dGhlIHNhbXBsZSBub25jZQ=='): Promise<net.Socket> {
  const token = Buffer.from(await tokens.sign({ id: 'somebody' })).toString('base64url')
  const socket = net.connect(Number(new URL(fixture.bridge.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `GET /broker:9092 HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: isokafka, isokafka.token.${token}\r\n\r\n`,
  )
  return socket
}
