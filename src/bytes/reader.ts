import { kindOf, ProtocolError } from '../base/errors.ts'
import { readUtf8 } from './utf8.ts'

/**
 * Reads Kafka's big-endian types off a Uint8Array, front to back. Every read is checked against the bytes that remain,
 * and anything that doesn't fit is a ProtocolError: the bytes come from outside.
 */
export class ByteReader {
  /** What is read from. */
  readonly bytes: Uint8Array
  /** Next byte to be read. */
  offset: number
  /** One past the last byte. */
  readonly end: number
  /** How many elements arrays may still have, all together. */
  room = 1e15

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  /** Bytes that are left to read. */
  get remaining(): number {
    return this.end - this.offset
  }

  /** Moves over `length` bytes and answers where they began. */
  take(length: number): number {
    const at = this.offset
    if (!(length >= 0 && length <= this.end - at))
      throw new ProtocolError(`${length} bytes expected at ${at}, ${this.end - at} remain`)
    this.offset = at + length
    return at
  }

  // Byte by byte: as quick as a DataView, without one to be made for each response.
  /** A signed byte. */
  int8(): number {
    return (this.bytes[this.take(1)]! << 24) >> 24
  }
  /** A byte: false for 0, true for all else. */
  boolean(): boolean {
    return this.bytes[this.take(1)] !== 0
  }
  /** A signed integer of 16 bits. */
  int16(): number {
    return (this.uint16() << 16) >> 16
  }
  /** An unsigned integer of 16 bits. */
  uint16(): number {
    const at = this.take(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }
  /** A signed integer of 32 bits. */
  int32(): number {
    return this.#int32At(this.take(4))
  }
  /** A signed integer of 64 bits, whatever its size. */
  bigInt64(): bigint {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset).getBigInt64(this.take(8))
  }

  #int32At(at: number): number {
    const { bytes } = this
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  /** A 64-bit integer as a number; what a number can't hold exactly is an error. */
  int64(): number {
    const value = this.clampedInt64()
    if (!Number.isSafeInteger(value))
      throw new ProtocolError(`int64 out of a number's exact range at ${this.offset - 8}`)
    return value
  }

  /** A 64-bit integer as the nearest number: for sizes and timestamps, where the extremes are sentinels. */
  clampedInt64(): number {
    const at = this.take(8)
    return this.#int32At(at) * 0x100000000 + (this.#int32At(at + 4) >>> 0)
  }

  /** Unsigned LEB128 of at most 32 bits. */
  unsignedVarint(): number {
    let byte = this.bytes[this.take(1)]!
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.bytes[this.take(1)]!
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new ProtocolError(`varint longer than 32 bits at ${this.offset}`)
  }

  /** The 16 bytes of a UUID in Kafka's text form (URL-safe base64 without padding, as Java prints topic ids). */
  uuid(): string {
    return uuidText(this.bytes, this.take(16))
  }

  /** A view of the next `length` bytes: valid as long as the frame is. */
  view8(length: number): Uint8Array {
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  /** A copy of the next `length` bytes. Not by `slice`: a Buffer's is a view. */
  copy8(length: number): Uint8Array {
    return new Uint8Array(this.view8(length))
  }

  /** The next `length` bytes as text; what is not UTF-8 becomes U+FFFD. */
  utf8(length: number): string {
    const at = this.take(length)
    return readUtf8(this.bytes, at, at + length)
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const digitAt = (value: number): number => digits.charCodeAt(value & 63)

/** Base64url of 16 bytes: 22 characters. */
export function uuidText(bytes: Uint8Array, at: number): string {
  let text = ''
  for (let i = at; i < at + 15; i += 3) {
    const three = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text += String.fromCharCode(digitAt(three >>> 18), digitAt(three >>> 12), digitAt(three >>> 6), digitAt(three))
  }
  const last = bytes[at + 15]!
  return text + String.fromCharCode(digitAt(last >>> 2), digitAt(last << 4))
}

/** Puts the 16 bytes of a UUID's text at `at`; a ProtocolError when it isn't one. */
export function putUuid(into: Uint8Array, at: number, text: string): void {
  let bits = 0
  let value = 0
  let next = at
  if (typeof text !== 'string' || text.length !== 22)
    throw new ProtocolError(
      `not a Kafka UUID: ${typeof text === 'string' ? JSON.stringify(text.slice(0, 100)) : kindOf(text)}`,
    )
  for (let i = 0; i < 22; i++) {
    const digit = digitValue(text.charCodeAt(i))
    if (digit < 0) throw new ProtocolError(`not a Kafka UUID: ${JSON.stringify(text)}`)
    value = ((value << 6) | digit) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      into[next++] = value >>> bits
    }
  }
}

function digitValue(code: number): number {
  if (code >= 97 && code <= 122) return code - 71
  if (code >= 65 && code <= 90) return code - 65
  if (code >= 48 && code <= 57) return code + 4
  return code === 45 ? 62 : code === 95 ? 63 : -1
}

/** The UUID of sixteen zero bytes: "no topic id". */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
