import { ProtocolError } from '../base/errors.ts'
import { copyLiterals, copyMatch } from './match.ts'
import type { Output } from './output.ts'

const leastMatch = 4

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

function fail(what: string): never {
  throw new ProtocolError(`lz4: ${what}`)
}
