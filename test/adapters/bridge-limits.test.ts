import * as net from 'node:net'
import { expect, test } from 'vitest'
import { clientKey } from '../../adapters/bridge/ip.ts'
import { startFixture, startPeer, statusOf, tokens, until } from './bridge-fixture.ts'

test('5,000 connections are refused past the limit, and leave nothing behind', { timeout: 120_000 }, async () => {
  const peer = await startPeer()
  const fixture = await startFixture(peer.port, {
    limits: { connections: 3, connectionsPerAddress: 5000, upgradesPerSecond: 1000 },
  })
  const token = await tokens.sign({ id: 'crowd' })
  const inside = await Promise.all([1, 2, 3].map(() => fixture.connect(undefined, { token })))
  const before = process.memoryUsage().rss
  const refused = new Map<string, number>()
  for (let round = 0; round < 100; round++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        // Past the sockets a server of three takes, TCP itself says no.
        const outcome = await fixture.connect(undefined, { token }).then(
          () => 'accepted',
          error => String(error.status ?? 'closed'),
        )
        refused.set(outcome, (refused.get(outcome) ?? 0) + 1)
      }),
    )
  }
  expect([...refused.values()].reduce((sum, count) => sum + count)).toBe(5000)
  expect([...refused.keys()].filter(outcome => !['503', 'closed'].includes(outcome))).toEqual([])
  expect(refused.get('503')).toBeGreaterThan(4000)
  expect(fixture.bridge.connections).toBe(3)
  expect(peer.accepted.length).toBe(3)
  expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024)
  // A place that is free again can be had.
  inside[0]!.webSocket.close()
  await until(() => fixture.bridge.connections === 2)
  expect(await statusOf(fixture, undefined, { token })).toBe(101)
})

test('connections of one identity, and of one address, are bounded: 429', async () => {
  const peer = await startPeer()
  const fixture = await startFixture(peer.port, { limits: { connectionsPerIdentity: 2 } })
  await fixture.connect()
  await fixture.connect()
  expect(await statusOf(fixture)).toBe(429)
  expect(await statusOf(fixture, undefined, { token: await tokens.sign({ id: 'another' }) })).toBe(101)
  const byAddress = await startFixture(peer.port, { limits: { connectionsPerAddress: 1 } })
  await byAddress.connect()
  expect(await statusOf(byAddress)).toBe(429)
})

test('upgrades of one address, and by one identity, are rationed: 429', async () => {
  const fixture = await startFixture((await startPeer()).port, {
    limits: { upgradesPerSecond: 0.3 },
    trustedProxies: ['127.0.0.1'],
  })
  const statuses = (token?: null): Promise<number[]> =>
    Promise.all(
      [1, 2, 3, 4, 5].map(at =>
        statusOf(fixture, undefined, {
          headers: { 'x-forwarded-for': token === null ? '192.0.2.9' : `192.0.2.${at}` },
          ...(token === null && { token }),
        }),
      ),
    )
  expect((await statuses(null)).toSorted()).toEqual([401, 401, 401, 429, 429])
  expect((await statuses()).toSorted()).toEqual([101, 101, 101, 429, 429])
})

test('upgrades that come at once are taken up one after another, those of strangers aside', async () => {
  const peer = await startPeer()
  const fixture = await startFixture(peer.port)
  const [token, stranger] = [await tokens.sign({ id: 'crowd' }), 'nobody.knows']
  const since = performance.now()
  const strangers = Array.from({ length: 40 }, () => statusOf(fixture, undefined, { token: stranger }))
  const crowd = Array.from({ length: 40 }, async () => {
    await fixture.connect(undefined, { token })
    return performance.now() - since
  })
  const opened = await Promise.all(crowd)
  // Two hundred a second.
  expect(Math.max(...opened) - Math.min(...opened)).toBeGreaterThan(39 * 5 - 20)
  expect(new Set(await Promise.all(strangers))).toEqual(new Set([401]))
})

test('an IPv6 network counts as one address, however many it has to choose from', async () => {
  let last = 0
  const fixture = await startFixture((await startPeer()).port, {
    limits: { connectionsPerAddress: 2 },
    trustedProxies: ['127.0.0.1'],
    remoteAddress: header => header('x-client') ?? `2001:db8:1:2::${(++last).toString(16)}`,
  })
  expect([await statusOf(fixture), await statusOf(fixture), await statusOf(fixture)]).toEqual([101, 101, 429])
  expect(await statusOf(fixture, undefined, { headers: { 'x-client': '2001:db8:1:3::1' } })).toBe(101)
  // IPv4 addresses count one by one, in whatever clothes, and zones mean nothing.
  expect(['::ffff:10.0.0.1', '10.0.0.1', 'fe80::1%eth0', 'fe80::2', 'no address'].map(clientKey)).toEqual([
    '10.0.0.1',
    '10.0.0.1',
    '254.128.0.0.0.0.0.0',
    '254.128.0.0.0.0.0.0',
    'no address',
  ])
  expect(fixture.log.find(({ message }) => message === 'refused')?.details).toMatchObject({
    remoteAddress: '2001:db8:1:2::3',
  })
})

test('slow-loris: headers that dribble in are cut off, and one address holds no more sockets than its share', async () => {
  const fixture = await startFixture((await startPeer()).port, {
    limits: { headerTimeout: 200, connectionsPerAddress: 2 },
  })
  const port = Number(new URL(fixture.bridge.url).port)
  let closed = 0
  const sockets = Array.from({ length: 100 }, () => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.on('close', () => closed++)
    return socket
  })
  const dribble = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x')
  }, 20)
  for (const socket of sockets) socket.write('GET /broker:9092 HTTP/1.1\r\nHost: x\r\nX-Slow: ')
  // Sixty-six may be open at once; the others are turned away without having to wait.
  await until(() => closed >= 34)
  await until(() => closed === 100)
  clearInterval(dribble)
  expect(await statusOf(fixture)).toBe(101)
})

test('large headers are refused', async () => {
  const fixture = await startFixture((await startPeer()).port, { limits: { headerBytes: 2048 } })
  expect(await statusOf(fixture, undefined, { headers: { 'x-large': 'x'.repeat(4000) } })).toBe(431)
})
