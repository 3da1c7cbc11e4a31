import { ProtocolError } from '../base/errors.ts'
import { copyLiterals, copyMatch } from './copy.ts'
import type { Output } from './output.ts'

const leastMatch = 4

/**
 * Decompresses the block bytes[at, end), of which `source` is a view, behind the first `length` bytes of output;
 * answers the new length. A block becomes at most `largest` bytes, and its matches reach back to `window`.
 */
export function decompressBlock(
  bytes: Uint8Array,
  source: DataView,
  at: number,
  end: number,
  output: Output,
  length: number,
  largest: number,
  window: number,
): number {
  const stop = length + largest
  let out = output.reserve(length, 0)
  let { view } = output
  for (;;) {
    const token = at < end ? bytes[at++]! : fail('the data ends early')
    let literals = token >>> 4
    let matched = (token & 15) + leastMatch
    if (literals < 15 && end - at > 16 + 2 && length <= output.room) {
      // Nearly always so: few literals, not at the end. Sixteen bytes are copied, however many count.
      view.setInt32(length, source.getInt32(at, true), true)
      view.setInt32(length + 4, source.getInt32(at + 4, true), true)
      view.setInt32(length + 8, source.getInt32(at + 8, true), true)
      view.setInt32(length + 12, source.getInt32(at + 12, true), true)
      at += literals
      length += literals
    } else {
      if (literals === 15) {
        let more: number
        do {
          more = at < end ? bytes[at++]! : fail('the data ends early')
          literals += more
        } while (more === 255)
      }
      if (literals > end - at) fail('the data ends early')
      if (literals > stop - length) fail('a block that becomes too long')
      if (length + literals > output.room) {
        out = output.reserve(length, literals)
        view = output.view
      }
      copyLiterals(out, view, length, bytes, source, at, at + literals)
      at += literals
      length += literals
      // The last sequence has literals only.
      if (at === end) return length
      if (end - at < 2) fail('the data ends early')
    }

    const distance = source.getUint16(at, true)
    at += 2
    if (distance === 0 || distance > length - window) fail('a match from before the beginning')
    if (matched === 15 + leastMatch) {
      let more: number
      do {
        more = at < end ? bytes[at++]! : fail('the data ends early')
        matched += more
      } while (more === 255)
    }
    if (matched > stop - length) fail('a block that becomes too long')
    if (length + matched > output.room) {
      out = output.reserve(length, matched)
      view = output.view
    }
    copyMatch(out, view, length, distance, matched)
    length += matched
  }
}

function fail(what: string): never {
  throw new ProtocolError(`lz4: ${what}`)
}
