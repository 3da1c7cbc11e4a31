import { ProtocolError } from '../base/errors.ts'
import { type DecodingTable, decodingTable, singleSymbol } from './fse.ts'
import { copyLiterals, copyMatch } from './match.ts'
import { Output } from './output.ts'
import { xxh64 } from './xxh64.ts'
import { BackwardBits, bitsAt, Padded, readDistribution, wideBitsAt } from './zstd-bits.ts'
import { little, nextFrame, readFrameHeader } from './zstd-frames.ts'
import { type HuffmanTable, readHuffmanStream, readHuffmanTable } from './zstd-huffman.ts'
import { OffsetHistory } from './zstd-offsets.ts'
import * as tables from './zstd-tables.ts'

const literalLengthBase = tables.basesOf(tables.literalLengthBits, 0)
const matchLengthBase = tables.basesOf(tables.matchLengthBits, 3)

/** One of the three codes sequences are made of: what a block may bring for it. */
interface Code {
  readonly symbols: number
  readonly mostLog: number
  readonly defaults: readonly number[]
  readonly defaultLog: number
  /** Made when first needed. */
  defaultTable?: DecodingTable
}
const codes: Record<'literals' | 'offsets' | 'matches', Code> = {
  literals: {
    symbols: 36,
    mostLog: tables.mostLiteralLengthLog,
    defaults: tables.defaultLiteralLengths,
    defaultLog: tables.defaultLengthsLog,
  },
  offsets: {
    symbols: tables.offsetCodes,
    mostLog: tables.mostOffsetLog,
    defaults: tables.defaultOffsets,
    defaultLog: tables.defaultOffsetsLog,
  },
  matches: { symbols: 53, mostLog: tables.mostMatchLengthLog, defaults: tables.defaultMatchLengths, defaultLog: tables.defaultLengthsLog },
}

/** All frames in `bytes` (RFC 8878), skippable ones passed over. No dictionaries. Frames' windows cost nothing: output is kept whole. */
export function decompress(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length === 0) fail('the data ends early')
  const input = new Padded(bytes)
  const output = new Output('zstd', limit, Math.min(bytes.length * 8, limit))
  let length = 0
  let at = nextFrame(bytes, 0, bytes.length)
  while (at < bytes.length) {
    const frame = new Frame(input, at + 4, output, length)
    frame.read()
    length = frame.length
    at = nextFrame(bytes, frame.at, bytes.length)
  }
  return output.done(length)
}

class Frame {
  at: number
  /** Bytes of output so far, earlier frames' included. */
  length: number
  private readonly input: Padded
  private readonly output: Output
  private readonly begin: number
  private largest = tables.largestBlock
  // What a later block of the frame may use again.
  private huffman: HuffmanTable | undefined
  private readonly repeated: { [name in keyof typeof codes]?: DecodingTable } = {}
  private readonly offsets = new OffsetHistory()
  // The current block's literals.
  private literals: Uint8Array
  private literalsAt = 0
  private literalsEnd = 0
  private decoded: Uint8Array | undefined

  constructor(input: Padded, at: number, output: Output, length: number) {
    this.input = input
    this.at = at
    this.output = output
    this.length = this.begin = length
    this.literals = input.bytes
  }

  read(): void {
    const { begin, output } = this
    const { at, size, largest, hasChecksum } = readFrameHeader(this.input.bytes, this.at, this.input.length)
    this.at = at
    this.largest = largest
    if (size !== undefined && size > (this.input.length - at) * largest) fail('a frame that claims more than it can hold')
    if (size !== undefined) output.reserve(begin, size)

    for (let last = false; !last; ) {
      const header = this.little(3)
      last = (header & 1) === 1
      this.block((header >>> 1) & 3, header >>> 3)
      if (size !== undefined && this.length - begin > size) fail('the content is longer than stated')
    }
    if (size !== undefined && size !== this.length - begin) fail('the content is shorter than stated')
    if (hasChecksum && this.little(4) !== xxh64(output.bytes, begin, this.length)) fail('the checksum is wrong')
  }

  private block(type: number, size: number): void {
    const { input, output } = this
    if (size > this.largest) fail('a block that is too large')
    if (type === 1) {
      const byte = this.little(1)
      output.reserve(this.length, size).fill(byte, this.length, this.length + size)
      this.length += size
      return
    }
    const end = this.at + size
    if (end > input.length) fail('the data ends early')
    if (type === 0) {
      copyLiterals(output.reserve(this.length, size), this.length, input.bytes, this.at, end)
      this.length += size
    } else if (type === 2) this.compressed(end)
    else fail('a block of unknown type')
    this.at = end
  }

  private compressed(end: number): void {
    this.at = this.readLiterals(this.at, end)
    const stop = this.length + this.largest
    const count = this.readCount(end)
    if (count === 0) {
      if (this.at !== end) fail('bytes behind the sequences')
    } else this.sequences(count, end, stop)
    const rest = this.literalsEnd - this.literalsAt
    if (rest > stop - this.length) fail('a block that becomes too large')
    copyLiterals(this.output.reserve(this.length, rest), this.length, this.literals, this.literalsAt, this.literalsEnd)
    this.length += rest
  }

  /** The literals section (RFC 8878, 3.1.1.3.1). Answers where it ends. */
  private readLiterals(start: number, end: number): number {
    const { input } = this
    if (start >= end) fail('the data ends early')
    const first = input.bytes[start]!
    const type = first & 3
    const format = (first >>> 2) & 3
    if (type < 2) {
      const headerBytes = format === 3 ? 3 : format === 1 ? 2 : 1
      const at = start + headerBytes
      const size = (input.view.getUint32(start, true) & (2 ** (8 * headerBytes) - 1)) >>> (headerBytes === 1 ? 3 : 4)
      const behind = at + (type === 0 ? size : 1)
      if (behind > end) fail('the data ends early')
      if (size > this.largest) fail('too many literals')
      if (type === 0) this.useLiterals(input.bytes, at, behind)
      else this.useLiterals(this.room().fill(input.bytes[at]!, 0, size), 0, size)
      return behind
    }
    const headerBytes = format < 2 ? 3 : format + 2
    const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18
    let at = start + headerBytes
    if (at > end) fail('the data ends early')
    const header = input.view.getUint32(start, true) + input.bytes[start + 4]! * 2 ** 32
    const size = Math.floor(header / 16) % 2 ** sizeBits
    const behind = at + (Math.floor(header / 2 ** (4 + sizeBits)) % 2 ** sizeBits)
    if (behind > end) fail('the data ends early')
    if (size > this.largest) fail('too many literals')
    if (type === 2) {
      const read = readHuffmanTable(input, at, behind)
      this.huffman = read.table
      at = read.at
    }
    const table = this.huffman ?? fail("literals by an earlier block's code, but there is none")
    const into = this.room()
    if (format === 0) readHuffmanStream(input, at, behind, table, into, 0, size)
    else this.fourStreams(at, behind, table, into, size)
    this.useLiterals(into, 0, size)
    return behind
  }

  private fourStreams(at: number, end: number, table: HuffmanTable, into: Uint8Array, size: number): void {
    if (end - at < 10) fail('the data ends early')
    const part = (size + 3) >>> 2
    if (part * 3 > size) fail('too few literals for four streams')
    let stream = at + 6
    for (let i = 0; i < 4; i++) {
      const behind = i === 3 ? end : stream + this.input.view.getUint16(at + 2 * i, true)
      if (behind > end) fail('the data ends early')
      readHuffmanStream(this.input, stream, behind, table, into, i * part, i === 3 ? size : (i + 1) * part)
      stream = behind
    }
  }

  private readCount(end: number): number {
    const { bytes } = this.input
    const first = this.at < end ? bytes[this.at]! : fail('the data ends early')
    const width = first < 128 ? 1 : first < 255 ? 2 : 3
    if (this.at + width > end) fail('the data ends early')
    const [second, third] = [bytes[this.at + 1]!, bytes[this.at + 2]!]
    this.at += width
    return width === 1 ? first : width === 2 ? ((first - 128) << 8) + second : second + (third << 8) + 0x7f00
  }

  private table(name: keyof typeof codes, mode: number, end: number): DecodingTable {
    const { symbols, mostLog, defaults, defaultLog } = codes[name]
    let table: DecodingTable
    if (mode === 0) {
      codes[name].defaultTable ??= decodingTable(defaults, defaultLog)
      table = codes[name].defaultTable
    } else if (mode === 1) {
      const symbol = this.at < end ? this.input.bytes[this.at++]! : fail('the data ends early')
      if (symbol >= symbols) fail('an unknown code')
      table = singleSymbol(symbol)
    } else if (mode === 2) {
      const { counts, log, at } = readDistribution(this.input, this.at, end, mostLog, symbols)
      this.at = at
      table = decodingTable(counts, log)
    } else table = this.repeated[name] ?? fail("an earlier block's codes, but there are none")
    this.repeated[name] = table
    return table
  }

  /** Literals and matches in turn (RFC 8878, 3.1.1.3.2 and 3.1.1.4). */
  private sequences(count: number, end: number, stop: number): void {
    const modes = this.at < end ? this.input.bytes[this.at++]! : fail('the data ends early')
    if ((modes & 3) !== 0) fail('an unknown mode')
    const literalTable = this.table('literals', modes >>> 6, end)
    const offsetTable = this.table('offsets', (modes >>> 4) & 3, end)
    const matchTable = this.table('matches', (modes >>> 2) & 3, end)
    const bits = new BackwardBits(this.input, this.at, end)
    let literalState = bits.read(literalTable.log)
    let offsetState = bits.read(offsetTable.log)
    let matchState = bits.read(matchTable.log)
    const { output, literals, begin, offsets } = this
    const { view } = bits
    const { matchLengthBits, literalLengthBits } = tables
    let { length, literalsAt } = this
    let out = output.reserve(length, 0)
    // Bits by number from the beginning of the input. How many a sequence takes is checked at once, before any of them is read.
    const lowest = bits.start * 8
    let bit = lowest + bits.left
    for (let left = count; left > 0; left--) {
      const literalEntry = literalTable.entries[literalState]!
      const offsetEntry = offsetTable.entries[offsetState]!
      const matchEntry = matchTable.entries[matchState]!
      const offsetBits = offsetEntry >>> 24
      const matchBits = matchLengthBits[matchEntry >>> 24]!
      const literalBits = literalLengthBits[literalEntry >>> 24]!
      const literalStep = (literalEntry >>> 16) & 0xff
      const matchStep = (matchEntry >>> 16) & 0xff
      const offsetStep = (offsetEntry >>> 16) & 0xff
      const wanted = offsetBits + matchBits + literalBits + (left > 1 ? literalStep + matchStep + offsetStep : 0)
      if (wanted > bit - lowest) fail('a bit stream that ends early')

      bit -= offsetBits
      const offsetValue = ((1 << offsetBits) >>> 0) + (offsetBits > 25 ? wideBitsAt(view, bit, offsetBits) : bitsAt(view, bit, offsetBits))
      bit -= matchBits
      const matched = matchLengthBase[matchEntry >>> 24]! + bitsAt(view, bit, matchBits)
      bit -= literalBits
      const literalCount = literalLengthBase[literalEntry >>> 24]! + bitsAt(view, bit, literalBits)
      const offset = offsets.take(offsetValue, literalCount === 0)
      if (offset <= 0) fail('a match at distance 0')
      if (left > 1) {
        bit -= literalStep
        literalState = (literalEntry & 0xffff) + bitsAt(view, bit, literalStep)
        bit -= matchStep
        matchState = (matchEntry & 0xffff) + bitsAt(view, bit, matchStep)
        bit -= offsetStep
        offsetState = (offsetEntry & 0xffff) + bitsAt(view, bit, offsetStep)
      }

      if (literalCount > this.literalsEnd - literalsAt) fail('more literals than there are')
      if (literalCount + matched > stop - length) fail('a block that becomes too large')
      if (length + literalCount + matched > output.room) out = output.reserve(length, literalCount + matched)
      copyLiterals(out, length, literals, literalsAt, literalsAt + literalCount)
      literalsAt += literalCount
      length += literalCount
      if (offset > length - begin) fail('a match from before the beginning')
      copyMatch(out, length, offset, matched)
      length += matched
    }
    bits.left = bit - lowest
    bits.close()
    this.length = length
    this.literalsAt = literalsAt
  }

  private useLiterals(bytes: Uint8Array, at: number, end: number): void {
    this.literals = bytes
    this.literalsAt = at
    this.literalsEnd = end
  }

  private room(): Uint8Array {
    this.decoded ??= new Uint8Array(Math.min(this.largest, tables.largestBlock))
    return this.decoded
  }

  /** The next bytes as one number, the lowest first. */
  private little(count: number): number {
    const value = little(this.input.bytes, this.at, count, this.input.length)
    this.at += count
    return value
  }
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
