import { type Compressor, checkLevel } from './codec.ts'
import { Finder } from './zstd-finder.ts'
import { writeLiterals } from './zstd-literals.ts'
import { writeSequences } from './zstd-sequences.ts'
import { frameMagic, largestBlock } from './zstd-tables.ts'

/** Up to this size a reader keeps the whole content; beyond it, so much of it. */
const window = 8 * 1024 * 1024
const windowExponent = 23 - 10

const rawBlock = 0
const repeatBlock = 1
const compressedBlock = 2

/**
 * Zstandard in plain TypeScript. Levels up to 2, and none, take the first match that offers itself; from 3 to 22 more
 * and more are tried.
 */
export const zstdCompressor: Compressor = {
  code: 4,
  name: 'zstd',
  compress(bytes, level) {
    checkLevel('zstd', level)
    return compress(bytes, level)
  },
}

/** One frame, with its content's size and no checksum: a record batch has its own. */
function compress(bytes: Uint8Array, level: number | undefined): Uint8Array {
  const { length } = bytes
  const blocks = Math.max(1, Math.ceil(length / largestBlock))
  // A block is written raw if it doesn't become smaller, but only after trying: the tries need room, too.
  const packed = new Uint8Array(16 + length + blocks * 3 + 2 * largestBlock)
  let at = writeHeader(length, packed)
  const finder = new Finder(bytes, window, level)
  for (let start = 0, left = blocks; left > 0; left--) {
    const end = Math.min(start + largestBlock, length)
    at = writeBlock(bytes, start, end, left === 1, finder, packed, at)
    start = end
  }
  return packed.slice(0, at)
}

function writeHeader(length: number, into: Uint8Array): number {
  putLittle(into, 0, frameMagic, 4)
  if (length > window) {
    into[4] = 2 << 6
    into[5] = windowExponent << 3
    putLittle(into, 6, length, 4)
    return 10
  }
  const sizeBytes = length < 256 ? 1 : length < 65536 + 256 ? 2 : 4
  into[4] = ((sizeBytes >>> 1) << 6) | 0x20
  putLittle(into, 5, sizeBytes === 2 ? length - 256 : length, sizeBytes)
  return 5 + sizeBytes
}

/** Writes the block bytes[start, end). Answers its end. */
function writeBlock(
  bytes: Uint8Array,
  start: number,
  end: number,
  last: boolean,
  finder: Finder,
  into: Uint8Array,
  at: number,
): number {
  const size = end - start
  const behindHeader = at + 3
  const before = finder.offsets.copy()
  finder.find(start, end)
  const literalsEnd = writeLiterals(finder.literals, finder.literalCount, into, behindHeader)
  const packedEnd = writeSequences(finder.sequences, into, literalsEnd)
  if (packedEnd - behindHeader < size)
    return putHeader(into, at, compressedBlock, packedEnd - behindHeader, last, packedEnd)

  // A block without sequences leaves the reader's offsets as they were.
  finder.offsets.restore(before)
  if (size > 1 && isRepeated(bytes, start, end)) {
    into[behindHeader] = bytes[start]!
    return putHeader(into, at, repeatBlock, size, last, behindHeader + 1)
  }
  into.set(bytes.subarray(start, end), behindHeader)
  return putHeader(into, at, rawBlock, size, last, behindHeader + size)
}

function isRepeated(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (bytes[at] !== bytes[start]) return false
  return true
}

function putHeader(into: Uint8Array, at: number, type: number, size: number, last: boolean, end: number): number {
  putLittle(into, at, (size << 3) | (type << 1) | (last ? 1 : 0), 3)
  return end
}

function putLittle(into: Uint8Array, at: number, value: number, count: number): void {
  for (let i = 0; i < count; i++) into[at + i] = value >>> (8 * i)
}
