import type { Socket } from 'cloudflare:sockets'
import { messageOf } from '../../src/base/errors.ts'
import type { RawStream } from '../shared/stream-socket.ts'
import { translate } from './errors.ts'

// The default reader brings 4 KiB at a time; one with a buffer of its own fills that, which doubles the throughput.
const readSize = 256 * 1024
// One write is over when all of it is taken: smaller ones show that something moves.
const writeSize = 256 * 1024

/** A connection of a Worker's. It belongs to the request (or the Durable Object) that opened it. */
export class CloudflareStream implements RawStream {
  readonly #broker: string
  readonly #secure: boolean
  readonly #socket: Socket
  readonly #reader: ReturnType<Socket['readable']['getReader']>
  readonly #writer: ReturnType<Socket['writable']['getWriter']>
  #memory = new ArrayBuffer(readSize)

  constructor(broker: string, socket: Socket, secure: boolean) {
    this.#broker = broker
    this.#secure = secure
    this.#socket = socket
    this.#reader = socket.readable.getReader({ mode: 'byob' })
    this.#writer = socket.writable.getWriter()
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#reader.read(new Uint8Array(this.#memory))
      if (value !== undefined) this.#memory = value.buffer
      return done || value === undefined ? null : value
    } catch (error) {
      // Closed without TLS's goodbye, as far as a Worker tells: an end all the same. Frames know whether they are whole.
      if (this.#secure && /Network connection lost/.test(messageOf(error))) return null
      throw error
    }
  }

  // Resolves when the kernel has them; desiredSize and ready say nothing here.
  async write(bytes: Uint8Array): Promise<number> {
    const part = bytes.length > writeSize ? bytes.subarray(0, writeSize) : bytes
    await this.#writer.write(part)
    return part.length
  }

  end(): Promise<void> {
    return this.#writer.close()
  }

  /**
   * With a write under way the connection lives on until the peer has taken that, or the request ends; aborting the
   * writer is no quicker.
   */
  destroy(): void {
    this.#reader.cancel().catch(() => {})
    this.#socket.close().catch(() => {})
  }

  translate(error: unknown): unknown {
    return translate(this.#broker, error, this.#secure)
  }
}
