import { ProtocolError } from '../base/errors.ts'
import { crc32 } from '../bytes/crc32.ts'
import type { Decompressor } from './codec.ts'
import { Inflater } from './inflate.ts'
import { Output } from './output.ts'

const headerBytes = 10
const trailerBytes = 8
/** DEFLATE makes at most 258 bytes of two bits. */
const bestRatio = 1032

// Flags in the fourth byte of a member's header (RFC 1952).
const headerCrc = 0x02
const extraField = 0x04
const fileName = 0x08
const comment = 0x10
const reserved = 0xe0

/** Reads gzip, by our own bounded inflate. */
export const gzipDecompressor: Decompressor = {
  code: 1,
  name: 'gzip',

  /** Every member of the file, each checked against its CRC-32 and length. */
  decompress(bytes, limit) {
    const { length } = bytes
    if (length < headerBytes + trailerBytes) fail('the data ends early')
    // The length in the trailer says what to reserve, if the input can become that much; it is not relied upon.
    const output = new Output('gzip', limit, Math.min(uint32(bytes, length - 4), length * bestRatio))
    const inflater = new Inflater(bytes, 0, length, output)
    do {
      const begin = inflater.length
      inflater.at = dataAt(bytes, inflater.at)
      inflater.stream()
      const trailer = inflater.at
      if (length - trailer < trailerBytes) fail('the data ends early')
      if (crc32(output.bytes, begin, inflater.length) !== uint32(bytes, trailer)) fail('the CRC-32 is wrong')
      if ((inflater.length - begin) >>> 0 !== uint32(bytes, trailer + 4)) fail('the length is wrong')
      inflater.at = trailer + trailerBytes
    } while (inflater.at < length)
    return output.done(inflater.length)
  },
}

/** Where the compressed data of the member at `at` begins. */
function dataAt(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < headerBytes + trailerBytes) fail('the data ends early')
  if (bytes[at] !== 0x1f || bytes[at + 1] !== 0x8b || bytes[at + 2] !== 8) fail('not a gzip header')
  const flags = bytes[at + 3]!
  if ((flags & reserved) !== 0) fail('unknown flags')
  let data = at + headerBytes
  if ((flags & extraField) !== 0) data += 2 + (bytes[data]! | (bytes[data + 1]! << 8))
  if ((flags & fileName) !== 0) data = behindZero(bytes, data)
  if ((flags & comment) !== 0) data = behindZero(bytes, data)
  if ((flags & headerCrc) !== 0) {
    if (data + 2 > bytes.length) fail('the data ends early')
    if ((crc32(bytes, at, data) & 0xffff) !== (bytes[data]! | (bytes[data + 1]! << 8)))
      fail("the header's CRC is wrong")
    data += 2
  }
  if (data > bytes.length) fail('the data ends early')
  return data
}

function behindZero(bytes: Uint8Array, at: number): number {
  const zero = at < bytes.length ? bytes.indexOf(0, at) : -1
  return zero < 0 ? fail('the data ends early') : zero + 1
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function fail(what: string): never {
  throw new ProtocolError(`gzip: ${what}`)
}
