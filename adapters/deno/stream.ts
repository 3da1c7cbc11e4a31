import type { RawStream } from '../shared/stream-socket.ts'
import { translate } from './errors.ts'
import type { Conn } from './runtime.ts'

// A read fills no more than this; more at once brought nothing on a loopback connection.
const readSize = 256 * 1024

/** A connection of Deno's. */
export class DenoStream implements RawStream {
  private readonly broker: string
  private readonly conn: Conn
  private readonly secure: boolean
  private readonly buffer = new Uint8Array(readSize)
  private destroyed = false

  constructor(broker: string, conn: Conn, secure: boolean) {
    this.broker = broker
    this.conn = conn
    this.secure = secure
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const length = await this.conn.read(this.buffer)
      return length === null ? null : this.buffer.subarray(0, length)
    } catch (error) {
      // Closed without TLS's goodbye: an end all the same, as other runtimes have it. Frames know whether they are whole.
      if (this.secure && (error as Error).name === 'UnexpectedEof') return null
      throw error
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.conn.write(bytes)
  }

  end(): Promise<void> {
    return this.conn.closeWrite()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.conn.close()
  }

  idle(on: boolean): void {
    if (this.destroyed) return
    if (on) this.conn.unref()
    else this.conn.ref()
  }

  translate(error: unknown): unknown {
    return translate(this.broker, error, this.secure)
  }
}
