import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { adapter as nodeAdapter } from '../../adapters/node/index.ts'
import { CloseCode, subprotocol } from '../../adapters/shared/bridge-wire.ts'
import { websocketOver } from '../../adapters/websocket/index.ts'
import {
  AuthenticationError,
  ConfigError,
  ConnectionError,
  ProtocolError,
  TimeoutError,
} from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { type Peer, startPeer, until } from './bridge-fixture.ts'
import { certificate } from './certificates.ts'

const at = { host: 'broker', port: 9092 }

/** The head of an answer that opens a WebSocket, but for `changes`; null leaves a field out. */
function opening(request: string, changes: Readonly<Record<string, string | null>> = {}): string {
  const key = /^sec-websocket-key: (.*)\r$/im.exec(request)![1]!
  const fields: Record<string, string | null> = {
    Upgrade: 'websocket',
    Connection: 'keep-alive, Upgrade',
    'Sec-WebSocket-Accept': createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'),
    'Sec-WebSocket-Protocol': subprotocol,
    ...changes,
  }
  const lines = Object.entries(fields).map(([name, value]) => (value === null ? '' : `${name}: ${value}\r\n`))
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
}

/** Dials a server that says this to the handshake, byte for byte. */
async function dial(
  answer: (request: string) => Uint8Array | string,
): Promise<{ dialing: Promise<Socket>; peer: Peer }> {
  const peer = await startPeer(socket =>
    socket.once('data', request => socket.write(answer(request.toString('latin1')))),
  )
  const dialing = websocketOver(nodeAdapter, { url: `ws://127.0.0.1:${peer.port}/` }).dial(at, {})
  dialing.catch(() => {})
  return { dialing, peer }
}

/** Dials a server that opens a WebSocket and sends these bytes behind the handshake. */
async function dialed(...bytes: number[]): Promise<{ socket: Socket; peer: Peer }> {
  const { dialing, peer } = await dial(request =>
    Buffer.concat([Buffer.from(opening(request)), Uint8Array.from(bytes)]),
  )
  return { socket: await dialing, peer }
}

describe('what is no handshake is refused, and the connection ended', () => {
  test.each<[string, (request: string) => string, new (...args: never[]) => Error]>([
    ['another status', () => 'HTTP/1.1 418 teapot\r\n\r\n', ConnectionError],
    ['200', () => 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', ConnectionError],
    ['401', () => 'HTTP/1.1 401 no\r\n\r\n', AuthenticationError],
    ['403', () => 'HTTP/1.1 403 no\r\n\r\n', ConfigError],
    ['504', () => 'HTTP/1.1 504 late\r\n\r\n', TimeoutError],
    ['no HTTP at all', () => '\0\0\0\x10 what?\r\n\r\n', ProtocolError],
    ['a head without end', () => 'x'.repeat(100_000), ProtocolError],
    [
      'an accept for another key',
      request => opening(request, { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }),
      ProtocolError,
    ],
    ['no accept', request => opening(request, { 'Sec-WebSocket-Accept': null }), ProtocolError],
    ['no upgrade', request => opening(request, { Upgrade: null }), ProtocolError],
    ['another connection', request => opening(request, { Connection: 'close' }), ProtocolError],
    ['an extension', request => opening(request, { 'Sec-WebSocket-Extensions': 'permessage-deflate' }), ProtocolError],
    ['another subprotocol', request => opening(request, { 'Sec-WebSocket-Protocol': 'graphql-ws' }), ProtocolError],
    ['no subprotocol', request => opening(request, { 'Sec-WebSocket-Protocol': null }), ProtocolError],
  ])('%s', async (_what, answer, kind) => {
    const { dialing, peer } = await dial(answer)
    await expect(dialing).rejects.toThrow(kind)
    await until(() => peer.open.size === 0)
  })

  test('an end in the middle', async () => {
    const peer = await startPeer(socket => socket.once('data', () => socket.end('HTTP/1.1 101')))
    await expect(websocketOver(nodeAdapter, { url: `ws://127.0.0.1:${peer.port}/` }).dial(at, {})).rejects.toThrow(
      ProtocolError,
    )
  })

  test('a server that says nothing, until the signal aborts', async () => {
    const peer = await startPeer()
    const { signal, ...cancel } = abortable()
    const dialing = websocketOver(nodeAdapter, { url: `ws://127.0.0.1:${peer.port}/` }).dial(at, { signal })
    await until(() => peer.open.size === 1)
    cancel.abort('enough')
    await expect(dialing).rejects.toBe('enough')
    await until(() => peer.open.size === 0)
  })
})

function abortable(): { signal: AbortSignal; abort(reason: unknown): void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: reason => controller.abort(reason) }
}

test('a handshake in single bytes opens, and what comes in the same breath as its end is read', async () => {
  const peer = await startPeer(socket => {
    socket.setNoDelay(true).once('data', async request => {
      const answer = Buffer.concat([Buffer.from(opening(request.toString('latin1'))), Uint8Array.of(0x82, 2, 7, 8)])
      for (const byte of answer) await new Promise<void>(resolve => socket.write(Uint8Array.of(byte), () => resolve()))
    })
  })
  const socket = await websocketOver(nodeAdapter, { url: `ws://127.0.0.1:${peer.port}/` }).dial(at, {})
  let received: number[] = []
  while (received.length < 2) received = [...received, ...(await socket.read())!]
  expect(received).toEqual([7, 8])
  socket.abort()
})

describe('frames no server may send end the connection with a ProtocolError', () => {
  test.each<[string, number[]]>([
    ['compressed', [0xc2, 1, 0]],
    ['masked', [0x82, 0x81, 0, 0, 0, 0, 0]],
    ['of 2^63 bytes', [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    ['of an unknown kind', [0x83, 0]],
    ['of an unknown control kind', [0x8b, 0]],
    ['a continuation of nothing', [0x80, 1, 0]],
    ['a message within a message', [0x02, 1, 0, 0x82, 1, 0]],
    ['a ping in pieces', [0x09, 1, 0]],
    ['a ping of 126 bytes', [0x89, 126, 0, 126]],
    ['a text', [0x81, 1, 0x3f]],
    ['a text without end', [0x01, 100, ...new Array(100).fill(0x20), 0x00, 100, ...new Array(100).fill(0x20)]],
  ])('%s', async (_what, bytes) => {
    const { socket, peer } = await dialed(...bytes)
    const read = async (): Promise<void> => {
      while ((await socket.read()) !== null);
    }
    await expect(read()).rejects.toThrow(ProtocolError)
    await expect(socket.read()).rejects.toThrow(ProtocolError)
    await until(() => peer.open.size === 0)
  })
})

test('a flood of pings that finds no way out ends the connection, not the memory', async () => {
  const { socket, peer } = await dialed()
  const [remote] = peer.accepted
  remote!.pause()
  let paused: Promise<void> | undefined
  while (paused === undefined) paused = socket.write([new Uint8Array(1024 * 1024)]) ?? undefined
  paused.catch(() => {})
  remote!.write(Buffer.concat(new Array(1000).fill(Uint8Array.of(0x89, 1, 0))))
  await expect(socket.read()).rejects.toThrow(/asks too much/)
})

test('a bridge that never closes its side is not waited for', { timeout: 15_000 }, async () => {
  const { socket, peer } = await dialed()
  await socket.close()
  await until(() => peer.open.size === 0)
})

test('the close code of the bridge is in the error, and 4000 is the end of the stream', async () => {
  const close = (code: number, reason = '') => [0x88, 2 + reason.length, code >> 8, code & 0xff, ...Buffer.from(reason)]
  const lost = await dialed(...close(CloseCode.SessionExpired, 'dial again'))
  await expect(lost.socket.read()).rejects.toThrow(/session with the broker expired \(close code 4002\): dial again/)
  const over = await dialed(0x82, 1, 42, ...close(CloseCode.BrokerClosed))
  expect([...(await over.socket.read())!]).toEqual([42])
  expect(await over.socket.read()).toBeNull()
  await expect(over.socket.flushed()).rejects.toThrow(/closed/)
  const none = await dialed(0x88, 0)
  await expect(none.socket.read()).rejects.toThrow(ConnectionError)
  for (const { peer } of [lost, over, none]) await until(() => peer.open.size === 0)
})

test('another implementation reads what is framed: every form of length, every rest of four, large writes cut', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => subprotocol })
  onTestFinished(() => server.close())
  await once(server, 'listening')
  const socket = await websocketOver(nodeAdapter, {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  }).dial(at, {})
  const [client] = server.clients
  const received: Buffer[] = []
  client!.on('message', data => received.push(data as Buffer))
  const payload = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 31) ^ (i >> 8))
  const lengths = [
    1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 65_533, 65_534, 65_535, 65_536, 65_537, 65_538, 65_539, 262_144,
  ]
  for (const length of lengths)
    await socket.write([payload.subarray(0, length >> 1), payload.subarray(length >> 1, length)])
  await socket.write([payload])
  const closed = once(client!, 'close')
  await socket.close()
  expect((await closed)[0]).toBe(CloseCode.Normal)
  expect(received.map(({ length }) => length)).toEqual([...lengths, 262_144, 262_144, 75_712])
  for (const data of received.slice(0, -2)) expect(Buffer.compare(data, payload.subarray(0, data.length))).toBe(0)
  expect(Buffer.compare(Buffer.concat(received.slice(-3)), payload)).toBe(0)
})

test('a bridge at wss:// is checked as its options say', async () => {
  const authority = certificate({ name: 'ours', isAuthority: true })
  const { cert, key } = certificate({ name: 'localhost', hosts: ['localhost', '127.0.0.1'], issuer: authority })
  const https = createServer({ cert, key }).listen(0, '127.0.0.1')
  const server = new WebSocketServer({ server: https, handleProtocols: () => subprotocol })
  onTestFinished(() => {
    for (const client of server.clients) client.terminate()
    https.close()
  })
  await once(https, 'listening')
  server.on('connection', client => client.on('message', data => client.send(data)))
  const url = `wss://127.0.0.1:${(https.address() as AddressInfo).port}/`
  await expect(websocketOver(nodeAdapter, { url }).dial(at, {})).rejects.toThrow(AuthenticationError)
  const socket = await websocketOver(nodeAdapter, { url, tls: { ca: authority.cert } }).dial(at, {})
  await socket.write([Uint8Array.of(1, 2, 3)])
  expect([...(await socket.read())!]).toEqual([1, 2, 3])
  await socket.close()
})
