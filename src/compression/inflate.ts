import { ProtocolError } from '../base/errors.ts'
import { HuffmanCode } from './huffman.ts'
import type { Output } from './output.ts'

// RFC 1951, 3.2.5 and 3.2.7.
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const endOfBlock = 256

let fixed: { literals: HuffmanCode; distances: HuffmanCode } | undefined

function fixedCodes(): { literals: HuffmanCode; distances: HuffmanCode } {
  if (fixed === undefined) {
    const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280)
    fixed = { literals: HuffmanCode.of(lengths)!, distances: HuffmanCode.of(new Uint8Array(32).fill(5))! }
  }
  return fixed
}

/**
 * Reads DEFLATE streams (RFC 1951) off `bytes`, one after another, into an Output. Anything malformed is a
 * ProtocolError.
 */
export class Inflater {
  /** Next byte of input. After `stream`, the one behind the stream. */
  at: number
  /** Bytes put out so far, all streams together. */
  length = 0
  private readonly bytes: Uint8Array
  private readonly end: number
  private readonly output: Output
  /** Bits read from the input and not used yet, the next one lowest, and how many. */
  private hold = 0
  private held = 0
  /** Where in the output the current stream began: a match can't reach before it. */
  private begin = 0

  constructor(bytes: Uint8Array, at: number, end: number, output: Output) {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.output = output
  }

  /** One whole stream, from `at`. */
  stream(): void {
    this.begin = this.length
    let last = false
    while (!last) {
      last = this.bits(1) === 1
      const type = this.bits(2)
      if (type === 0) this.stored()
      else if (type === 1) this.block(fixedCodes().literals, fixedCodes().distances)
      else if (type === 2) this.dynamic()
      else fail('a block of unknown type')
    }
    // Give back whole bytes read ahead; the rest of the last one is padding.
    this.at -= this.held >>> 3
    this.hold = this.held = 0
    if (this.at > this.end) fail('the data ends early')
  }

  /** Reads up to 16 bits. */
  private bits(count: number): number {
    while (this.held < count) {
      if (this.at >= this.end) fail('the data ends early')
      this.hold |= this.bytes[this.at++]! << this.held
      this.held += 8
    }
    const value = this.hold & ((1 << count) - 1)
    this.hold >>>= count
    this.held -= count
    return value
  }

  private stored(): void {
    this.at -= this.held >>> 3
    this.hold = this.held = 0
    const size = this.bits(16)
    if (this.bits(16) !== (size ^ 0xffff)) fail('a stored block of two lengths')
    if (size > this.end - this.at) fail('the data ends early')
    this.output.reserve(this.length, size).set(this.bytes.subarray(this.at, this.at + size), this.length)
    this.at += size
    this.length += size
  }

  private dynamic(): void {
    const literals = this.bits(5) + 257
    const distances = this.bits(5) + 1
    const given = this.bits(4) + 4
    if (literals > 286 || distances > 30) fail('too many codes')
    const codeLengths = new Uint8Array(19)
    for (let i = 0; i < given; i++) codeLengths[codeLengthOrder[i]!] = this.bits(3)
    const code = HuffmanCode.of(codeLengths) ?? fail('code lengths without a code')
    const lengths = new Uint8Array(literals + distances)
    for (let i = 0; i < lengths.length; ) {
      const symbol = this.symbol(code)
      if (symbol < 16) {
        lengths[i++] = symbol
        continue
      }
      if (symbol === 16 && i === 0) fail('a code length to repeat before the first')
      const repeated = symbol === 16 ? lengths[i - 1]! : 0
      const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7)
      if (times > lengths.length - i) fail('too many code lengths')
      lengths.fill(repeated, i, i + times)
      i += times
    }
    if (lengths[endOfBlock] === 0) fail('a block without an end')
    this.block(
      HuffmanCode.of(lengths.subarray(0, literals)) ?? fail('lengths that make no code'),
      HuffmanCode.of(lengths.subarray(literals)) ?? fail('lengths that make no code'),
    )
  }

  private symbol(code: HuffmanCode): number {
    while (this.held < 15) {
      // Past the end there are zeros, as the last code may be shorter than what is looked at.
      if (this.at > this.end + 3) fail('the data ends early')
      this.hold |= (this.at < this.end ? this.bytes[this.at]! : 0) << this.held
      this.at++
      this.held += 8
    }
    const entry = code.quick[this.hold & 1023]! || code.find(this.hold)
    if (entry === 0) fail('bits that are no code')
    this.hold >>>= entry & 15
    this.held -= entry & 15
    return entry >>> 4
  }

  /** The inner loop. All state is in local variables while it runs. */
  private block(literals: HuffmanCode, distances: HuffmanCode): void {
    const { bytes, end, output } = this
    const literalTable = literals.quick
    const distanceTable = distances.quick
    let { at, hold, held, length } = this
    let out = output.reserve(length, 0)
    let { room } = output
    const safe = end - 1
    for (;;) {
      // 16 bits at least before each code and each number of extra bits. Behind the input there are zeros.
      if (held < 16) {
        hold |= (at < safe ? bytes[at]! | (bytes[at + 1]! << 8) : this.lastBytes(at)) << held
        at += 2
        held += 16
      }
      let entry = literalTable[hold & 1023]! || literals.find(hold)
      hold >>>= entry & 15
      held -= entry & 15
      // A step may go beyond the room, into the slack.
      if (length > room) {
        out = output.reserve(length, 0)
        room = output.room
      }
      if (entry >>> 12 === 0) {
        if (entry === 0) fail('bits that are no code')
        if (at - (held >>> 3) > end) fail('the data ends early')
        out[length++] = entry >>> 4
        continue
      }
      if (entry >>> 4 === endOfBlock) break
      let index = (entry >>> 4) - 257
      if (index > 28) fail('an unknown match length')
      if (held < 16) {
        hold |= (at < safe ? bytes[at]! | (bytes[at + 1]! << 8) : this.lastBytes(at)) << held
        at += 2
        held += 16
      }
      let extra = lengthExtra[index]!
      const stop = length + lengthBase[index]! + (hold & ((1 << extra) - 1))
      hold >>>= extra
      held -= extra

      if (held < 16) {
        hold |= (at < safe ? bytes[at]! | (bytes[at + 1]! << 8) : this.lastBytes(at)) << held
        at += 2
        held += 16
      }
      entry = distanceTable[hold & 1023]! || distances.find(hold)
      if (entry === 0) fail('bits that are no code')
      hold >>>= entry & 15
      held -= entry & 15
      index = entry >>> 4
      if (index > 29) fail('an unknown distance')
      extra = index < 2 ? 0 : (index >>> 1) - 1
      if (held < 16) {
        hold |= (at < safe ? bytes[at]! | (bytes[at + 1]! << 8) : this.lastBytes(at)) << held
        at += 2
        held += 16
      }
      const distance = distanceBase[index]! + (hold & ((1 << extra) - 1))
      hold >>>= extra
      held -= extra
      if (at - (held >>> 3) > end) fail('the data ends early')
      if (distance > length - this.begin) fail('a distance before the beginning')
      for (let from = length - distance; length < stop; ) out[length++] = out[from++]!
    }
    this.at = at
    this.hold = hold
    this.held = held
    this.length = length
  }

  /** The last byte of the input and zeros, as two bytes. */
  private lastBytes(at: number): number {
    return at < this.end ? this.bytes[at]! : 0
  }
}

function fail(what: string): never {
  throw new ProtocolError(`gzip: ${what}`)
}
