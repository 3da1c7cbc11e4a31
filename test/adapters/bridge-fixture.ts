import * as net from 'node:net'
import { onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { type ServedBridge, type ServeOptions, serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { adapter as nodeAdapter } from '../../adapters/node/index.ts'
import { encodeToken, markedSubprotocol, subprotocol, tokenProtocol } from '../../adapters/shared/bridge-wire.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

// What the tests of the bridge share: a bridge whose resolver and dialer are the test's, a broker that does as told,
// and clients.

export const origin = 'https://app.example'
export const tokens = signedTokens({ secret: 'a secret of thirty-two bytes or so' })

export interface Fixture {
  readonly bridge: ServedBridge
  /** What was dialed, as the bridge asked for it. */
  readonly dialed: string[]
  readonly log: { level: string; message: string; details: unknown }[]
  /** A client's WebSocket: opened, or rejected with the status of the answer. */
  connect(target?: string, options?: ConnectOptions): Promise<Client>
}

export interface ConnectOptions {
  token?: string | null
  origin?: string | null
  headers?: Record<string, string>
  path?: string
  client?: WebSocket.ClientOptions
}

/**
 * A bridge on a free port to 'broker:9092', which is at `port`; over whatever else `options` says. It dials loopback
 * alone.
 */
export async function startFixture(port: number, options: Partial<ServeOptions> = {}): Promise<Fixture> {
  const dialed: string[] = []
  const log: Fixture['log'] = []
  const adapter: SocketAdapter = {
    name: 'loopback',
    dial(address, how) {
      dialed.push(`${address.host}:${address.port}`)
      if (!/^127\./.test(address.host)) throw new Error(`the test would have dialed ${address.host}`)
      return nodeAdapter.dial({ host: address.host, port }, how)
    },
  }
  const write = (level: string) => (message: string, details?: unknown) => void log.push({ level, message, details })
  const bridge = await serveBridge({
    port: 0,
    targets: ['broker:9092'],
    allowAddresses: ['127.0.0.1'],
    authenticate: tokens.authenticate,
    origins: [origin],
    adapter,
    resolve: async () => ['127.0.0.1'],
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    ...options,
  })
  onTestFinished(() => bridge.close())
  return { bridge, dialed, log, connect: (target = 'broker:9092', how = {}) => connect(bridge.url + target, how) }
}

/** The HTTP status an upgrade was answered with. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, body: string) {
    super(`${status} ${body}`)
    this.status = status
  }
}

/** What the upgrade is answered with; 101 when it is granted. */
export async function statusOf(fixture: Fixture, target?: string, options?: ConnectOptions): Promise<number> {
  return fixture.connect(target, options).then(
    () => 101,
    error => error.status,
  )
}

/** A WebSocket to a bridge, opened; rejects with a Refused. */
export async function connect(
  url: string,
  { client, headers, origin: from = origin, path, token }: ConnectOptions = {},
): Promise<Client> {
  const given = token === undefined ? await tokens.sign({ id: 'tester' }) : token
  const protocols = [subprotocol, markedSubprotocol, ...(given === null ? [] : [tokenProtocol + encodeToken(given)])]
  const webSocket = new WebSocket(path === undefined ? url : new URL(path, url), protocols, {
    perMessageDeflate: false,
    ...(from === null ? {} : { origin: from }),
    ...(headers && { headers }),
    ...client,
  })
  onTestFinished(() => webSocket.terminate())
  return new Promise((resolve, reject) => {
    webSocket.on('error', reject)
    webSocket.on('open', () => resolve(new Client(webSocket)))
    webSocket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', chunk => (body += chunk))
      response.on('end', () => reject(new Refused(response.statusCode!, body.trim())))
    })
  })
}

export class Client {
  readonly webSocket: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>
  received = 0
  /** The texts that came, and whether those that ask are answered: in front of a bridge that can't see what waits. */
  readonly marks: string[] = []
  returnsMarks = true
  #waiting: (() => void)[] = []

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary) {
        this.marks.push(String(data))
        if (this.returnsMarks && /^\?/.test(String(data))) webSocket.send(`!${String(data).slice(1)}`)
        return
      }
      this.received += (data as Buffer).length
      for (const wake of this.#waiting.splice(0)) wake()
    })
    webSocket.on('error', () => {})
    this.closed = new Promise(resolve =>
      webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
  }

  /** The raw TCP socket below. */
  get raw(): net.Socket {
    return (this.webSocket as unknown as { _socket: net.Socket })._socket
  }

  /** Until so many bytes came. */
  async until(bytes: number): Promise<void> {
    while (this.received < bytes) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }
}

/** Something at the end of the line, where the bridge believes a broker. */
export interface Peer {
  readonly port: number
  /** Connections so far, and now. */
  readonly accepted: net.Socket[]
  readonly open: Set<net.Socket>
}

export async function startPeer(serve: (socket: net.Socket) => void = socket => socket.resume()): Promise<Peer> {
  const accepted: net.Socket[] = []
  const open = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    accepted.push(socket)
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('end', () => socket.end())
    serve(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, accepted, open }
}

/** A Metadata request as far as a bridge looks: size, API key, version, correlation id; then filling. */
export function requestBytes(correlationId: number, length = 12): Buffer {
  const frame = Buffer.alloc(Math.max(12, length))
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(3, 4)
  frame.writeInt32BE(correlationId, 8)
  return frame
}

/** A response frame: size, correlation id; then filling. */
export function responseBytes(correlationId: number, length = 8): Buffer {
  const frame = Buffer.alloc(Math.max(8, length))
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt32BE(correlationId, 4)
  return frame
}

/** Calls back for every request that comes, with its correlation id. */
export function onRequests(socket: net.Socket, answer: (correlationId: number) => void): void {
  onFrames(socket, frame => answer(frame.readInt32BE(8)))
}

/** Calls back for every frame that comes, size included. */
export function onFrames(socket: net.Socket, answer: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0)
      answer(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  })
}

/** Until it is so; looks every few milliseconds at what no event tells. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not so after ${timeoutMs} ms: ${condition}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
