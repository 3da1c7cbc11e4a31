import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError, ConfigError } from '../../src/base/errors.ts'
import { CloseCode, subprotocol } from '../shared/bridge-wire.ts'
import type { Admission } from './admission.ts'
import type { Bridge, Relaying } from './bridge.ts'
import type { Channel } from './channel.ts'
import { FetchBridge, type FetchBridgeConfig } from './fetch-bridge.ts'
import type { Resolve } from './guard.ts'

// As much of Bun as we use, declared by hand: no types of another runtime come with the package.
interface ServerWebSocket {
  readonly data: unknown
  binaryType: string
  /** Bytes sent, -1 when they have to wait, 0 when they were dropped. */
  send(bytes: Uint8Array): number
  ping(): number
  getBufferedAmount(): number
  pause(): void
  resume(): void
  close(code: number, reason: string): void
  terminate(): void
}

interface Server {
  requestIP(request: Request): { address: string } | null
  upgrade(request: Request, options: { headers: Record<string, string>; data: unknown }): boolean
}

/** What Bun.serve is given as `websocket`. */
export interface BunWebSocketHandlers {
  /** Always false: messages are sent as they are. */
  perMessageDeflate: boolean
  /** Bytes that a message may have; Bun ends a connection that sends more. */
  maxPayloadLength: number
  /** Seconds without a sign of life after which Bun ends a connection. */
  idleTimeout: number
  /** Whether Bun pings by itself: false, the bridge does. */
  sendPings: boolean
  /** A client has connected. */
  open(webSocket: ServerWebSocket): void
  /** A client has sent a message. */
  message(webSocket: ServerWebSocket, data: string | Uint8Array): void
  /** There is room again for what is to be sent. */
  drain(webSocket: ServerWebSocket): void
  /** A client has pinged. */
  ping(webSocket: ServerWebSocket, data?: Uint8Array): void
  /** A client has answered a ping. */
  pong(webSocket: ServerWebSocket, data?: Uint8Array): void
  /** A connection has ended, with the code of its closing frame. */
  close(webSocket: ServerWebSocket, code: number): void
}

interface Bun {
  dns: { lookup(host: string): Promise<{ address: string }[]> }
}

function bun(): Bun {
  const found = (globalThis as { Bun?: Bun }).Bun
  if (found === undefined) throw new ConfigError('a BunBridge works in Bun alone')
  return found
}

// Seconds. Longer than anything of the bridge's lasts without a sign of life, by default.
const idleTimeout = 120
const bunResolve: Resolve = async host => (await bun().dns.lookup(host)).map(({ address }) => address)

/**
 * A bridge in Bun: `Bun.serve({ fetch: (request, server) => bridge.fetch(request, server), websocket: bridge.websocket
 * })`.
 */
export class BunBridge extends FetchBridge {
  /** For `Bun.serve`, beside `fetch`. */
  readonly websocket: BunWebSocketHandlers

  constructor(config: FetchBridgeConfig) {
    bun()
    super(config, { resolve: bunResolve })
    const of = ({ data }: ServerWebSocket): BunConnection => data as BunConnection
    this.websocket = {
      perMessageDeflate: false,
      maxPayloadLength: this.bridge.settings.limits.messageBytes,
      // The bridge has its own deadlines. But only so does Bun end the socket of a client that answers no closing.
      idleTimeout,
      sendPings: false,
      open: webSocket => of(webSocket).opened(webSocket),
      message: (webSocket, data) => of(webSocket).message(data),
      drain: webSocket => of(webSocket).drained(),
      ping: (webSocket, data) => of(webSocket).heardPing(data),
      pong: (webSocket, data) => of(webSocket).heardPing(data),
      close: (webSocket, code) => of(webSocket).closed(code),
    }
  }

  /** Undefined once it is a WebSocket, as Bun wants. */
  fetch(request: Request, server: Server): Promise<Response | undefined> {
    const remoteAddress = server.requestIP(request)?.address ?? ''
    return this.answer(request, { remoteAddress, signal: request.signal }, admission => {
      const data = new BunConnection(this.bridge, admission)
      if (!server.upgrade(request, { headers: { 'sec-websocket-protocol': subprotocol }, data }))
        throw new ClosedError('not upgraded')
      return undefined
    })
  }
}

/** One WebSocket, from when it is granted. */
class BunConnection implements Channel {
  readonly #bridge: Bridge
  readonly #admission: Admission
  #webSocket: ServerWebSocket | undefined
  #relaying: Relaying | undefined
  #room: Deferred<void> | undefined
  /** Bytes of the message that there was no room for, which Bun does not always count. */
  #waiting = 0
  /** The client was told to close. */
  #told = false

  constructor(bridge: Bridge, admission: Admission) {
    this.#bridge = bridge
    this.#admission = admission
  }

  opened(webSocket: ServerWebSocket): void {
    webSocket.binaryType = 'uint8array'
    this.#webSocket = webSocket
    this.#relaying = this.#bridge.relay(this.#admission, this)
  }

  message(data: string | Uint8Array): void {
    const { relay } = this.#relaying!
    if (typeof data === 'string') relay.text()
    else relay.message(data)
  }

  ping(): void {
    this.#webSocket!.ping()
  }

  heardPing(data: Uint8Array | undefined): void {
    this.#relaying!.relay.ping(data?.length ?? 0)
  }

  get held(): number {
    return Math.max(this.#webSocket!.getBufferedAmount(), this.#waiting)
  }

  drained(): void {
    this.#waiting = 0
    this.#room?.resolve()
    this.#room = undefined
  }

  closed(code: number): void {
    this.#room?.reject(new ClosedError('the WebSocket is closed'))
    this.#room = undefined
    const { closed, gone } = this.#relaying!
    if (!this.#told) return void gone(code)
    // Bun says so when it has told the client, whose socket is there yet; and nothing of what becomes of that.
    void closed(code)
    const { clock, limits } = this.#bridge.settings
    clock.after(limits.closeTimeout, () => void gone(code))
  }

  send(bytes: Uint8Array): void | Promise<void> {
    const sent = this.#webSocket!.send(bytes)
    if (sent === 0) throw new ClosedError('the WebSocket is closed')
    if (sent > 0) return
    this.#waiting = bytes.length
    this.#room ??= deferred()
    return this.#room.promise
  }

  pause(): void {
    this.#webSocket!.pause()
  }

  resume(): void {
    this.#webSocket!.resume()
  }

  close(code: CloseCode, reason: string): void {
    // Nobody waits for such a one.
    if (code === CloseCode.Flood) return this.terminate()
    this.#told = true
    this.#webSocket!.close(code, reason)
  }

  terminate(): void {
    this.#webSocket!.terminate()
  }
}
