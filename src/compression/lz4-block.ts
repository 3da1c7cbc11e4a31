import { ProtocolError } from '../base/errors.ts'
import { copyLiterals, copyMatch, fourBytes, hashOf } from './match.ts'
import type { Output } from './output.ts'

const leastMatch = 4
/** The format wants the last five bytes to be literals, and the last match to begin twelve before the end. */
const literalsAtEnd = 5
const margin = 12
const farthest = 0xffff
const hashBits = 14

/**
 * Decompresses the block bytes[at, end) behind the first `length` bytes of output; answers the new length. A block becomes at most `largest`
 * bytes, and its matches reach back to `window`.
 */
export function decompressBlock(
  bytes: Uint8Array,
  at: number,
  end: number,
  output: Output,
  length: number,
  largest: number,
  window: number,
): number {
  const stop = length + largest
  let out = output.reserve(length, 0)
  for (;;) {
    const token = at < end ? bytes[at++]! : fail('the data ends early')
    let literals = token >>> 4
    if (literals === 15) {
      let more: number
      do {
        more = at < end ? bytes[at++]! : fail('the data ends early')
        literals += more
      } while (more === 255)
    }
    if (literals > end - at) fail('the data ends early')
    if (literals > stop - length) fail('a block that becomes too long')
    if (length + literals > output.room) out = output.reserve(length, literals)
    copyLiterals(out, length, bytes, at, at + literals)
    at += literals
    length += literals
    // The last sequence has literals only.
    if (at === end) return length

    if (end - at < 2) fail('the data ends early')
    const distance = bytes[at]! | (bytes[at + 1]! << 8)
    at += 2
    if (distance === 0 || distance > length - window) fail('a match from before the beginning')
    let matched = (token & 15) + leastMatch
    if (matched === 15 + leastMatch) {
      let more: number
      do {
        more = at < end ? bytes[at++]! : fail('the data ends early')
        matched += more
      } while (more === 255)
    }
    if (matched > stop - length) fail('a block that becomes too long')
    if (length + matched > output.room) out = output.reserve(length, matched)
    copyMatch(out, length, distance, matched)
    length += matched
  }
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

function fail(what: string): never {
  throw new ProtocolError(`lz4: ${what}`)
}
