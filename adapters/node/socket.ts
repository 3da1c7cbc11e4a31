import type { Socket as NetSocket } from 'node:net'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { translate } from './errors.ts'
import type { Receiver } from './receiver.ts'

// More unsent bytes than this, and write() asks for a pause. The kernel's own buffers hold as much again and keep the line busy meanwhile.
const highWater = 1024 * 1024
// How long close() waits for the peer to take what is left and to close its side, in milliseconds.
const closePatience = 5_000

/** A connected socket of node:net or node:tls as a `Socket`. */
export class NodeSocket implements Socket {
  private readonly broker: string
  private readonly socket: NetSocket
  private readonly receiver: Receiver
  private room: Deferred<void> | undefined
  private empty: Deferred<void> | undefined
  private closing: Promise<void> | undefined
  private failure: { readonly error: unknown } | undefined
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
    if (this.failure !== undefined || pieces.length === 0) return
    const last = pieces.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i <= last; i++) socket.write(pieces[i]!, i === last ? this.onWritten : undefined)
    if (last > 0) socket.uncork()
    if (socket.writableLength <= highWater) return
    this.room ??= deferred()
    return this.room.promise
  }

  flushed(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error)
    // Bytes count until the kernel has them, or the peer's TLS record is with the kernel.
    if (this.socket.writableLength === 0) return Promise.resolve()
    this.empty ??= deferred()
    return this.empty.promise
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
    if (this.failure !== undefined) return Promise.resolve()
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
    if (writableLength > highWater) return
    this.room?.resolve()
    this.room = undefined
    if (writableLength > 0) return
    this.empty?.resolve()
    this.empty = undefined
  }

  private fail(error: unknown, atOnce: boolean): void {
    this.receiver.fail(error, atOnce)
    if (this.failure !== undefined) return
    this.failure = { error }
    for (const waiter of [this.room, this.empty]) {
      // Not everyone who was promised room waits for it.
      waiter?.promise.catch(() => {})
      waiter?.reject(error)
    }
    this.room = this.empty = undefined
  }
}
