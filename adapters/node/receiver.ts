import { type Deferred, deferred } from '../../src/base/deferred.ts'

// Buffers beyond the two that take turns come from TLS, which may hand over a few records after being told to stop.
const mostSpare = 4

/**
 * What has been received and not read yet. The runtime reads straight into buffers of ours, one read a buffer; at most
 * one filled buffer waits before the socket is told to stop, so that whoever doesn't read holds no more than that.
 */
export class Receiver {
  /** For the `onread` option of node:net and node:tls. */
  readonly onread: { buffer: () => Uint8Array; callback: (length: number) => boolean }
  /** Starts a stopped socket again. */
  resume: () => void = () => {}

  private readonly size: number
  private filling: Uint8Array
  private readonly spare: Uint8Array[] = []
  private readonly ready: { buffer: Uint8Array; length: number }[] = []
  /** The buffer whose bytes the reader has. */
  private lent: Uint8Array | undefined
  private reader: Deferred<Uint8Array | null> | undefined
  private stopped = false
  private dropping = false
  private ended: { readonly error?: unknown } | undefined

  /** `size`: bytes a read may bring at most. */
  constructor(size: number) {
    this.size = size
    this.filling = new Uint8Array(size)
    this.onread = { buffer: () => this.filling, callback: length => this.received(length) }
  }

  /** The next bytes; null at the end. Those of the last call are gone. */
  read(): Promise<Uint8Array | null> {
    if (this.lent !== undefined && this.spare.length < mostSpare) this.spare.push(this.lent)
    this.lent = undefined
    const next = this.ready.shift()
    if (next !== undefined) return Promise.resolve(this.lend(next))
    if (this.ended !== undefined)
      return 'error' in this.ended ? Promise.reject(this.ended.error) : Promise.resolve(null)
    this.reader = deferred()
    if (this.stopped) {
      this.stopped = false
      this.resume()
    }
    return this.reader.promise
  }

  /** Nothing more will come. What lies ready can still be read. */
  end(): void {
    if (this.ended !== undefined) return
    this.ended = {}
    this.reader?.resolve(null)
    this.reader = undefined
  }

  /** Reading fails from now on; `atOnce`: even what lies ready is gone. */
  fail(error: unknown, atOnce: boolean): void {
    if (atOnce) this.ready.length = 0
    else if (this.ended !== undefined) return
    this.ended = { error }
    this.reader?.reject(error)
    this.reader = undefined
  }

  /** Throws away what comes from now on, unless someone waits for it. */
  drop(): void {
    this.dropping = true
    this.ready.length = 0
    if (this.stopped) {
      this.stopped = false
      this.resume()
    }
  }

  private received(length: number): boolean {
    if (this.reader === undefined && this.dropping) return true
    const filled = { buffer: this.filling, length }
    this.filling = this.spare.pop() ?? new Uint8Array(this.size)
    const { reader } = this
    if (reader !== undefined) {
      this.reader = undefined
      reader.resolve(this.lend(filled))
      return true
    }
    this.ready.push(filled)
    this.stopped = true
    return false
  }

  private lend({ buffer, length }: { buffer: Uint8Array; length: number }): Uint8Array {
    this.lent = buffer
    return buffer.subarray(0, length)
  }
}
