import type { Compressor } from './codec.ts'
import { copyExactly, copyLiterals, looseness, viewOf } from './copy.ts'
import { hashOf, matchEnd } from './match.ts'
import { magic, streamHeader } from './snappy-stream.ts'

const chunkBytes = 32 * 1024

const fewestBits = 8
const mostBits = 14
/** No match begins in the last bytes of a chunk, so that looking at four never goes beyond, nor copying literals. */
const margin = 8

/** Where four bytes were last seen in a chunk, by their hash. Made when first needed, and used again by every chunk. */
let seen: Uint16Array | undefined

/** snappy in plain TypeScript, in the framing Java's consumers expect. It has no levels. */
export const snappyCompressor: Compressor = {
  code: 2,
  name: 'snappy',

  compress(bytes) {
    const chunks = Math.ceil(bytes.length / chunkBytes)
    // 61 literals and a match of four can take a byte more than those; a chunk has two lengths besides, and its last
    // literals' tag.
    const packed = new Uint8Array(streamHeader + bytes.length + (bytes.length >>> 6) + chunks * 16 + looseness)
    packed.set(magic)
    packed[11] = packed[15] = 1
    const view = viewOf(packed)
    const source = viewOf(bytes)
    let at = streamHeader
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      const end = Math.min(start + chunkBytes, bytes.length)
      const chunkEnd = compressChunk(bytes, source, start, end, packed, view, at + 4)
      view.setInt32(at, chunkEnd - at - 4)
      at = chunkEnd
    }
    return packed.slice(0, at)
  },
}

/** Writes from[start, end), at most 64 KiB, as raw snappy to `at`; answers the end. */
function compressChunk(
  from: Uint8Array,
  source: DataView,
  start: number,
  end: number,
  into: Uint8Array,
  view: DataView,
  at: number,
): number {
  for (let rest = end - start; ; rest >>>= 7) {
    into[at++] = rest > 0x7f ? (rest & 0x7f) | 0x80 : rest
    if (rest <= 0x7f) break
  }
  // What is short needs a small table only, which is quickly cleared. Places are relative to `start`.
  const bits = Math.min(mostBits, Math.max(fewestBits, 31 - Math.clz32(end - start)))
  seen ??= new Uint16Array(1 << mostBits)
  const table = seen.fill(0, 0, 1 << bits)
  let literals = start
  let p = start + 1
  const last = end - margin
  // The longer nothing is found, the larger the steps: what can't be compressed goes by quickly.
  let misses = 32
  while (p < last) {
    const four = source.getInt32(p, true)
    const slot = hashOf(four, bits)
    const candidate = start + table[slot]!
    table[slot] = p - start
    if (candidate >= p || source.getInt32(candidate, true) !== four) {
      p += misses++ >>> 5
      continue
    }
    misses = 32
    if (p > literals) {
      at = putLength(literals, p, into, at)
      copyLiterals(into, view, at, from, source, literals, p)
      at += p - literals
    }
    const distance = p - candidate
    const matched = matchEnd(source, p + 4, distance, end)
    at = putCopy(into, at, distance, matched - p)
    p = literals = matched
    if (p < last) table[hashOf(source.getInt32(p - 1, true), bits)] = p - 1 - start
  }
  if (end === literals) return at
  at = putLength(literals, end, into, at)
  copyExactly(into, at, from, literals, end)
  return at + end - literals
}

/** The tag of the literals from[start, end). */
function putLength(start: number, end: number, into: Uint8Array, at: number): number {
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
  return at
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
