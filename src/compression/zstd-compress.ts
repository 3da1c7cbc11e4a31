import { type Compressor, checkLevel } from './codec.ts'
import { copyExactly, copyLiterals, looseness, viewOf } from './copy.ts'
import { hashOf, matchEnd } from './match.ts'
import { writeLiterals } from './zstd-literals.ts'
import { OffsetHistory } from './zstd-offsets.ts'
import { Sequences, writeSequences } from './zstd-sequences.ts'
import { frameMagic, largestBlock } from './zstd-tables.ts'

const hashBits = 15
const leastMatch = 4
/** No match begins in the last bytes of a block, so that looking at four, one further on, never goes beyond. */
const margin = 8
/** Up to this size a reader keeps the whole content; beyond it, so much of it. */
const window = 8 * 1024 * 1024
const windowExponent = 23 - 10

const rawBlock = 0
const repeatBlock = 1
const compressedBlock = 2

/** Zstandard in plain TypeScript. One effort whatever level is asked for, about that of level 1: greedy matches, entropy coding of all. */
export const zstdCompressor: Compressor = {
  code: 4,
  name: 'zstd',
  compress(bytes, level) {
    checkLevel('zstd', level)
    return compress(bytes)
  },
}

/** One frame, with its content's size and no checksum: a record batch has its own. */
function compress(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const blocks = Math.max(1, Math.ceil(length / largestBlock))
  // A block is written raw if it doesn't become smaller, but only after trying: the tries need room, too.
  const packed = new Uint8Array(16 + length + blocks * 3 + 2 * largestBlock)
  let at = writeHeader(length, packed)
  const finder = new Finder(bytes)
  for (let start = 0, left = blocks; left > 0; left--) {
    const end = Math.min(start + largestBlock, length)
    at = finder.writeBlock(start, end, left === 1, packed, at)
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

class Finder {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  /** Where four bytes were last seen, plus one; 0 is never. */
  private readonly table = new Int32Array(1 << hashBits)
  private readonly offsets = new OffsetHistory()
  private readonly sequences = new Sequences()
  private readonly literals: Uint8Array
  private readonly literalView: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.literals = new Uint8Array(Math.min(bytes.length, largestBlock) + 2 * looseness)
    this.literalView = viewOf(this.literals)
  }

  /** Writes the block bytes[start, end). Answers its end. */
  writeBlock(start: number, end: number, last: boolean, into: Uint8Array, at: number): number {
    const { bytes, offsets } = this
    const size = end - start
    const behindHeader = at + 3
    const before = offsets.copy()
    const count = this.find(start, end)
    const literalsEnd = writeLiterals(this.literals, count, into, behindHeader)
    const packedEnd = writeSequences(this.sequences, into, literalsEnd)
    if (packedEnd - behindHeader < size) return putHeader(into, at, compressedBlock, packedEnd - behindHeader, last, packedEnd)

    // A block without sequences leaves the reader's offsets as they were.
    offsets.restore(before)
    if (size > 1 && isRepeated(bytes, start, end)) {
      into[behindHeader] = bytes[start]!
      return putHeader(into, at, repeatBlock, size, last, behindHeader + 1)
    }
    into.set(bytes.subarray(start, end), behindHeader)
    return putHeader(into, at, rawBlock, size, last, behindHeader + size)
  }

  /** Finds the block's sequences, and gathers the bytes between them. Answers how many those are. */
  private find(start: number, end: number): number {
    const { bytes, view, table, offsets, sequences, literals, literalView } = this
    sequences.count = 0
    let count = 0
    let anchor = start
    let p = start
    const stop = end - margin
    // The longer nothing is found, the larger the steps: what can't be compressed goes by quickly.
    let misses = 64
    while (p < stop) {
      const four = view.getInt32(p, true)
      const slot = hashOf(four ^ (bytes[p + 4]! << 11), hashBits)
      let candidate = table[slot]! - 1
      table[slot] = p + 1
      const repeated = p + 1 - offsets.first
      if (repeated >= 0 && view.getInt32(p + 1, true) === view.getInt32(repeated, true)) {
        // The last offset once more is the cheapest of all.
        p++
        candidate = repeated
      } else if (candidate < 0 || p - candidate >= window || view.getInt32(candidate, true) !== four) {
        p += misses++ >>> 6
        continue
      }
      misses = 64
      while (p > anchor && candidate > 0 && bytes[p - 1] === bytes[candidate - 1]) {
        p--
        candidate--
      }
      const offset = p - candidate
      const matched = matchEnd(view, p + leastMatch, offset, end)
      const literalCount = p - anchor
      copyLiterals(literals, literalView, count, bytes, view, anchor, p)
      count += literalCount
      const value = offsets.name(offset, literalCount === 0)
      offsets.take(value, literalCount === 0)
      sequences.add(literalCount, matched - p, value)
      p = anchor = matched
      if (p < stop) table[hashOf(view.getInt32(p - 2, true) ^ (bytes[p + 2]! << 11), hashBits)] = p - 1
    }
    copyExactly(literals, count, bytes, anchor, end)
    return count + end - anchor
  }
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
