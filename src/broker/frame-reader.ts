import { ProtocolError } from '../base/errors.ts'
import type { Socket } from '../socket/socket.ts'

const noBytes = new Uint8Array(0)

/**
 * Cuts what a socket reads into frames: an int32 of their length, and that many bytes. Holds one frame and one read, no
 * more.
 */
export class FrameReader {
  readonly #socket: Socket
  readonly #limit: number
  /** Read and not yet handed out. */
  #rest: Uint8Array = noBytes
  /** Set while a read is under way that `watch` began. */
  #reading: Promise<Uint8Array | null> | undefined

  constructor(socket: Socket, limit: number) {
    this.#socket = socket
    this.#limit = limit
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
    if (this.#rest.length < length && !(await this.#gather(length))) return null
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
      if (size > 0 && !ours) held = widened(held, size, Math.min(length, size * 2))
      ours = size > 0
      const chunk = await (this.#reading ?? this.#socket.read())
      this.#reading = undefined
      if (chunk === null) return false
      if (!ours) held = chunk
      else {
        if (size + chunk.length > held.length)
          held = widened(held, size, Math.max(size + chunk.length, Math.min(length, size * 2)))
        held.set(chunk, size)
      }
      size += chunk.length
    }
    this.#rest = held.subarray(0, size)
    return true
  }
}

function widened(bytes: Uint8Array, used: number, length: number): Uint8Array {
  const wider = new Uint8Array(length)
  wider.set(bytes.subarray(0, used))
  return wider
}
