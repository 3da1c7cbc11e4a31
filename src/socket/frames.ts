import { ProtocolError } from '../base/errors.ts'
import { readUtf8 } from '../bytes/utf8.ts'
import type { FramePool } from './frame-pool.ts'

/** Who takes the frames apart. */
export interface FrameSink {
  /**
   * A frame has begun, which answers `correlationId`. Says where its bytes go: into a pool's memory, into memory of its
   * own (null), or nowhere (false). What it throws ends the stream.
   */
  frameBegins(correlationId: number): FramePool | null | false
  /** The frame is whole: everything after its size. Null when it was skipped. The bytes are the sink's from now on. */
  frameEnds(frame: Uint8Array | null): void
}

// A size is only a claim. Up to here it is believed; beyond, memory doubles as the bytes really arrive.
const believed = 4 * 1024 * 1024
const prefixLength = 8

/**
 * Cuts a stream of any chunks into length-prefixed frames. Each frame's bytes are copied once, into memory of its size.
 */
export class FrameAssembler {
  readonly #broker: string
  readonly #maxBytes: number
  readonly #sink: FrameSink

  /** Size and correlation id, when they came in pieces. */
  readonly #prefix = new Uint8Array(prefixLength)
  #prefixed = 0

  #first = true
  #inside = false
  #size = 0
  #filled = 0
  #frame: Uint8Array | null = null
  #pool: FramePool | null = null

  /** `broker` is for the errors; `maxBytes` the largest frame. */
  constructor(broker: string, maxBytes: number, sink: FrameSink) {
    this.#broker = broker
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  /** Whether the stream may end here: between two frames. */
  get between(): boolean {
    return !this.#inside && this.#prefixed === 0
  }

  /** What is unfinished, for the error when the stream ends here. */
  get progress(): string {
    return this.#inside ? `${this.#filled} of ${this.#size} bytes of an answer` : `${this.#prefixed} bytes of an answer`
  }

  /** Takes the next bytes; a ProtocolError when they can't be Kafka's. `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) at = this.#inside ? this.#fill(chunk, at) : this.#enter(chunk, at)
  }

  /** Reads size and correlation id. */
  #enter(chunk: Uint8Array, from: number): number {
    let at = from
    while (this.#prefixed < prefixLength && at < chunk.length) {
      this.#prefix[this.#prefixed++] = chunk[at++]!
      // Checked as soon as it is known: a TLS alert, or what an HTTP server says, may be all that comes.
      if (this.#prefixed === 4) this.#checkSize()
    }
    if (this.#prefixed < prefixLength) return at
    this.#prefixed = 0
    this.#inside = true
    this.#filled = 0
    const to = this.#sink.frameBegins(int32(this.#prefix, 4))
    this.#pool = to === false ? null : to
    this.#frame = to === false ? null : this.#allocate()
    this.#store(this.#prefix, 4, prefixLength)
    return at
  }

  #checkSize(): void {
    const size = int32(this.#prefix, 0)
    const problem = this.#first || size > this.#maxBytes ? recognise(this.#prefix) : undefined
    if (problem !== undefined) throw new ProtocolError(`${this.#broker}: ${problem}`)
    if (size < 4) throw new ProtocolError(`${this.#broker}: an answer of ${size} bytes, which no Kafka broker sends`)
    if (size > this.#maxBytes)
      throw new ProtocolError(`${this.#broker}: an answer of ${size} bytes, more than the ${this.#maxBytes} allowed`)
    this.#size = size
    this.#first = false
  }

  #fill(chunk: Uint8Array, from: number): number {
    const to = Math.min(chunk.length, from + this.#size - this.#filled)
    this.#store(chunk, from, to)
    return to
  }

  #store(chunk: Uint8Array, from: number, to: number): void {
    const filled = this.#filled + to - from
    if (this.#frame !== null) {
      if (filled > this.#frame.length) this.#grow(filled)
      this.#frame.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#filled)
    }
    this.#filled = filled
    if (filled === this.#size) {
      const frame = this.#frame
      this.#inside = false
      this.#frame = null
      this.#pool = null
      this.#sink.frameEnds(frame)
    }
  }

  #allocate(): Uint8Array {
    if (this.#size > believed) return this.#pool?.reuse(this.#size) ?? new Uint8Array(believed)
    return this.#pool?.take(this.#size) ?? new Uint8Array(this.#size)
  }

  #grow(needed: number): void {
    const frame = this.#frame
    const pool = this.#pool
    const size = this.#size
    const length = Math.min(size, Math.max(needed, frame!.length * 2))
    const larger = length === size && pool !== null ? pool.take(size) : new Uint8Array(length)
    larger.set(frame!.subarray(0, this.#filled))
    this.#frame = larger
  }
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** What four bytes are that should be a frame's size, if they are something else that is known. */
function recognise(bytes: Uint8Array): string | undefined {
  const [kind, major, minor] = bytes
  if (major === 3 && minor! <= 4) {
    if (kind === 0x15)
      return 'the peer answered with a TLS alert: this port speaks TLS, and the connection was made without'
    if (kind === 0x16) return 'the peer speaks TLS (a handshake record came), and the connection was made without'
  }
  const text = readUtf8(bytes, 0, 4)
  if (text === 'HTTP') return 'the peer answered with HTTP: this is a web server, not a Kafka broker'
  if (/^[\x20-\x7e\r\n]{4}$/.test(text))
    return `the peer answered with text (${JSON.stringify(text)}…): not a Kafka broker`
  return undefined
}
