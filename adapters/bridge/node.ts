import { lookup } from 'node:dns/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { dial } from '../node/dial.ts'
import { Bridge } from './bridge.ts'
import type { BridgeConfig } from './config.ts'
import type { Resolve } from './guard.ts'
import { handshakeKey, NodeWebSocket } from './node-web-socket.ts'
import { Refusal } from './refusal.ts'

/** A BridgePolicy; adapter and resolver are Node's if not given. */
export type NodeBridgeConfig = Omit<BridgeConfig, 'adapter' | 'resolve'> &
  Partial<Pick<BridgeConfig, 'adapter' | 'resolve'>>

// What one read from a broker may bring, and one message to a client. Messages wake the client, which costs as much as
// passing their bytes on: with 128 KiB, as elsewhere, the bridge needs half as much processor time again.
const readSize = 512 * 1024
const adapter: SocketAdapter = { name: 'node', dial: (address, options) => dial(address, options, readSize) }

/** Every address of the name, as the system knows them. */
export const systemResolve: Resolve = async host => (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * A bridge to mount in an HTTP server of yours:
 * `server.on('upgrade', (request, socket, head) => bridge.upgrade(request, socket, head) || socket.destroy())`.
 * The server keeps the limits on headers: `maxHeaderSize`, `headersTimeout`, `maxConnections`.
 */
export class NodeBridge {
  readonly #bridge: Bridge

  constructor(config: NodeBridgeConfig) {
    this.#bridge = new Bridge({
      ...config,
      adapter: config?.adapter ?? adapter,
      resolve: config?.resolve ?? systemResolve,
    })
  }

  /** Connections now, those being opened included. */
  get connections(): number {
    return this.#bridge.connections
  }

  /** What a bridge counts, in Prometheus' text format. Not for the public. */
  metrics(): string {
    return this.#bridge.metrics.text()
  }

  /**
   * For the server's 'upgrade' event. False, with nothing done, for a path that isn't the bridge's: then the socket is
   * yours to destroy, or to listen to, for an error of it that nobody hears ends the process.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const { path } = this.#bridge.settings
    if (!request.url?.startsWith(path)) return false
    void this.#open(request, socket, head)
    return true
  }

  /** For the server's 'request' event: the health path. False, with nothing done, for any other. */
  request(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url !== this.#bridge.settings.healthPath) return false
    const { stopping } = this.#bridge
    response
      .writeHead(stopping ? 503 : 200, { 'content-type': 'text/plain', connection: 'close' })
      .end(stopping ? 'stopping\n' : 'ok\n')
    return true
  }

  /**
   * Takes nobody in any more, lets every connection finish what is under way, and closes it. Bounded by the limits'
   * timeouts.
   */
  close(): Promise<void> {
    return this.#bridge.close()
  }

  async #open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const watch = new Watch(socket)
    try {
      // Whoever sends before the answer is there does not speak WebSocket.
      if (head.length > 0) throw new Refusal(400, 'request', 'bytes came before the handshake was done')
      const remoteAddress = request.socket.remoteAddress ?? ''
      const key = handshakeKey(request)
      if (key === undefined)
        throw this.#bridge.refuse(new Refusal(400, 'request', 'that is no WebSocket handshake'), remoteAddress)
      const admission = await this.#bridge.admit({
        url: request.url!,
        header: name => textOf(request.headers[name]),
        remoteAddress,
        signal: watch.signal,
      })
      watch.end()
      const webSocket = new NodeWebSocket(socket, this.#bridge.settings.limits.messageBytes)
      const { gone, relay } = this.#bridge.relay(admission, webSocket)
      webSocket.open(key, relay, code => void gone(code))
    } catch (error) {
      refuse(socket, error instanceof Refusal ? error : new Refusal(500, 'failed', 'the bridge failed'))
      if (!(error instanceof Refusal)) this.#bridge.settings.logger.error('upgrade failed', { error })
    }
  }
}

/** Sees a client go away, or speak too early, while it waits for its answer. */
class Watch {
  readonly #socket: Duplex
  readonly #gone = new AbortController()
  readonly #leave = (): void => this.#gone.abort(new Refusal(503, 'gone', 'the client has gone'))
  readonly #early = (): void =>
    this.#gone.abort(new Refusal(400, 'request', 'bytes came before the handshake was done'))

  constructor(socket: Duplex) {
    this.#socket = socket
    // Nobody else listens for errors yet.
    socket.on('error', () => {})
    socket.on('close', this.#leave).on('end', this.#leave).on('data', this.#early)
  }

  get signal(): AbortSignal {
    return this.#gone.signal
  }

  end(): void {
    this.#socket.pause()
    this.#socket.off('close', this.#leave).off('end', this.#leave).off('data', this.#early)
  }
}

/** Answers an upgrade that is not granted, and ends the connection. */
export function refuse(socket: Duplex, { message, status }: Refusal): void {
  // From an upgrade on nobody else listens for errors, and one that is not heard ends the process.
  socket.on('error', () => {})
  const body = `${message}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 429 || status === 503 ? ['Retry-After: 1'] : []),
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}
