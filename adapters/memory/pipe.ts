import { type Deferred, deferred } from '../../src/base/deferred.ts'

/** What a pipe holds before it asks the writer to wait: about what the kernel's buffers of a loopback connection hold. */
const highWater = 256 * 1024
// Reads are no larger than this, so that frames come in pieces as they do from a network.
const readSize = 64 * 1024

/** One direction of a connection in memory. The bytes are copied in: neither side ever holds the other's memory. */
export class Pipe {
  readonly #defer: (task: () => void) => void
  readonly #chunks: Uint8Array[] = []
  #held = 0
  #ended = false
  #failure: { readonly reason: unknown } | undefined
  #reader: Deferred<Uint8Array | null> | undefined
  #room: Deferred<void> | undefined
  #empty: Deferred<void> | undefined

  constructor(defer: (task: () => void) => void) {
    this.#defer = defer
  }

  /** Takes all; a promise when that is more than a pipe should hold. */
  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    // Why it ended is what read() tells.
    if (this.#failure !== undefined || this.#ended) return
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += readSize) this.#chunks.push(new Uint8Array(piece.subarray(at, at + readSize)))
      this.#held += piece.length
    }
    this.#wake()
    if (this.#held <= highWater) return
    this.#room ??= deferred()
    return this.#room.promise
  }

  /** The next bytes; null after the end. */
  read(): Promise<Uint8Array | null> {
    const next = this.#take()
    if (next !== undefined) return Promise.resolve(next)
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason)
    if (this.#ended) return Promise.resolve(null)
    this.#reader = deferred()
    return this.#reader.promise
  }

  /** Settles when the other side has read everything. */
  flushed(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason)
    if (this.#held === 0) return Promise.resolve()
    this.#empty ??= deferred()
    return this.#empty.promise
  }

  /** Nothing more will be written; what is held can still be read. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Ends it now: what is held is gone, who waits is told. */
  fail(reason: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { reason }
    this.#chunks.length = this.#held = 0
    for (const waiting of [this.#reader, this.#room, this.#empty]) {
      // Not everyone who was promised room waits for it.
      waiting?.promise.catch(() => {})
      waiting?.reject(reason)
    }
    this.#reader = this.#room = this.#empty = undefined
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    this.#held -= chunk.length
    if (this.#held <= highWater) {
      this.#room?.resolve()
      this.#room = undefined
    }
    if (this.#held === 0) {
      this.#empty?.resolve()
      this.#empty = undefined
    }
    return chunk
  }

  /** A waiting reader goes on in a later turn, as it would with a network: two sides that only ever wake each other would starve all timers. */
  #wake(): void {
    if (this.#reader === undefined) return
    this.#defer(() => {
      const reader = this.#reader
      if (reader === undefined) return
      const next = this.#take()
      if (next === undefined && !this.#ended) return
      this.#reader = undefined
      reader.resolve(next ?? null)
    })
  }
}
