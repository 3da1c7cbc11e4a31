import type { Compressor } from './codec.ts'
import { copyLiterals, fourBytes, hashOf } from './match.ts'
import { xxh32 } from './xxh32.ts'

export const frameMagic = 0x184d2204
// Of the frame descriptor's flags.
export const version = 0x40
export const independentBlocks = 0x20

const blockBytes = 64 * 1024
const blockSizeCode = 4
const storedBlock = 0x80000000
/** What a block that can't be compressed may grow by: a byte for each so many, and a few. */
const literalRun = 255

const leastMatch = 4
/** The format wants the last five bytes to be literals, and the last match to begin twelve before the end. */
const literalsAtEnd = 5
const margin = 12
const farthest = 0xffff
const hashBits = 14

/** LZ4 frames in plain TypeScript. It has no levels. */
export const lz4Compressor: Compressor = {
  code: 3,
  name: 'lz4',

  /** Independent blocks of 64 KiB without checksums, as the Java client writes them: it refuses linked ones. */
  compress(bytes) {
    const blocks = Math.ceil(bytes.length / blockBytes)
    const packed = new Uint8Array(7 + bytes.length + blocks * (4 + Math.ceil(blockBytes / literalRun) + 16) + 4)
    putUint32(packed, 0, frameMagic)
    packed[4] = version | independentBlocks
    packed[5] = blockSizeCode << 4
    packed[6] = xxh32(packed, 4, 6) >>> 8
    const table = new Int32Array(1 << 14)
    let at = 7
    for (let start = 0; start < bytes.length; start += blockBytes) {
      const end = Math.min(start + blockBytes, bytes.length)
      const size = compressBlock(bytes, start, end, packed, at + 4, table) - at - 4
      if (size < end - start) {
        putUint32(packed, at, size)
        at += 4 + size
      } else {
        putUint32(packed, at, storedBlock | (end - start))
        packed.set(bytes.subarray(start, end), at + 4)
        at += 4 + end - start
      }
    }
    putUint32(packed, at, 0) // the end mark
    return packed.slice(0, at + 4)
  },
}

/**
 * Writes from[start, end) as a block to `at`, independent of what came before, and answers its end. `table` remembers where four bytes were last
 * seen, plus one, over all blocks of an input; 0 is never.
 */
export function compressBlock(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number, table: Int32Array): number {
  let literals = start
  let p = start
  const last = end - margin
  // The longer nothing is found, the larger the steps: what can't be compressed goes by quickly.
  let misses = 64
  while (p < last) {
    const four = fourBytes(from, p)
    const slot = hashOf(four, hashBits)
    let candidate = table[slot]! - 1
    table[slot] = p + 1
    if (candidate < start || p - candidate > farthest || fourBytes(from, candidate) !== four) {
      p += misses++ >>> 6
      continue
    }
    misses = 64
    while (p > literals && candidate > start && from[p - 1] === from[candidate - 1]) {
      p--
      candidate--
    }
    const distance = p - candidate
    let matched = p + leastMatch
    while (matched < end - literalsAtEnd && from[matched] === from[matched - distance]) matched++
    at = putSequence(from, literals, p, into, at, matched - p - leastMatch, distance)
    p = literals = matched
    if (p < last) table[hashOf(fourBytes(from, p - 2), hashBits)] = p - 1
  }
  return putSequence(from, literals, end, into, at, 0, 0)
}

/** Literals from[start, end) and a match `matched` longer than the least; distance 0 is no match: the last sequence. */
function putSequence(
  from: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
  matched: number,
  distance: number,
): number {
  const literals = end - start
  into[at++] = (Math.min(literals, 15) << 4) | Math.min(matched, 15)
  if (literals >= 15) at = putLength(into, at, literals - 15)
  copyLiterals(into, at, from, start, end)
  at += literals
  if (distance === 0) return at
  into[at++] = distance
  into[at++] = distance >>> 8
  return matched >= 15 ? putLength(into, at, matched - 15) : at
}

function putLength(into: Uint8Array, at: number, length: number): number {
  for (; length >= 255; length -= 255) into[at++] = 255
  into[at++] = length
  return at
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i)
}
