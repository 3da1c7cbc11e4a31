import type * as net from 'node:net'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'

// How long a client may take to read what is left when we close, in milliseconds.
const closePatience = 5_000

/** A connection that a client made to us. Bytes are read from the kernel only as they are asked for. */
export class AcceptedSocket implements Socket {
  readonly #socket: net.Socket
  #reader: Deferred<Uint8Array | null> | undefined
  #ended = false
  #failure: { readonly reason: unknown } | undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('readable', () => this.#deliver())
    socket.on('end', () => {
      this.#ended = true
      this.#deliver()
    })
    socket.on('error', error => this.#fail(error))
    socket.on('close', () => this.#fail(new ClosedError('the connection was closed')))
  }

  read(): Promise<Uint8Array | null> {
    this.#reader = deferred()
    const { promise } = this.#reader
    this.#deliver()
    return promise
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    if (this.#failure !== undefined || pieces.length === 0) return
    let more = true
    this.#socket.cork()
    for (const piece of pieces) more = this.#socket.write(piece)
    this.#socket.uncork()
    if (!more) return this.flushed()
  }

  flushed(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason)
    if (this.#socket.writableLength === 0) return Promise.resolve()
    return new Promise(resolve => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done)
        resolve()
      }
      this.#socket.on('drain', done).on('close', done)
    })
  }

  close(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#socket.destroy(), closePatience)
      this.#socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      this.#socket.end()
      // Nobody reads any more; but the client's own end is seen only by who does.
      this.#socket.resume()
    })
  }

  abort(reason: unknown = new ClosedError('the connection was aborted')): void {
    this.#fail(reason)
    this.#socket.destroy()
  }

  #deliver(): void {
    const reader = this.#reader
    if (reader === undefined) return
    if (this.#failure !== undefined) reader.reject(this.#failure.reason)
    else {
      const chunk = this.#socket.read() as Uint8Array | null
      if (chunk === null && !this.#ended) return
      reader.resolve(chunk)
    }
    this.#reader = undefined
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#deliver()
  }
}
