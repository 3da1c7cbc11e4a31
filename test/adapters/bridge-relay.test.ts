import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { Budget } from '../../adapters/bridge/budget.ts'
import { CloseCode } from '../../adapters/bridge/index.ts'
import { Metrics } from '../../adapters/bridge/metrics.ts'
import { Relay } from '../../adapters/bridge/relay.ts'
import { settingsOf } from '../../adapters/bridge/settings.ts'
import { deferred } from '../../src/base/deferred.ts'
import type { Socket } from '../../src/socket/socket.ts'
import {
  onRequests,
  origin,
  requestBytes,
  responseBytes,
  startFixture,
  startPeer,
  tokens,
  until,
} from './bridge-fixture.ts'

const MiB = 1024 * 1024

/** A peer that answers every request with so many bytes. */
const answering = (length: number) =>
  startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, length))))

test('bytes go both ways, whatever the messages', async () => {
  const peer = await answering(1000)
  const fixture = await startFixture(peer.port)
  const client = await fixture.connect()
  const requests = Buffer.concat([requestBytes(1, 3000), requestBytes(2), requestBytes(3, 70_000)])
  // Byte by byte at first: no message needs to be a frame.
  for (let at = 0; at < 40; at++) client.webSocket.send(requests.subarray(at, at + 1))
  client.webSocket.send(requests.subarray(40))
  await client.until(3000)
  client.webSocket.close(1000)
  await until(() => fixture.bridge.connections === 0 && peer.open.size === 0)
  expect(fixture.bridge.metrics()).toContain('isokafka_bridge_bytes_total{direction="down"} 3000\n')
})

describe('what is not Kafka', () => {
  test('a request of another protocol is refused before it leaves', async () => {
    const heard: Buffer[] = []
    const peer = await startPeer(socket => socket.on('data', chunk => heard.push(chunk)))
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.webSocket.send(Buffer.from('GET /latest/meta-data/ HTTP/1.1\r\n\r\n'))
    expect(await client.closed).toMatchObject({ code: CloseCode.NotKafka })
    await until(() => peer.open.size === 0)
    expect(Buffer.concat(heard).length).toBe(0)
  })

  test.each([-1, 0, 7, 100 * MiB + 1, 0x7fffffff])('a frame of %i bytes is refused', async size => {
    const fixture = await startFixture((await startPeer()).port)
    const client = await fixture.connect()
    const prefix = Buffer.alloc(4)
    prefix.writeInt32BE(size)
    client.webSocket.send(prefix)
    expect(await client.closed).toMatchObject({ code: CloseCode.NotKafka })
  })

  test('an answer of another protocol is not handed on', async () => {
    const peer = await startPeer(socket => socket.once('data', () => socket.write('-ERR unknown command\r\n')))
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1))
    expect(await client.closed).toMatchObject({ code: CloseCode.NotKafka })
    expect(client.received).toBe(0)
  })
})

describe('frames of WebSocket', () => {
  test('text frames: 1003', async () => {
    const fixture = await startFixture((await startPeer()).port)
    const client = await fixture.connect()
    client.webSocket.send('hello')
    expect(await client.closed).toMatchObject({ code: CloseCode.TextMessage })
    await until(() => fixture.bridge.connections === 0)
  })

  test('oversized frames: 1009, without waiting for the bytes', async () => {
    const fixture = await startFixture((await startPeer()).port)
    const client = await fixture.connect()
    // Claims sixteen exabytes less a few, and sends nothing of it.
    client.raw.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]))
    expect(await client.closed).toMatchObject({ code: CloseCode.MessageTooBig })
    const other = await fixture.connect()
    other.webSocket.send(Buffer.alloc(MiB + 1))
    expect(await other.closed).toMatchObject({ code: CloseCode.MessageTooBig })
  })

  test('fragmented frames are put together, up to the size of a message', async () => {
    const peer = await answering(8)
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    const request = requestBytes(1, 5000)
    for (let at = 0; at < request.length; at += 1000)
      client.webSocket.send(request.subarray(at, at + 1000), { fin: at + 1000 >= request.length })
    await client.until(8)
    // Never the last fragment.
    client.webSocket.send(requestBytes(2, 90 * MiB).subarray(0, 64), { fin: false })
    for (let at = 0; at < 40; at++) client.webSocket.send(Buffer.alloc(64 * 1024), { fin: false })
    expect(await client.closed).toMatchObject({ code: CloseCode.MessageTooBig })
  })

  test('empty fragments without end are cut off', async () => {
    const fixture = await startFixture((await startPeer()).port)
    const client = await fixture.connect()
    client.raw.write(Buffer.from([0x02, 0x80, 0, 0, 0, 0]))
    const empty = Buffer.alloc(6 * 20_000)
    for (let at = 0; at < empty.length; at += 6) empty[at + 1] = 0x80
    client.raw.write(empty)
    expect((await client.closed).code).not.toBe(1000)
    await until(() => fixture.bridge.connections === 0)
  })

  test('compressed frames: compression is not agreed to, and its bit is an error', async () => {
    const fixture = await startFixture((await startPeer()).port)
    const client = await fixture.connect(undefined, { client: { perMessageDeflate: true } })
    expect(client.webSocket.extensions).toBe('')
    client.raw.write(Buffer.from([0xc2, 0x80, 0, 0, 0, 0]))
    expect(await client.closed).toMatchObject({ code: CloseCode.ProtocolError })
  })

  test('unmasked frames, reserved opcodes and broken control frames: 1002', async () => {
    const fixture = await startFixture((await startPeer()).port)
    for (const bytes of [
      [0x82, 0x01, 0x00],
      [0x83, 0x80, 0, 0, 0, 0],
      [0x09, 0x80, 0, 0, 0, 0],
      [0x89, 0xfe, 0, 200, 0, 0, 0, 0],
      [0x80, 0x80, 0, 0, 0, 0],
    ]) {
      const client = await fixture.connect()
      client.raw.write(Buffer.from(bytes))
      expect(await client.closed).toMatchObject({ code: CloseCode.ProtocolError })
    }
    await until(() => fixture.bridge.connections === 0)
  })

  test('random bytes do no harm', async () => {
    const peer = await startPeer()
    const fixture = await startFixture(peer.port, {
      limits: { upgradesPerSecond: 100, pingInterval: 100, pongTimeout: 100, closeTimeout: 100 },
    })
    await Promise.all(
      Array.from({ length: 100 }, async (_, round) => {
        const client = await fixture.connect()
        // A header that may be right, and noise behind it.
        client.raw.write(Buffer.concat([Buffer.from(round % 2 ? [0x82, 0xfe] : []), randomBytes(2000)]))
        await client.closed
      }),
    )
    await until(() => fixture.bridge.connections === 0 && peer.open.size === 0)
  })

  test('a flood of pings whose answers nobody reads ends the connection, and costs next to nothing', async () => {
    const fixture = await startFixture((await startPeer()).port, { limits: { pingInterval: 500, pongTimeout: 500 } })
    const client = await fixture.connect()
    client.raw.pause()
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)])
    const flood = Buffer.concat(Array.from({ length: 2000 }, () => ping))
    const before = process.memoryUsage().rss
    let gone = false
    client.raw.once('close', () => {
      gone = true
    })
    for (let round = 0; round < 400 && !gone; round++)
      if (!client.raw.write(flood))
        await Promise.race(['drain', 'close'].map(event => once(client.raw, event).catch(() => {})))
    await until(() => fixture.bridge.connections === 0)
    expect(fixture.bridge.metrics()).toContain(`isokafka_bridge_closed_total{code="${CloseCode.Flood}"} 1\n`)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MiB)
  })
})

describe('silence', () => {
  test('silent peers: a client that does not answer a ping is gone after the deadline', async () => {
    const peer = await startPeer()
    const fixture = await startFixture(peer.port, { limits: { pingInterval: 100, pongTimeout: 100 } })
    const client = await fixture.connect(undefined, { client: { autoPong: false } })
    const lively = await fixture.connect()
    expect(await client.closed).toMatchObject({ code: CloseCode.Abnormal })
    await until(() => fixture.bridge.connections === 1)
    expect(lively.webSocket.readyState).toBe(1)
  })

  test('nothing of Kafka for too long: closed as idle, pings or no pings', async () => {
    const fixture = await startFixture((await startPeer()).port, { limits: { idleTimeout: 300, pingInterval: 50 } })
    const client = await fixture.connect()
    expect(await client.closed).toMatchObject({ code: CloseCode.Idle })
  })

  test('open for as long as a connection may be: closed, though busy', async () => {
    const peer = await answering(8)
    const fixture = await startFixture(peer.port, { limits: { lifetime: 300 } })
    const client = await fixture.connect()
    const busy = setInterval(() => client.webSocket.send(requestBytes(1)), 10)
    expect(await client.closed).toMatchObject({ code: CloseCode.Lifetime })
    clearInterval(busy)
  })
})

describe('backpressure', () => {
  test('slow readers: 40 clients that read nothing of 64 MiB each cost less than 4 MiB a connection', {
    timeout: 60_000,
  }, async () => {
    const answer = responseBytes(1, 64 * MiB)
    const peer = await startPeer(socket => onRequests(socket, () => socket.write(answer)))
    const fixture = await startFixture(peer.port)
    const before = process.memoryUsage().rss
    const clients = await Promise.all(Array.from({ length: 40 }, () => fixture.connect()))
    for (const client of clients) {
      client.raw.pause()
      client.webSocket.send(requestBytes(1))
    }
    // Until no byte moves any more: all buffers on the way are full.
    let moved = -1
    await until(() => {
      const now = Number(/direction="down"} (\d+)/.exec(fixture.bridge.metrics())![1])
      const still = now === moved && now > 0
      moved = now
      return still
    }, 20_000)
    await new Promise(resolve => setTimeout(resolve, 500))
    const cost = (process.memoryUsage().rss - before) / clients.length / MiB
    console.log(
      `slow readers: ${cost.toFixed(2)} MiB a connection, ${(moved / MiB / clients.length).toFixed(2)} MiB of 64 taken from the broker`,
    )
    expect(cost).toBeLessThan(4)
    expect(moved / clients.length).toBeLessThan(16 * MiB)
    // One that reads after all gets the whole.
    clients[0]!.raw.resume()
    await clients[0]!.until(64 * MiB)
  })

  test('a broker that reads nothing: the client is held back, and the bridge holds less than 4 MiB', async () => {
    const peer = await startPeer(socket => socket.pause())
    const fixture = await startFixture(peer.port, { limits: { drainTimeout: 100, closeTimeout: 100 } })
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1, 100 * MiB).subarray(0, 64))
    let sent = 64
    const before = process.memoryUsage().rss
    const piece = Buffer.alloc(256 * 1024)
    while (sent < 64 * MiB && client.webSocket.bufferedAmount < 8 * MiB) {
      client.webSocket.send(piece)
      sent += piece.length
      await new Promise(resolve => setImmediate(resolve))
    }
    const up = Number(/direction="up"} (\d+)/.exec(fixture.bridge.metrics())![1])
    expect(client.webSocket.bufferedAmount).toBeGreaterThanOrEqual(8 * MiB)
    expect(up).toBeLessThan(16 * MiB)
    // Eight wait in the client, which lives in this process, too.
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * MiB)
    // Held back it can't answer pings, and is not blamed for that.
    expect(fixture.bridge.connections).toBe(1)
  })
})

describe('the end', () => {
  test('half-close: when the broker ends its side, all it said comes first', async () => {
    const peer = await startPeer(socket => onRequests(socket, id => socket.end(responseBytes(id, 3 * MiB))))
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(7))
    expect(await client.closed).toMatchObject({ code: CloseCode.BrokerClosed })
    expect(client.received).toBe(3 * MiB)
    await until(() => fixture.bridge.connections === 0 && peer.open.size === 0)
  })

  test('half-close: what the client sent before it closed reaches the broker', async () => {
    let heard = 0
    const peer = await startPeer(socket => socket.on('data', chunk => (heard += chunk.length)))
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    const request = requestBytes(1, 8 * MiB)
    for (let at = 0; at < request.length; at += 256 * 1024) client.webSocket.send(request.subarray(at, at + 256 * 1024))
    client.webSocket.close(1000)
    await client.closed
    await until(() => peer.open.size === 0)
    expect(heard).toBe(8 * MiB)
  })

  test('a broker that dies in the middle of an answer: an error, not an end', async () => {
    const peer = await startPeer(socket => onRequests(socket, id => socket.end(responseBytes(id, 100).subarray(0, 50))))
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1))
    expect(await client.closed).toMatchObject({ code: CloseCode.BrokerFailed })
    const reset = await startFixture(
      (await startPeer(socket => onRequests(socket, () => socket.resetAndDestroy()))).port,
    )
    const other = await reset.connect()
    other.webSocket.send(requestBytes(1))
    expect(await other.closed).toMatchObject({ code: CloseCode.BrokerFailed })
  })

  test('a client that vanishes takes its connection to the broker along', async () => {
    const peer = await startPeer()
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.raw.destroy()
    await until(() => fixture.bridge.connections === 0 && peer.open.size === 0)
  })

  test('stopping in the middle of a transfer: answers under way arrive, later requests do not leave, then 1001', async () => {
    const heard: number[] = []
    let answer = (): void => {}
    const peer = await startPeer(socket =>
      onRequests(socket, id => {
        heard.push(id)
        answer = () => socket.write(responseBytes(id, 5 * MiB))
      }),
    )
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    const second = requestBytes(2, 1000)
    client.webSocket.send(Buffer.concat([requestBytes(1), second.subarray(0, 500)]))
    await until(() => heard.length === 1)
    const closing = fixture.bridge.close()
    // The request that has begun may end; the next one may not.
    client.webSocket.send(Buffer.concat([second.subarray(500), requestBytes(3)]))
    await until(() => heard.length === 2)
    expect(await fixture.connect().catch(error => error.status)).toBe(503)
    answer()
    expect(await client.closed).toMatchObject({ code: CloseCode.GoingAway })
    expect(client.received).toBe(5 * MiB)
    expect(heard).toEqual([1, 2])
    await closing
    expect(peer.open.size).toBe(0)
  })

  /** A Fetch, which may wait at the broker for as long as it likes. */
  const fetchBytes = (id: number): Buffer => {
    const bytes = requestBytes(id)
    bytes.writeInt16BE(1, 4)
    return bytes
  }

  test('stopping does not wait for fetches that nothing has come for', async () => {
    const heard: number[] = []
    const peer = await startPeer(socket => onRequests(socket, id => void heard.push(id)))
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.webSocket.send(fetchBytes(1))
    client.webSocket.send(fetchBytes(2))
    await until(() => heard.length === 2)
    const since = performance.now()
    await fixture.bridge.close()
    expect(await client.closed).toMatchObject({ code: CloseCode.GoingAway })
    expect(performance.now() - since).toBeLessThan(5_000)
    expect(client.received).toBe(0)
  })

  test('stopping waits for the answer to what came before a fetch, and for a fetch whose answer has begun', async () => {
    const answers = new Map<number, () => void>()
    const peer = await startPeer(socket =>
      onRequests(socket, id => answers.set(id, () => socket.write(responseBytes(id)))),
    )
    const fixture = await startFixture(peer.port)
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1))
    client.webSocket.send(fetchBytes(2))
    await until(() => answers.size === 2)
    const closing = fixture.bridge.close()
    // Nothing ends it before the first answer.
    expect(await Promise.race([client.closed, new Promise(done => setTimeout(() => done('open'), 600))])).toBe('open')
    answers.get(1)!()
    expect(await client.closed).toMatchObject({ code: CloseCode.GoingAway })
    expect(client.received).toBe(8)
    await closing
  })

  test('stopping does not wait for ever for an answer, nor for a client', async () => {
    const peer = await startPeer(socket => socket.resume())
    const fixture = await startFixture(peer.port, { limits: { drainTimeout: 100, closeTimeout: 100 } })
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1))
    const deaf = await fixture.connect()
    deaf.raw.pause()
    await until(() => fixture.bridge.metrics().includes('direction="up"} 12'))
    await fixture.bridge.close()
    expect(await client.closed).toMatchObject({ code: CloseCode.GoingAway })
    await until(() => peer.open.size === 0)
  })
})

test('many tiny messages that have to wait cost no more than their bytes', async () => {
  const written: Uint8Array[] = []
  const blocked = deferred<void>()
  const ended = deferred<null>()
  const socket: Socket = {
    read: () => ended.promise,
    write: pieces => {
      written.push(...pieces)
      return blocked.promise
    },
    flushed: async () => {},
    close: async () => {},
    abort: () => ended.resolve(null),
  }
  const settings = settingsOf({
    targets: ['broker:9092'],
    authenticate: tokens.authenticate,
    origins: [origin],
    adapter: { name: 'none', dial: async () => socket },
    resolve: undefined,
    limits: { framesPerSecond: 1e9 },
  })
  const admission = {
    socket,
    sessionEnds: Number.POSITIVE_INFINITY,
    target: 'broker:9092',
    identity: { id: '' },
    apis: settings.apisFor(),
    remoteAddress: '',
    places: [],
    leave() {},
  }
  const channel = { held: 0, send() {}, close() {}, terminate() {} }
  const relay = new Relay(admission, channel, {
    settings,
    metrics: new Metrics(
      () => 1,
      () => 0,
      MiB,
    ),
    budget: new Budget(MiB, false),
    stopping: () => false,
  })
  const request = requestBytes(1, 300_000)
  crypto.getRandomValues(request.subarray(12, 60_000))
  for (let at = 0; at < request.length; at++) relay.message(request.subarray(at, at + 1))
  relay.message(requestBytes(2, 20_000))
  blocked.resolve()
  await new Promise(resolve => setImmediate(resolve))
  expect(Buffer.concat(written).equals(Buffer.concat([request, requestBytes(2, 20_000)]))).toBe(true)
  expect(written.length).toBeLessThan(25)
  await relay.closed(1000)
})
