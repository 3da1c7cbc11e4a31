import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { Sender } from './sender.ts'

/**
 * A connected stream as a runtime has it: asked for bytes, and given bytes. No call comes before the last of its kind
 * is answered.
 */
export interface RawStream {
  /** The next bytes, untouched until the next call; null at the end. */
  read(): Promise<Uint8Array | null>
  /** Takes at least one of the bytes, and answers how many; the rest is given again. */
  write(bytes: Uint8Array): number | Promise<number>
  /** Tells the peer that no more comes. */
  end(): void | Promise<void>
  /** Gone at once. Calls still pending may reject, or never settle: nobody waits for them. May be called twice. */
  destroy(): void
  /** The program need not (true) or must (false) stay alive for it. */
  idle?(on: boolean): void
  /** What it threw, as one of our errors. */
  translate(error: unknown): unknown
}

// How long close() waits for the peer to take what is left and to close its side, in milliseconds.
const closePatience = 5_000

/**
 * A runtime's stream as a `Socket`. Nothing is read before it is asked for, so that whoever doesn't read holds the peer
 * back.
 */
export class StreamSocket implements Socket {
  readonly #broker: string
  readonly #raw: RawStream
  readonly #sender: Sender
  readonly #lastRead = deferred<void>()
  readonly #destroyed = deferred<void>()
  #reader: Deferred<Uint8Array | null> | undefined
  #pulling = false
  /** The peer has ended its side, or reading failed. */
  #ended = false
  #dropping = false
  #failure: { readonly error: unknown } | undefined
  #closing: Promise<void> | undefined

  constructor(broker: string, raw: RawStream) {
    this.#broker = broker
    this.#raw = raw
    // Reading goes on for now: the peer's last words may say why it takes no more.
    this.#sender = new Sender(
      bytes => raw.write(bytes),
      error => this.#fail(raw.translate(error)),
    )
  }

  read(): Promise<Uint8Array | null> {
    if (this.#ended) return this.#failure === undefined ? Promise.resolve(null) : Promise.reject(this.#failure.error)
    this.#reader = deferred()
    const { promise } = this.#reader
    if (!this.#pulling) void this.#pull()
    return promise
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    return this.#sender.write(pieces)
  }

  flushed(): Promise<void> {
    return this.#sender.flushed()
  }

  get unsent(): number {
    return this.#sender.unsent
  }

  idle(on: boolean): void {
    if (!this.#ended) this.#raw.idle?.(on)
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  abort(reason: unknown = new ClosedError(`${this.#broker}: the socket was aborted`)): void {
    if (!this.#ended) this.#failure = { error: reason }
    this.#fail(reason)
    this.#end()
    this.#raw.destroy()
    this.#destroyed.resolve()
  }

  async #pull(): Promise<void> {
    this.#pulling = true
    try {
      const bytes = await this.#raw.read()
      this.#pulling = false
      if (bytes === null) this.#end()
      else if (!this.#ended) this.#received(bytes)
    } catch (error) {
      this.#pulling = false
      if (this.#ended) return
      const reason = this.#closing === undefined ? this.#raw.translate(error) : this.#closedError()
      // It may say more than a write that failed before: an alert, where that found a closed pipe.
      this.#failure = { error: reason }
      this.#fail(reason)
      this.#end()
    }
  }

  #received(bytes: Uint8Array): void {
    const reader = this.#reader
    const dropping = this.#dropping
    this.#reader = undefined
    // While closing the next read is ours, and would fill the same memory.
    reader?.resolve(dropping ? bytes.slice() : bytes)
    if (dropping) void this.#pull()
  }

  /** Nothing more is read. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    const reader = this.#reader
    const failure = this.#failure
    this.#reader = undefined
    if (failure === undefined) reader?.resolve(null)
    else reader?.reject(failure.error)
    this.#lastRead.resolve()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#sender.fail(error)
  }

  #closedError(): ClosedError {
    return new ClosedError(`${this.#broker}: the socket was closed`)
  }

  async #finish(): Promise<void> {
    const timer = setTimeout(() => this.abort(), closePatience)
    // A runtime may leave its promises pending once the stream is destroyed.
    await Promise.race([this.#sayGoodbye().catch(() => {}), this.#destroyed.promise])
    clearTimeout(timer)
    this.abort(this.#closedError())
  }

  async #sayGoodbye(): Promise<void> {
    await this.#sender.flushed()
    await this.#raw.end()
    // The peer's end of the stream is only seen by one who reads up to it.
    this.#dropping = true
    if (!this.#pulling && !this.#ended) void this.#pull()
    await this.#lastRead.promise
  }
}
