import { ProtocolError } from '../base/errors.ts'
import type { ByteReader } from './reader.ts'
import { putVarlong } from './varint.ts'
import { type ByteWriter, notA } from './writer.ts'

// Apart from ByteReader and ByteWriter, whose methods every bundle carries: hardly an API of Kafka's has these types, but
// what a user's own schema describes may.

export function readUint32(from: ByteReader): number {
  return from.int32() >>> 0
}

export function writeUint32(to: ByteWriter, value: number): void {
  if (typeof value !== 'number' || value >>> 0 !== value) throw notA('uint32', value)
  to.int32(value | 0)
}

export function readFloat64(from: ByteReader): number {
  return new DataView(from.bytes.buffer, from.bytes.byteOffset).getFloat64(from.take(8))
}

export function writeFloat64(to: ByteWriter, value: number): void {
  if (typeof value !== 'number') throw notA('float64', value)
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  to.raw(bytes)
}

/** Zigzag varint of at most 32 bits. */
export function readVarint(from: ByteReader): number {
  const value = from.unsignedVarint()
  return (value >>> 1) ^ -(value & 1)
}

export function writeVarint(to: ByteWriter, value: number): void {
  if (typeof value !== 'number' || (value | 0) !== value) throw notA('varint', value)
  to.unsignedVarint(((value << 1) ^ (value >> 31)) >>> 0)
}

/** Zigzag varint of at most 64 bits; beyond a number's exact range an error. */
export function readVarlong(from: ByteReader): number {
  // The zigzag form of a 53-bit number needs 54 bits, more than a number holds: the first byte, which has the sign, is
  // kept apart.
  const first = from.bytes[from.take(1)]!
  let magnitude = (first & 0x7f) >>> 1
  let byte = first
  for (let scale = 0x40; byte > 0x7f; scale *= 0x80) {
    byte = from.bytes[from.take(1)]!
    magnitude += (byte & 0x7f) * scale
    if (magnitude > Number.MAX_SAFE_INTEGER || scale > 2 ** 62)
      throw new ProtocolError(`varlong out of a number's exact range at ${from.offset}`)
  }
  return (first & 1) === 0 ? magnitude : -magnitude - 1
}

export function writeVarlong(to: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value)) throw notA('integer a number holds exactly', value)
  const bytes = new Uint8Array(10)
  to.raw(bytes.subarray(0, putVarlong(bytes, 0, value)))
}
