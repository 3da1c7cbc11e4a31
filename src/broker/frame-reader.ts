import { ProtocolError } from '../base/errors.ts'
import type { Socket } from '../socket/socket.ts'
import type { Allowance } from './allowance.ts'

const noBytes = new Uint8Array(0)

/**
 * Cuts what a socket reads into frames: an int32 of their length, and that many bytes. Holds one frame and one read, no
 * more; of a frame that has come in part no more than there is left of what all connections may.
 */
export class FrameReader {
  readonly #socket: Socket
  readonly #limit: number
  /** Read and not yet handed out. */
  #rest: Uint8Array = noBytes
  /** Shared by all connections: what they hold of requests that have come in part. */
  readonly #pending: Allowance
  #taken = 0
  /** Set while a read is under way that `watch` began. */
  #reading: Promise<Uint8Array | null> | undefined

  constructor(socket: Socket, limit: number, pending: Allowance) {
    this.#socket = socket
    this.#limit = limit
    this.#pending = pending
  }

  /** To be called when no more is read. */
  close(): void {
    this.#pending.giveBack(this.#taken)
    this.#taken = 0
    this.#rest = noBytes
  }

  /**
   * The next frame without its length, valid until the next call of this object; null at the end. A length past the
   * limit is a ProtocolError.
   */
  async next(): Promise<Uint8Array | null> {
    const size = await this.#take(4)
    if (size === null) return null
    const length = new DataView(size.buffer, size.byteOffset).getInt32(0)
    if (length < 0 || length > this.#limit)
      throw new ProtocolError(`a request of ${length} bytes; the limit is ${this.#limit}`)
    return this.#take(length)
  }

  /**
   * Looks out for the end of the connection while a request waits: settles once something was read. Frames handed out
   * are no longer valid.
   */
  async watch(): Promise<'more' | 'end'> {
    // Not slice(): a Buffer's is a view.
    this.#rest = new Uint8Array(this.#rest)
    this.#reading ??= this.#socket.read()
    return (await this.#reading) === null ? 'end' : 'more'
  }

  async #take(length: number): Promise<Uint8Array | null> {
    if (this.#rest.length < length) {
      const isWhole = await this.#gather(length)
      this.#pending.giveBack(this.#taken)
      this.#taken = 0
      if (!isWhole) return null
    }
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  /**
   * Reads until `length` bytes are there; false when the connection ended before. Memory grows with what came, not with
   * what was announced.
   */
  async #gather(length: number): Promise<boolean> {
    let held = this.#rest
    let size = held.length
    let ours = false
    while (size < length) {
      // What is held lies in the memory of the last read, which ends with the next one.
      if (size > 0 && !ours) held = this.#widened(held, size, Math.min(length, size * 2))
      ours = size > 0
      const chunk = await (this.#reading ?? this.#socket.read())
      this.#reading = undefined
      if (chunk === null) return false
      if (!ours) held = chunk
      else {
        if (size + chunk.length > held.length)
          held = this.#widened(held, size, Math.max(size + chunk.length, Math.min(length, size * 2)))
        held.set(chunk, size)
      }
      size += chunk.length
    }
    this.#rest = held.subarray(0, size)
    return true
  }

  #widened(bytes: Uint8Array, used: number, length: number): Uint8Array {
    if (!this.#pending.take(length - this.#taken))
      throw new ProtocolError('a request that has come in part, where all such together hold as much as they may')
    this.#taken = length
    const wider = new Uint8Array(length)
    wider.set(bytes.subarray(0, used))
    return wider
  }
}
