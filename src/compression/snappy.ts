import { ProtocolError } from '../base/errors.ts'
import type { CompressionCodec } from './codec.ts'
import { copyLiterals, copyMatch, fourBytes, hashOf } from './match.ts'
import { Output } from './output.ts'

// Java's SnappyOutputStream puts raw snappy into chunks: this, then version and oldest compatible version, then each chunk's length and bytes.
const magic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
const streamHeader = magic.length + 8
const chunkBytes = 32 * 1024

const hashBits = 14
/** No match begins in the last bytes of a chunk, so that looking at four never goes beyond. */
const margin = 8
/** Raw snappy makes at most 64 bytes of three. */
const bestRatio = 22

/** snappy in plain TypeScript. Writes the framing Java's consumers expect; reads that and raw snappy. It has no levels. */
export const snappy: CompressionCodec = {
  code: 2,
  name: 'snappy',

  compress(bytes) {
    const chunks = Math.ceil(bytes.length / chunkBytes)
    // A chunk grows by a tag of up to three bytes at the most, and its two lengths.
    const packed = new Uint8Array(streamHeader + bytes.length + chunks * 12)
    packed.set(magic)
    packed[11] = packed[15] = 1
    const table = new Uint16Array(1 << hashBits)
    let at = streamHeader
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      const end = Math.min(start + chunkBytes, bytes.length)
      table.fill(0)
      const chunkEnd = compressChunk(bytes, start, end, packed, at + 4, table)
      putInt32(packed, at, chunkEnd - at - 4)
      at = chunkEnd
    }
    return packed.slice(0, at)
  },

  decompress(bytes, limit) {
    const chunks = startsWithMagic(bytes, 0) ? chunksOf(bytes) : [{ start: 0, end: bytes.length }]
    // All the lengths are known before anything is decompressed, and none can be more than its chunk could become.
    let total = 0
    for (const { start, end } of chunks) {
      const { length, data } = rawLength(bytes, start, end)
      if (length > (end - data) * bestRatio) fail('a chunk that claims more than it can hold')
      total += length
    }
    const output = new Output('snappy', limit, total)
    output.reserve(0, total)
    let at = 0
    for (const { start, end } of chunks) at = decompressRaw(bytes, start, end, output.bytes, at)
    return output.done(at)
  },
}

interface Chunk {
  readonly start: number
  readonly end: number
}

function startsWithMagic(bytes: Uint8Array, at: number): boolean {
  return bytes.length - at >= streamHeader && magic.every((byte, i) => bytes[at + i] === byte)
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 0; at < bytes.length; ) {
    // Streams may follow one another; a header's first bytes would be a negative length.
    if (startsWithMagic(bytes, at)) {
      at += streamHeader
      continue
    }
    if (bytes.length - at < 4) fail('the data ends early')
    const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    at += 4
    if (length < 0 || length > bytes.length - at) fail('a chunk of impossible length')
    chunks.push({ start: at, end: at + length })
    at += length
  }
  return chunks
}

/** The length in front of raw snappy, a varint of 32 bits, and where the data begins. */
function rawLength(bytes: Uint8Array, at: number, end: number): { length: number; data: number } {
  let length = 0
  for (let shift = 0; shift < 35 && at < end; shift += 7) {
    const byte = bytes[at++]!
    if (shift === 28 && byte > 0x0f) break
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { length, data: at }
  }
  return fail('a length that is cut off or too long')
}

/** Decompresses from[start, end) to `begin`, where there is room for the length it states; answers the end. */
function decompressRaw(from: Uint8Array, start: number, end: number, into: Uint8Array, begin: number): number {
  const { length: stated, data } = rawLength(from, start, end)
  const stop = begin + stated
  let at = begin
  let p = data
  while (p < end) {
    const tag = from[p++]!
    let length = (tag >>> 2) + 1
    const kind = tag & 3
    if (kind === 0) {
      if (length > 60) {
        const width = length - 60
        if (width > end - p) fail('the data ends early')
        length = 1
        for (let i = 0; i < width; i++) length += from[p++]! * 2 ** (8 * i)
      }
      if (length > end - p) fail('the data ends early')
      if (length > stop - at) fail('more than the length stated')
      copyLiterals(into, at, from, p, p + length)
      p += length
      at += length
      continue
    }
    let distance: number
    if (kind === 1) {
      length = ((tag >>> 2) & 7) + 4
      if (p >= end) fail('the data ends early')
      distance = ((tag >>> 5) << 8) | from[p++]!
    } else {
      const width = kind === 2 ? 2 : 4
      if (width > end - p) fail('the data ends early')
      distance = from[p]! | (from[p + 1]! << 8)
      if (width === 4) distance += from[p + 2]! * 0x10000 + from[p + 3]! * 0x1000000
      p += width
    }
    if (distance === 0 || distance > at - begin) fail('a copy from before the beginning')
    if (length > stop - at) fail('more than the length stated')
    copyMatch(into, at, distance, length)
    at += length
  }
  if (at !== stop) fail('less than the length stated')
  return at
}

/** Writes from[start, end), at most 64 KiB, as raw snappy to `at`; answers the end. `table` is all zeros: places relative to `start`. */
function compressChunk(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number, table: Uint16Array): number {
  for (let rest = end - start; ; rest >>>= 7) {
    into[at++] = rest > 0x7f ? (rest & 0x7f) | 0x80 : rest
    if (rest <= 0x7f) break
  }
  let literals = start
  let p = start + 1
  const last = end - margin
  // The longer nothing is found, the larger the steps: what can't be compressed goes by quickly.
  let misses = 32
  while (p < last) {
    const four = fourBytes(from, p)
    const slot = hashOf(four, hashBits)
    const candidate = start + table[slot]!
    table[slot] = p - start
    if (candidate >= p || fourBytes(from, candidate) !== four) {
      p += misses++ >>> 5
      continue
    }
    misses = 32
    if (p > literals) at = putLiterals(from, literals, p, into, at)
    const distance = p - candidate
    let matched = p + 4
    while (matched < end && from[matched] === from[matched - distance]) matched++
    at = putCopy(into, at, distance, matched - p)
    p = literals = matched
    if (p < last) table[hashOf(fourBytes(from, p - 1), hashBits)] = p - 1 - start
  }
  return end > literals ? putLiterals(from, literals, end, into, at) : at
}

function putLiterals(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  const less = end - start - 1
  if (less < 60) into[at++] = less << 2
  else if (less < 0x100) {
    into[at++] = 60 << 2
    into[at++] = less
  } else {
    into[at++] = 61 << 2
    into[at++] = less
    into[at++] = less >>> 8
  }
  copyLiterals(into, at, from, start, end)
  return at + end - start
}

function putCopy(into: Uint8Array, at: number, distance: number, length: number): number {
  // 64 bytes at most a copy; what remains for the last must be 4 at least, to fit the short form.
  while (length > 64) {
    const part = length < 68 ? 60 : 64
    at = putCopyPart(into, at, distance, part)
    length -= part
  }
  return putCopyPart(into, at, distance, length)
}

function putCopyPart(into: Uint8Array, at: number, distance: number, length: number): number {
  if (length < 12 && distance < 2048) {
    into[at++] = 1 | ((length - 4) << 2) | ((distance >>> 8) << 5)
    into[at++] = distance
  } else {
    into[at++] = 2 | ((length - 1) << 2)
    into[at++] = distance
    into[at++] = distance >>> 8
  }
  return at
}

function putInt32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (24 - 8 * i)
}

function fail(what: string): never {
  throw new ProtocolError(`snappy: ${what}`)
}
