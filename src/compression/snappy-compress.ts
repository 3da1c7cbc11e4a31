import type { Compressor } from './codec.ts'
import { copyLiterals, fourBytes, hashOf } from './match.ts'

// Java's SnappyOutputStream puts raw snappy into chunks: this, then version and oldest compatible version, then each chunk's length and bytes.
export const magic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
export const streamHeader = magic.length + 8
const chunkBytes = 32 * 1024

const hashBits = 14
/** No match begins in the last bytes of a chunk, so that looking at four never goes beyond. */
const margin = 8

/** snappy in plain TypeScript, in the framing Java's consumers expect. It has no levels. */
export const snappyCompressor: Compressor = {
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
