import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { Backlog } from '../shared/backlog.ts'

/**
 * What a pipe holds before it asks the writer to wait: about what the kernel's buffers of a loopback connection hold.
 */
const highWater = 256 * 1024
// Reads are no larger than this, so that frames come in pieces as they do from a network.
const readSize = 64 * 1024

/** One direction of a connection in memory. The bytes are copied in: neither side ever holds the other's memory. */
export class Pipe {
  readonly #defer: (task: () => void) => void
  readonly #chunks: Uint8Array[] = []
  #held = 0
  #ended = false
  readonly #backlog = new Backlog()
  #reader: Deferred<Uint8Array | null> | undefined

  constructor(defer: (task: () => void) => void) {
    this.#defer = defer
  }

  /** Takes all; a promise when that is more than a pipe should hold. */
  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    // Why it ended is what read() tells.
    if (this.#backlog.failure !== undefined || this.#ended) return
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += readSize)
        this.#chunks.push(new Uint8Array(piece.subarray(at, at + readSize)))
      this.#held += piece.length
    }
    this.#wake()
    return this.#backlog.pressure(this.#held > highWater)
  }

  /** The next bytes; null after the end. */
  read(): Promise<Uint8Array | null> {
    const next = this.#take()
    if (next !== undefined) return Promise.resolve(next)
    const { failure } = this.#backlog
    if (failure !== undefined) return Promise.reject(failure.error)
    if (this.#ended) return Promise.resolve(null)
    this.#reader = deferred()
    return this.#reader.promise
  }

  /** Settles when the other side has read everything. */
  flushed(): Promise<void> {
    return this.#backlog.flushed(this.#held === 0)
  }

  /** Bytes the other side has not read. */
  get unsent(): number {
    return this.#held
  }

  /** Nothing more will be written; what is held can still be read. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Ends it now: what is held is gone, who waits is told. */
  fail(reason: unknown): void {
    if (this.#backlog.failure !== undefined) return
    this.#chunks.length = this.#held = 0
    this.#backlog.fail(reason)
    this.#reader?.promise.catch(() => {})
    this.#reader?.reject(reason)
    this.#reader = undefined
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    this.#held -= chunk.length
    this.#backlog.changed(this.#held > highWater, this.#held === 0)
    return chunk
  }

  /**
   * A waiting reader goes on in a later turn, as it would with a network: two sides that only ever wake each other
   * would starve all timers.
   */
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
