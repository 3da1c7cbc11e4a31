import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError, ProtocolError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { Backlog } from '../shared/backlog.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import { closeError } from './errors.ts'
import { highWater, Marks } from './marks.ts'
import type { WebSocketEvent, WebSocketLike } from './web-socket.ts'

/**
 * Bytes in one message at most: well under what a bridge takes, so that other connections of the page get their turn.
 */
const messageSize = 256 * 1024
// Pieces up to this size are gathered, for each message costs as much as copying so many bytes.
const smallPiece = 16 * 1024
const gathered = 64 * 1024
// Nothing tells when a WebSocket has sent what it holds; it is asked so often, in milliseconds.
const pollInterval = 4
// Received and not read: where a WebSocket can be paused it is, beyond this. Elsewhere what our requests ask for is the
// bound.
const mostReceived = 1024 * 1024
// How long close() waits for what is left to go, and for the bridge to close its side, in milliseconds.
const closePatience = 5_000

/** A connection through a bridge. */
export class BridgedSocket implements Socket {
  private readonly broker: string
  private readonly webSocket: WebSocketLike
  private readonly received: Uint8Array[] = []
  private receivedBytes = 0
  private paused = false
  private dropping = false
  private reader: Deferred<Uint8Array | null> | undefined
  private readonly backlog = new Backlog()
  private polling: ReturnType<typeof setTimeout> | undefined
  private closing: Promise<void> | undefined
  private closed = false
  private readonly marks: Marks
  /** Null: the broker ended its side, and that is no error. */
  private ended: { readonly error: unknown } | undefined
  private readonly gone = deferred<void>()

  constructor(broker: string, webSocket: WebSocketLike) {
    this.broker = broker
    this.webSocket = webSocket
    this.marks = new Marks(webSocket.protocol)
    webSocket.addEventListener('message', event => this.arrived(event))
    webSocket.addEventListener('close', event => {
      this.end(event.code === CloseCode.BrokerClosed ? null : closeError(broker, event), false)
      this.gone.resolve()
    })
  }

  read(): Promise<Uint8Array | null> {
    const next = this.received.shift()
    if (next !== undefined) {
      this.receivedBytes -= next.length
      if (this.paused && this.receivedBytes <= mostReceived / 2) this.setPaused(false)
      return Promise.resolve(next)
    }
    if (this.ended !== undefined)
      return this.ended.error === null ? Promise.resolve(null) : Promise.reject(this.ended.error)
    this.reader = deferred()
    return this.reader.promise
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    // Why it ended is what read() tells.
    if (this.ended !== undefined) return
    for (const message of messagesOf(pieces)) this.send(message)
    const { hasRoom } = this
    if (!hasRoom) this.poll()
    return this.backlog.pressure(!hasRoom)
  }

  flushed(): Promise<void> {
    const empty = this.buffered === 0
    if (!empty) this.poll()
    return this.backlog.flushed(empty)
  }

  get unsent(): number {
    return this.buffered + this.marks.unsent
  }

  close(): Promise<void> {
    this.closing ??= this.finish()
    return this.closing
  }

  abort(reason: unknown = new ClosedError(`${this.broker}: the socket was aborted`)): void {
    this.end(reason, true)
    if (this.webSocket.terminate !== undefined) this.webSocket.terminate()
    else this.webSocket.close()
  }

  private get buffered(): number {
    return this.webSocket.bufferedAmount ?? 0
  }

  /** Whether as little is on the way as should be: in our WebSocket, and in a bridge that can't hold us back. */
  private get hasRoom(): boolean {
    return this.buffered <= highWater && this.marks.hasRoom
  }

  private send(message: Uint8Array<ArrayBuffer>): void {
    this.webSocket.send(message)
    const question = this.marks.sent(message.length)
    if (question !== undefined) this.webSocket.send(question)
  }

  /** A text: a question of the bridge's, or its answer to ours. False for anything else. */
  private heard(text: string): boolean {
    const answer = this.marks.heard(text)
    if (answer === undefined) return false
    if (answer === '') this.lookAtUnsent()
    else if (!this.closed) this.webSocket.send(answer)
    return true
  }

  private async finish(): Promise<void> {
    if (this.ended !== undefined) return
    const timer = setTimeout(() => {
      this.abort()
      this.gone.resolve()
    }, closePatience)
    this.dropping = true
    this.received.length = this.receivedBytes = 0
    if (this.paused) this.setPaused(false)
    await this.flushed().catch(() => {})
    this.closed = true
    this.webSocket.close(CloseCode.Normal)
    await this.gone.promise
    clearTimeout(timer)
  }

  private arrived({ data }: WebSocketEvent): void {
    if (this.ended !== undefined) return
    if (typeof data === 'string' && this.heard(data)) return
    if (!(data instanceof ArrayBuffer)) {
      this.abort(new ProtocolError(`${this.broker}: the bridge sent a text, where all of Kafka is binary`))
      return
    }
    // Bytes that came may be answers to bytes that went.
    if (this.backlog.awaited) this.lookAtUnsent()
    if (data.byteLength === 0) return
    const bytes = new Uint8Array(data)
    const { reader } = this
    if (reader !== undefined) {
      this.reader = undefined
      reader.resolve(bytes)
      return
    }
    if (this.dropping) return
    this.received.push(bytes)
    this.receivedBytes += bytes.length
    if (this.receivedBytes > mostReceived && !this.paused) this.setPaused(true)
  }

  private setPaused(paused: boolean): void {
    this.paused = paused
    if (paused) this.webSocket.pause?.()
    else this.webSocket.resume?.()
  }

  private poll(): void {
    this.polling ??= setTimeout(() => {
      this.polling = undefined
      this.lookAtUnsent()
    }, pollInterval)
  }

  private lookAtUnsent(): void {
    const { buffered } = this
    this.backlog.changed(!this.hasRoom, buffered === 0)
    // What a bridge must tell is not asked for.
    if (this.backlog.awaited && buffered > 0) this.poll()
  }

  /** `atOnce`: even what was received is gone. */
  private end(error: unknown, atOnce: boolean): void {
    if (atOnce) this.received.length = this.receivedBytes = 0
    else if (this.ended !== undefined) return
    this.ended = { error }
    clearTimeout(this.polling)
    this.polling = undefined
    if (error === null) this.reader?.resolve(null)
    else this.reader?.reject(error)
    this.backlog.fail(error ?? new ClosedError(`${this.broker}: the broker closed the connection`))
    this.reader = undefined
  }
}

/** The bytes as messages: small pieces gathered, large ones cut. */
function* messagesOf(pieces: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  let gathering: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  let left = 0
  for (const { length } of pieces) left += length
  for (const piece of pieces) {
    if (gathering !== undefined && (piece.length > smallPiece || filled + piece.length > gathering.length)) {
      yield gathering.subarray(0, filled)
      gathering = undefined
      filled = 0
    }
    if (piece.length > smallPiece) {
      for (let at = 0; at < piece.length; at += messageSize)
        yield piece.subarray(at, at + messageSize) as Uint8Array<ArrayBuffer>
    } else {
      gathering ??= new Uint8Array(Math.min(left, gathered))
      gathering.set(piece, filled)
      filled += piece.length
    }
    left -= piece.length
  }
  if (gathering !== undefined && filled > 0) yield gathering.subarray(0, filled)
}
