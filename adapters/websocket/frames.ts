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

/**
 * Reads a server's frames. Binary payload is handed on as it comes, neither copied nor put together, so that a frame
 * may have any size.
 */
export class FrameReader {
  readonly #broker: string
  #chunk = new Uint8Array(0)
  #at = 0
  /** The frame's head, as far as it has come. */
  readonly #head = new Uint8Array(10)
  #headLength = 0
  #inFrame = false
  /** Of the frame at hand. */
  #opcode: Opcode = Opcode.Binary
  #final = true
  #left = 0
  /** Of the message that goes on in the next frame. */
  #unfinished: Opcode | undefined
  /** A control frame may come in the middle of a text. */
  readonly #text = new Gathering()
  readonly #control = new Gathering()

  constructor(broker: string) {
    this.#broker = broker
  }

  /** The next bytes of the peer; those before must have been read to their end. */
  give(chunk: Uint8Array): void {
    this.#chunk = chunk as Uint8Array<ArrayBuffer>
    this.#at = 0
  }

  /** The next payload, a view of the chunk, or notice; undefined at the chunk's end. Throws a ProtocolError. */
  next(): Uint8Array | Notice | undefined {
    while (this.#inFrame || this.#readHead()) {
      const from = this.#at
      this.#at = Math.min(this.#chunk.length, from + this.#left)
      this.#left -= this.#at - from
      const bytes = this.#chunk.subarray(from, this.#at)
      const kind = this.#opcode
      if (kind === Opcode.Binary) {
        if (this.#left === 0) this.#inFrame = false
        else if (bytes.length === 0) return undefined
        if (bytes.length > 0) return bytes
        continue
      }
      const gathering = kind === Opcode.Text ? this.#text : this.#control
      if (!gathering.add(bytes)) throw this.#error('a text too long to be ours')
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
    this.#headLength = 0
    this.#inFrame = true
    const first = head[0]!
    if ((first & reservedBits) !== 0) throw this.#error('a compressed frame, or one with an extension nobody asked for')
    if ((head[1]! & maskedBit) !== 0) throw this.#error('a masked frame, as only clients send')
    this.#left = lengthIn(head)
    if (!Number.isSafeInteger(this.#left)) throw this.#error('a frame of 2^53 bytes or more')
    this.#final = (first & finalBit) !== 0
    this.#opcode = this.#kindOf(first & 0x0f)
    return true
  }

  #headNeeded(): number {
    if (this.#headLength < 2) return 2
    const length = this.#head[1]! & 0x7f
    return length < 126 ? 2 : length === 126 ? 4 : 10
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

  #error(what: string): ProtocolError {
    return new ProtocolError(`${this.#broker}: the bridge broke the WebSocket protocol: ${what}`)
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
