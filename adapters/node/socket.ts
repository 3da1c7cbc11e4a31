import type { Socket as NetSocket } from 'node:net'
import { ClosedError } from '../../src/base/errors.ts'
import type { Address, Socket } from '../../src/socket/socket.ts'
import { Backlog } from '../shared/backlog.ts'
import { translate } from './errors.ts'
import type { Receiver } from './receiver.ts'

// More unsent bytes than this, and write() asks for a pause. The kernel's own buffers hold as much again and keep the
// line busy meanwhile.
const highWater = 1024 * 1024
// How long close() waits for the peer to take what is left and to close its side, in milliseconds.
const closePatience = 5_000

/** A connected socket of node:net or node:tls as a `Socket`. */
export class NodeSocket implements Socket {
  private readonly broker: string
  private readonly socket: NetSocket
  private readonly receiver: Receiver
  private readonly backlog = new Backlog()
  private closing: Promise<void> | undefined
  private readonly onWritten = (): void => this.written()

  constructor(broker: string, socket: NetSocket, receiver: Receiver, secure: boolean) {
    this.broker = broker
    this.socket = socket
    this.receiver = receiver
    receiver.resume = () => socket.resume()
    socket.on('end', () => receiver.end())
    socket.on('error', error => this.fail(translate(broker, error, secure), false))
    socket.on('close', () => this.fail(new ClosedError(`${broker}: the socket was closed`), false))
  }

  read(): Promise<Uint8Array | null> {
    return this.receiver.read()
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    const { socket } = this
    // Why it ended is what read() tells.
    if (this.backlog.failure !== undefined || pieces.length === 0) return
    const last = pieces.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i <= last; i++) socket.write(pieces[i]!, i === last ? this.onWritten : undefined)
    if (last > 0) socket.uncork()
    return this.backlog.pressure(socket.writableLength > highWater)
  }

  flushed(): Promise<void> {
    // Bytes count until the kernel has them, or the peer's TLS record is with the kernel.
    return this.backlog.flushed(this.socket.writableLength === 0)
  }

  /** Of a write under way Node counts all until the end; what libuv has left of it, added, shrinks with every byte. */
  get unsent(): number {
    const { writableLength } = this.socket
    return writableLength === 0 ? 0 : writableLength + queuedOf(this.socket)
  }

  get localAddress(): Address | undefined {
    return addressOf(this.socket.localAddress, this.socket.localPort)
  }

  get remoteAddress(): Address | undefined {
    return addressOf(this.socket.remoteAddress, this.socket.remotePort)
  }

  idle(on: boolean): void {
    if (on) this.socket.unref()
    else this.socket.ref()
  }

  close(): Promise<void> {
    this.closing ??= this.finish()
    return this.closing
  }

  abort(reason: unknown = new ClosedError(`${this.broker}: the socket was aborted`)): void {
    this.fail(reason, true)
    this.socket.destroy()
  }

  private finish(): Promise<void> {
    if (this.backlog.failure !== undefined) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(() => this.abort(), closePatience)
      this.socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      this.socket.end()
      // The peer's end of the stream is only seen by one who reads up to it.
      this.receiver.drop()
    })
  }

  private written(): void {
    const { writableLength } = this.socket
    this.backlog.changed(writableLength > highWater, writableLength === 0)
  }

  private fail(error: unknown, atOnce: boolean): void {
    this.receiver.fail(error, atOnce)
    this.backlog.fail(error)
  }
}

/** Node has neither once a socket is closed. */
function addressOf(host: string | undefined, port: number | undefined): Address | undefined {
  return host === undefined || port === undefined ? undefined : { host, port }
}

interface Handle {
  readonly writeQueueSize?: number
  /** Below TLS: the socket itself. */
  readonly _parent?: Handle
}

function queuedOf(socket: NetSocket): number {
  // Undocumented, but there since Node 0.x. Without it progress is seen write by write.
  const { _handle: handle } = socket as unknown as { _handle?: Handle | null }
  return (handle?._parent ?? handle)?.writeQueueSize ?? 0
}
