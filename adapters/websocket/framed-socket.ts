import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError, ConnectionError, messageOf, ProtocolError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import { clientFrame, type FrameReader, type Notice, Opcode } from '../shared/frames.ts'
import { closeError } from './errors.ts'
import { Marks } from './marks.ts'

/** Bytes in one message at most: well under what a bridge takes. */
const messageSize = 256 * 1024
// Answers to the bridge's questions that wait for the socket; an honest bridge never asks so often.
const mostAnswers = 64
// How long close() waits for what is left to go, and for the bridge to close its side, in milliseconds.
const closePatience = 5_000

/**
 * A connection through a bridge, the WebSocket being ours: frames over another socket, which gives backpressure both
 * ways. What the bridge asks is answered, and its close seen, by whoever reads, as a connection does all the time.
 */
export class FramedSocket implements Socket {
  readonly #broker: string
  readonly #socket: Socket
  readonly #frames: FrameReader
  readonly #marks: Marks
  /** Set while the socket below wants no writes. */
  #pause: Promise<void> | undefined
  /** What is to be sent when it does again. */
  readonly #answers: Uint8Array[] = []
  /** Set while the bridge has more of ours than it should. */
  #taken: Deferred<void> | undefined
  #reading = false
  #dropping = false
  #closeSent = false
  #closing: Promise<void> | undefined
  /** Null: the broker ended its side, and that is no error. */
  #ended: { readonly error: unknown } | undefined
  readonly #gone = deferred<void>()

  /** `protocol`: what the bridge chose. `frames`: what came behind the handshake is in it. */
  constructor(broker: string, socket: Socket, protocol: string, frames: FrameReader) {
    this.#broker = broker
    this.#socket = socket
    this.#marks = new Marks(protocol)
    this.#frames = frames
  }

  async read(): Promise<Uint8Array | null> {
    this.#reading = true
    try {
      for (;;) {
        const bytes = this.#received()
        if (bytes !== undefined) return bytes
        const chunk = await this.#socket.read()
        if (chunk === null) this.#end(closeError(this.#broker, { code: CloseCode.Abnormal }))
        else this.#frames.give(chunk)
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.abort(error)
      this.#end(
        new ConnectionError(this.#broker, `the connection to the bridge was lost: ${messageOf(error)}`, {
          cause: error,
        }),
      )
      throw this.#ended!.error
    } finally {
      this.#reading = false
    }
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    // Why it ended is what read() tells.
    if (this.#ended !== undefined) return
    const frames: Uint8Array[] = []
    for (const message of messagesOf(pieces)) {
      frames.push(clientFrame(Opcode.Binary, message))
      const question = this.#marks.sent(message.reduce((sum, { length }) => sum + length, 0))
      if (question !== undefined) frames.push(textFrame(question))
    }
    this.#send(frames)
    if (this.#pause !== undefined || !this.#marks.hasRoom) return this.#room()
  }

  flushed(): Promise<void> {
    return this.#ended === undefined ? this.#socket.flushed() : Promise.reject(this.#endError())
  }

  get unsent(): number {
    return (this.#socket.unsent ?? 0) + this.#marks.unsent
  }

  idle(on: boolean): void {
    this.#socket.idle?.(on)
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  abort(reason: unknown = new ClosedError(`${this.#broker}: the socket was aborted`)): void {
    this.#ended = undefined
    this.#end(reason)
    this.#socket.abort(reason)
  }

  /** What can be read at once: undefined when more must come. Throws what ended the connection. */
  #received(): Uint8Array | null | undefined {
    for (;;) {
      if (this.#ended !== undefined) {
        if (this.#ended.error === null) return null
        throw this.#ended.error
      }
      const next = this.#frames.next()
      if (next === undefined) return undefined
      if (!(next instanceof Uint8Array)) this.#hear(next)
      else if (!this.#dropping && next.length > 0) return next
    }
  }

  #hear({ opcode, payload }: Notice): void {
    if (opcode === Opcode.Ping) this.#answer(clientFrame(Opcode.Pong, [payload]))
    else if (opcode === Opcode.Text) {
      const answer = this.#marks.heard(textOf(payload))
      if (answer === undefined)
        throw new ProtocolError(`${this.#broker}: the bridge sent a text, where all of Kafka is binary`)
      if (answer !== '') this.#answer(textFrame(answer))
      else if (this.#marks.hasRoom) {
        this.#taken?.resolve()
        this.#taken = undefined
      }
    } else if (opcode === Opcode.Close) {
      const code = payload.length < 2 ? CloseCode.Normal : payload[0]! * 256 + payload[1]!
      this.#end(
        code === CloseCode.BrokerClosed
          ? null
          : closeError(this.#broker, { code, reason: textOf(payload.subarray(2)) }),
      )
      if (!this.#closeSent && this.#pause === undefined) this.#sendClose()
      void this.close().catch(() => {})
    }
  }

  #answer(frame: Uint8Array): void {
    if (this.#pause === undefined) this.#send([frame])
    else if (this.#answers.push(frame) > mostAnswers)
      throw new ProtocolError(`${this.#broker}: the bridge asks too much`)
  }

  #send(frames: readonly Uint8Array[]): void {
    const pause = this.#socket.write(frames)
    if (pause === undefined) return
    this.#pause = pause.then(() => {
      this.#pause = undefined
      if (this.#answers.length > 0) this.#send(this.#answers.splice(0))
    })
    // Not everyone who was promised room waits for it.
    this.#pause.catch(() => {})
  }

  #sendClose(): void {
    this.#closeSent = true
    this.#send([clientFrame(Opcode.Close, [Uint8Array.of(CloseCode.Normal >> 8, CloseCode.Normal & 0xff)])])
  }

  /** Until there is room in the socket and at the bridge. */
  async #room(): Promise<void> {
    while (this.#pause !== undefined || !this.#marks.hasRoom) {
      if (this.#ended !== undefined) throw this.#endError()
      if (this.#pause === undefined) this.#taken ??= deferred()
      await (this.#pause ?? this.#taken?.promise)
    }
  }

  async #finish(): Promise<void> {
    this.#dropping = true
    if (this.#ended === undefined) {
      const timer = setTimeout(() => this.abort(), closePatience)
      await this.#socket.flushed().catch(() => {})
      if (this.#ended === undefined) this.#sendClose()
      // Someone must see the bridge's half of the closing.
      if (!this.#reading) this.read().catch(() => {})
      await this.#gone.promise
      clearTimeout(timer)
    }
    await this.#socket.close()
  }

  #end(error: unknown): void {
    if (this.#ended !== undefined) return
    this.#ended = { error }
    this.#gone.resolve()
    this.#taken?.promise.catch(() => {})
    this.#taken?.reject(this.#endError())
  }

  #endError(): unknown {
    return this.#ended?.error ?? new ClosedError(`${this.#broker}: the broker closed the connection`)
  }
}

/** The pieces as messages, none of them too large. */
function* messagesOf(pieces: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let message: Uint8Array[] = []
  let room = messageSize
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + room)
      message.push(part)
      at += part.length
      room -= part.length
      if (room > 0) continue
      yield message
      message = []
      room = messageSize
    }
  }
  if (message.length > 0) yield message
}

function textFrame(text: string): Uint8Array {
  return clientFrame(Opcode.Text, [new TextEncoder().encode(text)])
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
