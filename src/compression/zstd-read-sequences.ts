import { ProtocolError } from '../base/errors.ts'
import { copyLiterals, copyMatch } from './copy.ts'
import type { Output } from './output.ts'
import { BackwardBits, bitsAt, mostBitsAtOnce, type Padded, wideBitsAt } from './zstd-bits.ts'
import { SequenceTables } from './zstd-codes.ts'
import { OffsetHistory } from './zstd-offsets.ts'
import type { Literals } from './zstd-read-literals.ts'

/**
 * The sequences of one block of a frame after another: literals and matches in turn (RFC 8878, 3.1.1.3.2 and 3.1.1.4).
 */
export class SequencesReader {
  private readonly input: Padded
  private readonly output: Output
  /** Where the frame's output begins: no match reaches before it. */
  private readonly begin: number
  private readonly tables = new SequenceTables()
  private readonly offsets = new OffsetHistory()

  constructor(input: Padded, output: Output, begin: number) {
    this.input = input
    this.output = output
    this.begin = begin
  }

  /**
   * Reads the section [at, end) and appends what it says to the first `length` bytes of output, `stop` at most. Answers
   * the new length.
   */
  read(at: number, end: number, literals: Literals, length: number, stop: number): number {
    const { bytes } = this.input
    const first = at < end ? bytes[at]! : fail('the data ends early')
    const width = first < 128 ? 1 : first < 255 ? 2 : 3
    if (at + width > end) fail('the data ends early')
    const [second, third] = [bytes[at + 1]!, bytes[at + 2]!]
    const count = width === 1 ? first : width === 2 ? ((first - 128) << 8) + second : second + (third << 8) + 0x7f00
    at += width
    if (count > 0) return this.sequences(count, at, end, literals, length, stop)
    return at === end ? length : fail('bytes behind the sequences')
  }

  private sequences(count: number, at: number, end: number, literals: Literals, length: number, stop: number): number {
    const { input, output, begin, offsets, tables } = this
    const modes = at < end ? input.bytes[at++]! : fail('the data ends early')
    if ((modes & 3) !== 0) fail('an unknown mode')
    const literalTable = tables.read('literals', modes >>> 6, input, at, end)
    const offsetTable = tables.read('offsets', (modes >>> 4) & 3, input, literalTable.at, end)
    const matchTable = tables.read('matches', (modes >>> 2) & 3, input, offsetTable.at, end)
    const literalEntries = literalTable.table.entries
    const offsetEntries = offsetTable.table.entries
    const matchEntries = matchTable.table.entries
    const bits = new BackwardBits(input, matchTable.at, end)
    let literalState = bits.read(literalTable.table.log)
    let offsetState = bits.read(offsetTable.table.log)
    let matchState = bits.read(matchTable.table.log)

    // Everything the loop needs, in variables of its own.
    const { view, start } = bits
    const { bytes: literalBytes, view: literalView, end: literalsEnd } = literals
    let { left } = bits
    let literalsAt = literals.at
    let out = output.reserve(length, 0)
    let outView = output.view
    let { room } = output
    let { first, second, third } = offsets
    for (let remaining = count; ; ) {
      const literalSteps = literalEntries[2 * literalState + 1]!
      const offsetSteps = offsetEntries[2 * offsetState + 1]!
      const matchSteps = matchEntries[2 * matchState + 1]!
      const literalBits = literalSteps >>> 24
      const offsetBits = offsetSteps >>> 24
      const matchBits = matchSteps >>> 24
      let literalCount = literalEntries[2 * literalState]!
      let offset = offsetEntries[2 * offsetState]!
      let matched = matchEntries[2 * matchState]!
      const extra = literalBits + offsetBits + matchBits
      left -= extra
      if (left < 0) fail('a bit stream that ends early')
      if (extra <= mostBitsAtOnce) {
        let word = view.getInt32(start + (left >>> 3), true) >>> (left & 7)
        literalCount += word & ((1 << literalBits) - 1)
        word >>>= literalBits
        matched += word & ((1 << matchBits) - 1)
        word >>>= matchBits
        offset += word & ((1 << offsetBits) - 1)
      } else {
        literalCount += bitsAt(view, start, left, literalBits)
        matched += bitsAt(view, start, left + literalBits, matchBits)
        offset += wideBitsAt(view, start, left + literalBits + matchBits, offsetBits)
      }

      // As OffsetHistory has it, which would cost a good deal here.
      if (offset > 3) {
        offset -= 3
        third = second
        second = first
        first = offset
      } else {
        if (offset < 0) fail('a match from before the beginning') // 31 bits of it
        const which = literalCount === 0 ? offset + 1 : offset
        offset = which === 1 ? first : which === 2 ? second : which === 3 ? third : first - 1
        if (offset === 0) fail('a match at distance 0')
        if (which > 2) third = second
        if (which > 1) second = first
        first = offset
      }

      if (literalCount > literalsEnd - literalsAt) fail('more literals than there are')
      if (literalCount + matched > stop - length) fail('a block that becomes too large')
      if (length + literalCount + matched > room) {
        out = output.reserve(length, literalCount + matched)
        outView = output.view
        room = output.room
      }
      copyLiterals(out, outView, length, literalBytes, literalView, literalsAt, literalsAt + literalCount)
      literalsAt += literalCount
      length += literalCount
      if (offset > length - begin) fail('a match from before the beginning')
      copyMatch(out, outView, length, offset, matched)
      length += matched

      if (--remaining === 0) break
      const literalStep = (literalSteps >>> 16) & 31
      const matchStep = (matchSteps >>> 16) & 31
      const offsetStep = (offsetSteps >>> 16) & 31
      left -= literalStep + matchStep + offsetStep
      if (left < 0) fail('a bit stream that ends early')
      // 26 bits at most: where they don't lie well, one more is looked at.
      let word = view.getInt32(start + (left >>> 3), true) >>> (left & 7)
      offsetState = (offsetSteps & 0xffff) + (word & ((1 << offsetStep) - 1))
      word >>>= offsetStep
      matchState = (matchSteps & 0xffff) + (word & ((1 << matchStep) - 1))
      literalState = (literalSteps & 0xffff) + bitsAt(view, start, left + offsetStep + matchStep, literalStep)
    }
    bits.left = left
    bits.close()
    offsets.restore({ first, second, third } as OffsetHistory)
    literals.at = literalsAt
    return length
  }
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
