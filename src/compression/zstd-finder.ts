import { Chains } from './chains.ts'
import { copyExactly, copyLiterals, looseness, viewOf } from './copy.ts'
import { hashOf, leastMatch, matchEnd } from './match.ts'
import { OffsetHistory } from './zstd-offsets.ts'
import { Sequences } from './zstd-sequences.ts'
import { largestBlock } from './zstd-tables.ts'

const hashBits = 15
/** No match begins in the last bytes of a block, so that looking at four, one further on, never goes beyond. */
const margin = 8
/** From this level on all places are known, and some are tried. */
const thoroughFrom = 3
/** Four bytes are hardly less than the offset of a match takes. */
const leastSought = 5
const mostTries = 512

/** Finds the sequences of one block of a frame after another, and gathers the bytes between them. */
export class Finder {
  readonly offsets = new OffsetHistory()
  // Of the block found last.
  readonly sequences = new Sequences()
  readonly literals: Uint8Array
  literalCount = 0
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly literalView: DataView
  private readonly window: number
  /** Where four bytes were last seen, plus one; 0 is never. */
  private readonly table: Int32Array
  private readonly chains: Chains | undefined
  /** Behind the last match. */
  private anchor = 0

  constructor(bytes: Uint8Array, window: number, level = 1) {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.window = window
    this.literals = new Uint8Array(Math.min(bytes.length, largestBlock) + looseness)
    this.literalView = viewOf(this.literals)
    const thorough = level >= thoroughFrom
    this.table = new Int32Array(thorough ? 0 : 1 << hashBits)
    this.chains = thorough
      ? new Chains(bytes, leastSought, window - 1, Math.min(mostTries, 2 ** (level - 1)))
      : undefined
  }

  /** The block bytes[start, end). */
  find(start: number, end: number): void {
    this.sequences.count = this.literalCount = 0
    this.anchor = start
    if (this.chains === undefined) this.findQuickly(start, end)
    else this.findThoroughly(this.chains, start, end)
    copyExactly(this.literals, this.literalCount, this.bytes, this.anchor, end)
    this.literalCount += end - this.anchor
  }

  private findQuickly(start: number, end: number): void {
    const { bytes, view, table, offsets, window } = this
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
      while (p > this.anchor && candidate > 0 && bytes[p - 1] === bytes[candidate - 1]) {
        p--
        candidate--
      }
      const offset = p - candidate
      const matched = matchEnd(view, p + leastMatch, offset, end)
      this.take(p, matched, offset)
      p = matched
      if (p < stop) table[hashOf(view.getInt32(p - 2, true) ^ (bytes[p + 2]! << 11), hashBits)] = p - 1
    }
  }

  private findThoroughly(chains: Chains, start: number, end: number): void {
    const stop = end - margin
    for (let p = start; ; p = this.anchor) {
      chains.cheap = this.offsets.first
      p = chains.next(p, stop, 0, end)
      if (p >= stop) return
      this.take(p, p + chains.length, chains.distance)
    }
  }

  /** What lies before `at` are literals, then comes a match up to `matched`. */
  private take(at: number, matched: number, offset: number): void {
    const { offsets, anchor } = this
    const literalCount = at - anchor
    copyLiterals(this.literals, this.literalView, this.literalCount, this.bytes, this.view, anchor, at)
    this.literalCount += literalCount
    const value = offsets.name(offset, literalCount === 0)
    offsets.take(value, literalCount === 0)
    this.sequences.add(literalCount, matched - at, value)
    this.anchor = matched
  }
}
