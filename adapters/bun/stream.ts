import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import type { PeerCertificate, TLSOptions } from '../../src/socket/socket.ts'
import { handshakeEndedError, pinError } from '../shared/errors.ts'
import type { RawStream } from '../shared/stream-socket.ts'
import { translate } from './errors.ts'
import type { BunSocket, Handlers } from './runtime.ts'

/** A connection of Bun's: what it calls back with, and a stream to ask. */
export class BunStream implements RawStream {
  /** Settles when it is connected, the TLS handshake included. */
  readonly opened: Promise<void>
  readonly handlers: Handlers
  private readonly broker: string
  private readonly secure: boolean
  private readonly opening = deferred<void>()
  private socket: BunSocket | undefined
  private readonly ready: Uint8Array[] = []
  private reader: Deferred<Uint8Array | null> | undefined
  private room: Deferred<void> | undefined
  private paused = false
  private isConnected = false
  private ended = false
  private failure: { readonly error: unknown } | undefined

  constructor(broker: string, tls: TLSOptions | undefined) {
    const secure = tls !== undefined
    const { rejectUnauthorized = true, verifyPeerCertificate } = tls ?? {}
    this.broker = broker
    this.secure = secure
    this.opened = this.opening.promise
    // Whoever dials may have gone.
    this.opened.catch(() => {})
    this.handlers = {
      binaryType: 'uint8array',
      open: socket => {
        this.socket = socket
        if (!secure) this.connected()
      },
      handshake: (socket, success, error) => {
        if (success && (error === null || !rejectUnauthorized)) {
          const refused = verifyPeerCertificate && pinError(broker, verifyPeerCertificate, peerCertificate(socket))
          if (refused) this.fail(refused)
          else this.connected()
        } else
          this.fail(error === null || (error as { code?: string }).code === 'ECONNRESET' ? this.closedError() : error)
      },
      data: (_socket, bytes) => this.received(bytes),
      drain: () => {
        this.room?.resolve()
        this.room = undefined
      },
      end: () => this.finish(),
      close: (_socket, error) => {
        this.fail(error == null || this.isShaking ? this.closedError() : error)
      },
      error: (_socket, error) => this.fail(error),
      connectError: (_socket, error) => this.fail(error),
    }
  }

  read(): Promise<Uint8Array | null> {
    const bytes = this.ready.shift()
    if (bytes !== undefined) return Promise.resolve(bytes)
    if (this.ended) return Promise.resolve(null)
    if (this.failure !== undefined) return Promise.reject(this.failure.error)
    this.reader = deferred()
    if (this.paused) {
      this.paused = false
      this.socket!.resume()
    }
    return this.reader.promise
  }

  write(bytes: Uint8Array): number | Promise<number> {
    if (this.failure !== undefined) throw this.failure.error
    const taken = this.socket!.write(bytes)
    if (taken < 0) throw this.closedError()
    return taken > 0 ? taken : this.writeLater(bytes)
  }

  end(): void {
    this.socket?.shutdown()
  }

  destroy(): void {
    this.fail(this.closedError())
    this.socket?.terminate()
  }

  idle(on: boolean): void {
    if (this.failure !== undefined) return
    if (on) this.socket!.unref()
    else this.socket!.ref()
  }

  translate(error: unknown): unknown {
    return translate(this.broker, error, this.secure)
  }

  private async writeLater(bytes: Uint8Array): Promise<number> {
    this.room = deferred()
    await this.room.promise
    return this.write(bytes)
  }

  private received(bytes: Uint8Array): void {
    const { reader } = this
    if (reader !== undefined) {
      this.reader = undefined
      reader.resolve(bytes)
      return
    }
    // One chunk may wait, half a mebibyte at most. (A stopped socket still hands over what TLS had decrypted.)
    this.ready.push(bytes)
    if (this.paused) return
    this.paused = true
    this.socket!.pause()
  }

  private finish(): void {
    this.ended = true
    this.reader?.resolve(null)
    this.reader = undefined
  }

  private fail(error: unknown): void {
    if (this.failure !== undefined) return
    this.failure = { error }
    this.opening.reject(error)
    this.reader?.reject(error)
    this.room?.reject(error)
    this.reader = this.room = undefined
  }

  private connected(): void {
    this.isConnected = true
    this.opening.resolve()
  }

  private get isShaking(): boolean {
    return this.secure && this.socket !== undefined && !this.isConnected
  }

  private closedError(): ConnectionError {
    return this.isShaking
      ? handshakeEndedError(this.broker, undefined)
      : new ConnectionError(this.broker, 'the connection is closed')
  }
}

function peerCertificate(socket: BunSocket): PeerCertificate {
  const { raw, fingerprint256 } = socket.getPeerCertificate()
  return { der: raw, fingerprint256 }
}
