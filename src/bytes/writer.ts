import { kindOf, ProtocolError } from '../base/errors.ts'
import { putUuid } from './reader.ts'
import { writeUtf8 } from './utf8.ts'

// Attached bytes shorter than this are cheaper to copy than to carry as a piece of their own.
const copyBelow = 2048
// Characters of a text that an error repeats.
const mostTold = 100

/**
 * Writes Kafka's big-endian types into a growing buffer. Large byte strings can be attached instead of copied:
 * `pieces()` then answers the buffer's stretches and the attached bytes in order, for a vectored write.
 */
export class ByteWriter {
  #bytes: Uint8Array
  /** Bytes written into the buffer so far, attached ones not counted. */
  #at = 0
  /** Attached pieces, and where in the buffer each belongs. */
  #attached: { at: number; bytes: Uint8Array }[] | undefined
  #attachedLength = 0

  constructor(capacity = 256) {
    this.#bytes = blank(capacity)
  }

  /** All bytes so far, attached ones included. */
  get length(): number {
    return this.#at + this.#attachedLength
  }

  /**
   * Makes room for `length` bytes, moves past them and answers where they begin. It may replace `bytes`: call it first.
   */
  #room(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) this.#grow(at + length)
    this.#at = at + length
    return at
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 4, needed))
    bytes.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = bytes
  }

  int8(value: number): void {
    if (typeof value !== 'number' || (value << 24) >> 24 !== value) throw notA('int8', value)
    const at = this.#room(1)
    this.#bytes[at] = value
  }
  boolean(value: boolean): void {
    if (typeof value !== 'boolean') throw notA('boolean', value)
    const at = this.#room(1)
    this.#bytes[at] = value ? 1 : 0
  }
  int16(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) throw notA('int16', value)
    this.#put16(value)
  }
  uint16(value: number): void {
    if (typeof value !== 'number' || (value & 0xffff) !== value) throw notA('uint16', value)
    this.#put16(value)
  }
  int32(value: number): void {
    if (typeof value !== 'number' || (value | 0) !== value) throw notA('int32', value)
    this.#put32(this.#room(4), value)
  }
  bigInt64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw notA('int64', value)
    const at = this.#room(8)
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset).setBigInt64(at, value)
  }

  #put16(value: number): void {
    const at = this.#room(2)
    this.#bytes[at] = value >> 8
    this.#bytes[at + 1] = value
  }

  /** Quicker byte by byte than to make a DataView for the few numbers of a request. */
  #put32(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value >> 24
    bytes[at + 1] = value >> 16
    bytes[at + 2] = value >> 8
    bytes[at + 3] = value
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw notA('integer a number holds exactly', value)
    this.#putInt64(value)
  }

  /** As `int64`, but what is beyond 2^63 becomes the nearest int64. */
  clampedInt64(value: number): void {
    if (typeof value !== 'number' || Number.isNaN(value)) throw notA('int64', value)
    const whole = Math.trunc(value)
    if (whole >= 2 ** 63) {
      const at = this.#room(8)
      this.#put32(at, 0x7fffffff)
      this.#put32(at + 4, -1)
    } else this.#putInt64(Math.max(whole, -(2 ** 63)))
  }

  #putInt64(value: number): void {
    const at = this.#room(8)
    const high = Math.floor(value / 0x100000000)
    this.#put32(at, high)
    this.#put32(at + 4, value - high * 0x100000000)
  }

  unsignedVarint(value: number): void {
    let rest = value >>> 0
    if (rest !== value) throw notA('unsigned varint', value)
    let at = this.#room(5)
    while (rest > 0x7f) {
      this.#bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[at++] = rest
    this.#at = at
  }

  uuid(text: string): void {
    const at = this.#room(16)
    putUuid(this.#bytes, at, text)
  }

  /** Copies `bytes` in. */
  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Puts `bytes` here without copying them, if they are large: they must stay untouched until written out. */
  attach(bytes: Uint8Array): void {
    if (bytes.length < copyBelow) {
      this.raw(bytes)
      return
    }
    this.#attached ??= []
    this.#attached.push({ at: this.#at, bytes })
    this.#attachedLength += bytes.length
  }

  /**
   * The text's UTF-8 with its byte count in front, written by `prefix` (the count is known only afterwards, so it goes
   * in two steps).
   */
  string(text: string, prefix: 'int16' | 'compact'): void {
    const start = this.#at
    const most = text.length * 3
    // Guess the width of the prefix for ASCII, and move the bytes when the guess was wrong.
    const guess = prefix === 'int16' ? 2 : varintWidth(text.length + 1)
    this.#room(5 + most)
    const written = writeUtf8(this.#bytes, start + guess, text)
    // As U+FFFD it would be another name: two groups or topics that share one.
    if (written !== text.length && /\p{Surrogate}/u.test(text))
      throw new ProtocolError(`half a surrogate pair in ${JSON.stringify(text)}`)
    if (prefix === 'int16') {
      if (written > 0x7fff) throw new ProtocolError(`a string of ${written} bytes; Kafka's limit is 32767`)
      this.#bytes[start] = written >> 8
      this.#bytes[start + 1] = written
    } else {
      const width = varintWidth(written + 1)
      if (width !== guess) this.#bytes.copyWithin(start + width, start + guess, start + guess + written)
      this.#at = start
      this.unsignedVarint(written + 1)
      this.#at = start + width + written
      return
    }
    this.#at = start + guess + written
  }

  /** Overwrites the int32 at `at` (an offset into the buffer before any attached piece). */
  patchInt32(at: number, value: number): void {
    this.#put32(at, value)
  }

  /**
   * Everything written, in order, as few pieces as there are. Views: the writer must not be written to while they are
   * in use.
   */
  pieces(): Uint8Array[] {
    if (this.#attached === undefined) return [this.#bytes.subarray(0, this.#at)]
    const all: Uint8Array[] = []
    let from = 0
    for (const { at, bytes } of this.#attached) {
      if (at > from) all.push(this.#bytes.subarray(from, at))
      all.push(bytes)
      from = at
    }
    if (this.#at > from) all.push(this.#bytes.subarray(from, this.#at))
    return all
  }

  /** Everything written, as one array; a view when nothing was attached. */
  done(): Uint8Array {
    if (this.#attached === undefined) return this.#bytes.subarray(0, this.#at)
    return concat(this.pieces())
  }
}

// Small buffers are cut from a larger one: making one of 256 bytes costs more than what most requests write into it. No
// two share bytes.
let block = new Uint8Array(0)
let blockAt = 0

function blank(capacity: number): Uint8Array {
  if (capacity > 1024) return new Uint8Array(capacity)
  if (blockAt + capacity > block.length) {
    block = new Uint8Array(16384)
    blockAt = 0
  }
  const at = blockAt
  blockAt += capacity
  return block.subarray(at, blockAt)
}

/** The pieces one after another. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const piece of pieces) length += piece.length
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

function varintWidth(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5
}

/**
 * Values come from callers that need not speak TypeScript: what would be turned into something else, or throw on its
 * way, is told instead.
 */
export function notA(type: string, value: unknown): ProtocolError {
  const isTold = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  const told = isTold
    ? String(value)
    : typeof value === 'string'
      ? JSON.stringify(value.slice(0, mostTold))
      : kindOf(value)
  return new ProtocolError(`${told} is no ${type}`)
}
