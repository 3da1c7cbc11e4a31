import { ProtocolError } from '../../src/base/errors.ts'

/** Kinds of frames: RFC 6455, section 5.2. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const
export type Opcode = (typeof Opcode)[keyof typeof Opcode]

/** What is no part of the stream of bytes: a text or a control frame. */
export interface Notice {
  readonly opcode: Opcode
  readonly payload: Uint8Array
}

const finalBit = 0x80
const reservedBits = 0x70
const maskedBit = 0x80
/** What a control frame has at most; our texts are shorter yet. */
const mostNotice = 125

// Close codes of RFC 6455, section 7.4.1.
const brokenCode = 1002
const textCode = 1003
const tooBigCode = 1009

/** The peer broke the WebSocket protocol, or sent what is not taken. */
export class FrameError extends ProtocolError {
  /** What it is to be told. */
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

export interface FrameReaderOptions {
  /** Whose frames: a client masks its own (section 5.3). */
  readonly from: 'client' | 'server'
  /** Bytes of one message at most. Default: any. */
  readonly most?: number
}

/**
 * Reads a peer's frames. Binary payload is handed on as it comes, neither copied nor put together, so that a frame may
 * have any size.
 */
export class FrameReader {
  readonly #who: string
  readonly #masked: boolean
  readonly #most: number
  #chunk = new Uint8Array(0)
  #at = 0
  /** The frame's head, as far as it has come. */
  readonly #head = new Uint8Array(14)
  #headLength = 0
  #inFrame = false
  /** Of the frame at hand. */
  #opcode: Opcode = Opcode.Binary
  #final = true
  #left = 0
  readonly #key = new Uint8Array(4)
  #phase = 0
  /** Of the message that goes on in the next frame. */
  #unfinished: Opcode | undefined
  /** Bytes of the binary message at hand, as announced. */
  #announced = 0
  /** A control frame may come in the middle of a text. */
  readonly #text = new Gathering()
  readonly #control = new Gathering()

  /** `who`: for the errors. */
  constructor(who: string, { from, most = Number.POSITIVE_INFINITY }: FrameReaderOptions = { from: 'server' }) {
    this.#who = who
    this.#masked = from === 'client'
    this.#most = most
  }

  /** The next bytes of the peer; those before must have been read to their end. */
  give(chunk: Uint8Array): void {
    this.#chunk = chunk as Uint8Array<ArrayBuffer>
    this.#at = 0
  }

  /**
   * The next payload, a view of the chunk, empty for an empty frame; or a notice; undefined at the chunk's end. Throws a
   * FrameError.
   */
  next(): Uint8Array | Notice | undefined {
    while (this.#inFrame || this.#readHead()) {
      const from = this.#at
      this.#at = Math.min(this.#chunk.length, from + this.#left)
      this.#left -= this.#at - from
      const bytes = this.#chunk.subarray(from, this.#at)
      if (this.#masked) this.#unmask(bytes)
      const kind = this.#opcode
      if (kind === Opcode.Binary) {
        if (this.#left === 0) this.#inFrame = false
        else if (bytes.length === 0) return undefined
        return bytes
      }
      const gathering = kind === Opcode.Text ? this.#text : this.#control
      if (!gathering.add(bytes)) throw this.#error('a text too long to be ours', textCode)
      if (this.#left > 0) return undefined
      this.#inFrame = false
      if (this.#final) return { opcode: kind, payload: gathering.take() }
    }
    return undefined
  }

  #readHead(): boolean {
    const head = this.#head
    while (this.#headLength < this.#headNeeded()) {
      if (this.#at === this.#chunk.length) return false
      head[this.#headLength++] = this.#chunk[this.#at++]!
    }
    const { length } = this.#key
    if (this.#masked) this.#key.set(head.subarray(this.#headLength - length, this.#headLength))
    this.#phase = 0
    this.#headLength = 0
    this.#inFrame = true
    const first = head[0]!
    if ((first & reservedBits) !== 0) throw this.#error('a compressed frame, or one with an extension nobody asked for')
    this.#left = lengthIn(head)
    if (!Number.isSafeInteger(this.#left)) throw this.#error('a frame of 2^53 bytes or more')
    this.#final = (first & finalBit) !== 0
    this.#opcode = this.#kindOf(first & 0x0f)
    if (this.#opcode === Opcode.Binary) {
      this.#announced += this.#left
      if (this.#announced > this.#most)
        throw this.#error(`a message of ${this.#announced} bytes (${this.#most} are taken)`, tooBigCode)
      if (this.#final) this.#announced = 0
    }
    return true
  }

  #headNeeded(): number {
    if (this.#headLength < 2) return 2
    const second = this.#head[1]!
    if (((second & maskedBit) !== 0) !== this.#masked)
      throw this.#error(this.#masked ? 'a frame that is not masked' : 'a masked frame, as only clients send')
    const length = second & 0x7f
    return (length < 126 ? 2 : length === 126 ? 4 : 10) + (this.#masked ? 4 : 0)
  }

  /** The message's kind for a continuation. */
  #kindOf(opcode: number): Opcode {
    if (opcode >= Opcode.Close) {
      if (opcode > Opcode.Pong) throw this.#error(`a frame of unknown kind ${opcode}`)
      if (!this.#final || this.#left > mostNotice) throw this.#error('a control frame in pieces, or too long')
      return opcode as Opcode
    }
    if (opcode > Opcode.Binary) throw this.#error(`a frame of unknown kind ${opcode}`)
    if ((opcode === Opcode.Continuation) !== (this.#unfinished !== undefined))
      throw this.#error('pieces of messages mixed up')
    const kind = this.#unfinished ?? (opcode as Opcode)
    this.#unfinished = this.#final ? undefined : kind
    return kind
  }

  /** Takes the mask off, in place. */
  #unmask(bytes: Uint8Array): void {
    const key = this.#key
    const { length } = bytes
    let at = 0
    // By words, where there are some: the buffer's, for those are whole.
    if (length >= 16) {
      while (((bytes.byteOffset + at) & 3) !== 0) bytes[at]! ^= key[(this.#phase + at++) & 3]!
      const turned = Uint8Array.from(key, (_, i) => key[(this.#phase + at + i) & 3]!)
      const word = new Uint32Array(turned.buffer)[0]!
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (length - at) >> 2)
      for (let i = 0; i < words.length; i++) words[i]! ^= word
      at += words.length * 4
    }
    for (; at < length; at++) bytes[at]! ^= key[(this.#phase + at) & 3]!
    this.#phase = (this.#phase + length) & 3
  }

  #error(what: string, code: number = brokenCode): FrameError {
    return new FrameError(`${this.#who} broke the WebSocket protocol: ${what}`, code)
  }
}

/** Puts together what is short. */
class Gathering {
  readonly #memory = new Uint8Array(mostNotice)
  #used = 0

  /** False when it gets too long. */
  add(bytes: Uint8Array): boolean {
    if (this.#used + bytes.length > mostNotice) return false
    this.#memory.set(bytes, this.#used)
    this.#used += bytes.length
    return true
  }

  take(): Uint8Array {
    const bytes = this.#memory.slice(0, this.#used)
    this.#used = 0
    return bytes
  }
}

function lengthIn(head: Uint8Array): number {
  const short = head[1]! & 0x7f
  if (short < 126) return short
  const view = new DataView(head.buffer)
  return short === 126 ? view.getUint16(2) : view.getUint32(2) * 2 ** 32 + view.getUint32(6)
}

/**
 * A client's frame that holds all the pieces. It is masked by a fresh key, so that no page can make a client say what
 * some proxy on the way takes for a request (section 10.3).
 */
export function clientFrame(opcode: Opcode, pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const piece of pieces) length += piece.length
  const headLength = length < 126 ? 6 : length < 65_536 ? 8 : 14
  // Masked by words: the payload begins at a whole one.
  const from = -headLength & 3
  const begin = from + headLength
  const memory = new Uint8Array((begin + length + 3) & ~3)
  const view = new DataView(memory.buffer)
  memory[from] = finalBit | opcode
  memory[from + 1] = maskedBit | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (headLength === 8) view.setUint16(from + 2, length)
  else if (headLength === 14) view.setUint32(from + 6, length)
  crypto.getRandomValues(memory.subarray(begin - 4, begin))
  let at = begin
  for (const piece of pieces) {
    memory.set(piece, at)
    at += piece.length
  }
  const words = new Uint32Array(memory.buffer)
  const key = words[begin / 4 - 1]!
  for (let i = begin / 4; i < words.length; i++) words[i]! ^= key
  return memory.subarray(from, begin + length)
}

/** The head of a server's final frame, which its payload follows as it is. */
export function serverHead(opcode: Opcode, length: number): Uint8Array {
  const first = finalBit | opcode
  if (length < 126) return Uint8Array.of(first, length)
  if (length < 65_536) return Uint8Array.of(first, 126, length >> 8, length)
  return Uint8Array.of(first, 127, 0, 0, 0, 0, length >> 24, length >> 16, length >> 8, length)
}
