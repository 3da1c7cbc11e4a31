import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ClosedError } from '../../src/base/errors.ts'
import { CloseCode, subprotocol } from '../shared/bridge-wire.ts'
import { FrameError, FrameReader, type Notice, Opcode, serverHead } from '../shared/frames.ts'
import type { Channel } from './channel.ts'
import type { Relay } from './relay.ts'

// RFC 6455, section 1.3.
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
// A close frame without a code, as its reader sees it (section 7.1.5).
const noCode = 1005
// Frames looked at before everybody else gets a turn. Large ones come one to a chunk.
const framesATurn = 16
// With more than this unsent a ping gets no pong: those that nobody takes must not pile up.
const mostUnsent = 16 * 1024
const mostReason = 123
// Up to this size copying costs less than a second write.
const copied = 4096
// What comes after the end is thrown away, up to here.
const mostDropped = 1024 * 1024

/** The key of a WebSocket's handshake; undefined when that is none. */
export function handshakeKey({ headers, method }: IncomingMessage): string | undefined {
  const key = headers['sec-websocket-key']
  const right =
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(key ?? '')
  return right ? key : undefined
}

/**
 * The bridge's end of a WebSocket over a socket of Node's. Of a client's frames it puts none together, looks at no more
 * than a few at a time, and at none while it is paused.
 */
export class NodeWebSocket implements Channel {
  readonly #socket: Duplex
  readonly #frames: FrameReader
  #relay: Relay | undefined
  /** Bytes of the chunk at hand that nobody has looked at. */
  #looking: NodeJS.Immediate | undefined
  #chunked = 0
  #paused = false
  /** What the last ping held that has no pong yet. */
  #pinged: Uint8Array | undefined
  /** What the client said at its end. */
  #heardCode: number | undefined
  #closeSent = false
  /** Nothing of the client's is looked at any more. */
  #deaf = false
  #dropped = 0

  /** `most`: bytes of one message. */
  constructor(socket: Duplex, most: number) {
    this.#socket = socket
    this.#frames = new FrameReader('the client', { from: 'client', most })
  }

  /** Answers the handshake, and starts the traffic. `ended`: once the socket is gone, with the client's code. */
  open(key: string, relay: Relay, ended: (code: number) => void): void {
    const socket = this.#socket as Socket
    this.#relay = relay
    socket.setTimeout?.(0)
    socket.setNoDelay?.(true)
    const accept = createHash('sha1').update(`${key}${magic}`).digest('base64')
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    )
    socket.on('data', (chunk: Buffer) => {
      if (this.#deaf) return this.#drop(chunk.length)
      this.#frames.give(chunk)
      this.#chunked = chunk.length
      this.#look()
    })
    // A WebSocket has no half-close; but what we said last may be on its way.
    socket.on('end', () => (this.#closeSent ? socket.end() : socket.destroy()))
    socket.on('error', error => relay.failed(error))
    socket.on('close', () => {
      clearImmediate(this.#looking)
      this.#deaf = true
      ended(this.#heardCode ?? CloseCode.Abnormal)
    })
    // A client may be gone already, and then nobody is told any more.
    if (socket.destroyed) ended(CloseCode.Abnormal)
    else socket.resume()
  }

  get held(): number {
    return this.#socket.writableLength + this.#chunked
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closeSent) return reject(new ClosedError('the WebSocket is closed'))
      this.#write(Opcode.Binary, bytes, error => (error ? reject(error) : resolve()))
    })
  }

  ping(): void {
    if (!this.#closeSent) this.#write(Opcode.Ping, new Uint8Array(0))
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#chunked > 0) this.#lookLater()
    else if (!this.#deaf) this.#socket.resume()
  }

  close(code: CloseCode, reason: string): void {
    this.#sendClose(code, reason)
    // The client's half of the closing is waited for, unless it is not worth the looking.
    if (code === CloseCode.Flood) {
      this.#stopListening()
      this.#socket.pause()
    }
    if (this.#deaf || this.#heardCode !== undefined) this.#socket.end()
  }

  terminate(): void {
    this.#socket.destroy()
  }

  #look(): void {
    this.#looking = undefined
    this.#lookAtSome()
    // Of several pings the last is answered (section 5.5.3).
    if (this.#pinged !== undefined && !this.#closeSent && this.#socket.writableLength <= mostUnsent)
      this.#write(Opcode.Pong, this.#pinged)
    this.#pinged = undefined
  }

  #lookAtSome(): void {
    try {
      for (let looked = 0; ; looked++) {
        if (this.#deaf || this.#paused) return
        if (looked === framesATurn) {
          this.#socket.pause()
          return this.#lookLater()
        }
        const next = this.#frames.next()
        if (next === undefined) break
        if (next instanceof Uint8Array) this.#relay!.message(next)
        else this.#hear(next)
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#stopListening()
      this.#relay!.broken(error)
      // It may have been told of another end before.
      this.#socket.end()
      return
    }
    this.#chunked = 0
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  #lookLater(): void {
    this.#looking ??= setImmediate(() => this.#look())
  }

  #hear({ opcode, payload }: Notice): void {
    if (opcode === Opcode.Text) this.#relay!.text()
    else if (opcode === Opcode.Close) {
      this.#heardCode = payload.length < 2 ? noCode : payload[0]! * 256 + payload[1]!
      this.#stopListening()
      this.#sendClose(CloseCode.Normal, '')
      this.#socket.end()
    } else {
      this.#relay!.ping(payload.length)
      if (opcode === Opcode.Ping) this.#pinged = payload
    }
  }

  #stopListening(): void {
    this.#deaf = true
    this.#chunked = 0
    this.#socket.resume()
  }

  /** Whoever is not read from may see no close frame. But there is an end to that, too. */
  #drop(bytes: number): void {
    this.#dropped += bytes
    if (this.#dropped > mostDropped) this.#socket.pause()
  }

  #sendClose(code: number, reason: string): void {
    if (this.#closeSent) return
    const text = Buffer.from(reason).subarray(0, mostReason)
    this.#write(Opcode.Close, Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), text]))
    this.#closeSent = true
  }

  #write(opcode: Opcode, payload: Uint8Array, done?: (error?: Error | null) => void): void {
    const socket = this.#socket
    const head = serverHead(opcode, payload.length)
    if (payload.length <= copied) {
      socket.write(Buffer.concat([head, payload]), done)
      return
    }
    socket.cork()
    socket.write(head)
    socket.write(payload, done)
    socket.uncork()
  }
}
