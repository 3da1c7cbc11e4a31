import type { Compressor } from './codec.ts'
import { copyExactly, copyLiterals, looseness, viewOf } from './copy.ts'
import { hashOf, matchEnd } from './match.ts'
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
const fewestBits = 8
const mostBits = 14

/** Where four bytes were last seen in a block, by their hash. Made when first needed, and used again by every block. */
let seen: Uint16Array | undefined

/** LZ4 frames in plain TypeScript. It has no levels. */
export const lz4Compressor: Compressor = {
  code: 3,
  name: 'lz4',

  /** Independent blocks of 64 KiB without checksums, as the Java client writes them: it refuses linked ones. */
  compress(bytes) {
    const blocks = Math.ceil(bytes.length / blockBytes)
    const packed = new Uint8Array(7 + bytes.length + blocks * (4 + Math.ceil(blockBytes / literalRun) + 16) + 4 + looseness)
    const view = viewOf(packed)
    const source = viewOf(bytes)
    view.setUint32(0, frameMagic, true)
    packed[4] = version | independentBlocks
    packed[5] = blockSizeCode << 4
    packed[6] = xxh32(packed, 4, 6) >>> 8
    let at = 7
    for (let start = 0; start < bytes.length; start += blockBytes) {
      const end = Math.min(start + blockBytes, bytes.length)
      const size = compressBlock(bytes, source, start, end, packed, view, at + 4) - at - 4
      if (size < end - start) {
        view.setUint32(at, size, true)
        at += 4 + size
      } else {
        view.setUint32(at, storedBlock | (end - start), true)
        packed.set(bytes.subarray(start, end), at + 4)
        at += 4 + end - start
      }
    }
    view.setUint32(at, 0, true) // the end mark
    return packed.slice(0, at + 4)
  },
}

/** Writes from[start, end), at most 64 KiB, as a block to `at`, independent of what came before, and answers its end. */
function compressBlock(
  from: Uint8Array,
  source: DataView,
  start: number,
  end: number,
  into: Uint8Array,
  view: DataView,
  at: number,
): number {
  // What is short needs a small table only, which is quickly cleared. Places are relative to `start`.
  const bits = Math.min(mostBits, Math.max(fewestBits, 31 - Math.clz32(end - start)))
  seen ??= new Uint16Array(1 << mostBits)
  const table = seen.fill(0, 0, 1 << bits)
  let literals = start
  let p = start + 1
  const last = end - margin
  // The longer nothing is found, the larger the steps: what can't be compressed goes by quickly.
  let misses = 64
  while (p < last) {
    const four = source.getInt32(p, true)
    const slot = hashOf(four, bits)
    let candidate = start + table[slot]!
    table[slot] = p - start
    if (candidate >= p || source.getInt32(candidate, true) !== four) {
      p += misses++ >>> 6
      continue
    }
    misses = 64
    while (p > literals && candidate > start && from[p - 1] === from[candidate - 1]) {
      p--
      candidate--
    }
    const distance = p - candidate
    const matched = matchEnd(source, p + leastMatch, distance, end - literalsAtEnd)
    const tag = at
    at = putLength(into, tag + 1, p - literals)
    copyLiterals(into, view, at, from, source, literals, p)
    at += p - literals
    view.setUint16(at, distance, true)
    at = putLength(into, at + 2, matched - p - leastMatch)
    into[tag] = (Math.min(p - literals, 15) << 4) | Math.min(matched - p - leastMatch, 15)
    p = literals = matched
    if (p < last) table[hashOf(source.getInt32(p - 2, true), bits)] = p - 2 - start
  }
  // The last sequence has literals only.
  into[at] = Math.min(end - literals, 15) << 4
  at = putLength(into, at + 1, end - literals)
  copyExactly(into, at, from, literals, end)
  return at + end - literals
}

/** What of a length isn't in the tag's four bits. */
function putLength(into: Uint8Array, at: number, length: number): number {
  if (length < 15) return at
  let rest = length - 15
  for (; rest >= 255; rest -= 255) into[at++] = 255
  into[at++] = rest
  return at
}
