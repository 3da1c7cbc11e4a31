import { type EncodingTable, encodingTable, normalized, onlySymbol } from './fse.ts'
import { BitWriter, writeDistribution } from './zstd-bit-writer.ts'
import * as tables from './zstd-tables.ts'

const defaultsMode = 0
const singleMode = 1
const ownMode = 2

const literalLengthBase = tables.basesOf(tables.literalLengthBits, 0)
const matchLengthBase = tables.basesOf(tables.matchLengthBits, 3)
/** From here on a length's code follows from its highest bit. */
const regularLiteralLength = 64
const regularMatchLength = 128 + 3

/** One of the three codes that sequences are made of. */
interface Kind {
  readonly symbols: number
  readonly mostLog: number
  readonly defaults: readonly number[]
  readonly defaultLog: number
  /** Made when first needed. */
  defaultTable?: EncodingTable
}
const literalKind: Kind = {
  symbols: 36,
  mostLog: tables.mostLiteralLengthLog,
  defaults: tables.defaultLiteralLengths,
  defaultLog: tables.defaultLengthsLog,
}
const offsetKind: Kind = {
  symbols: tables.offsetCodes,
  mostLog: tables.mostOffsetLog,
  defaults: tables.defaultOffsets,
  defaultLog: tables.defaultOffsetsLog,
}
const matchKind: Kind = {
  symbols: 53,
  mostLog: tables.mostMatchLengthLog,
  defaults: tables.defaultMatchLengths,
  defaultLog: tables.defaultLengthsLog,
}

/** A block's sequences, in arrays that are used again for the next. */
export class Sequences {
  count = 0
  readonly literals = new Uint32Array(most)
  readonly matches = new Uint32Array(most)
  /** As named by OffsetHistory. */
  readonly offsets = new Uint32Array(most)

  add(literals: number, matched: number, offset: number): void {
    this.literals[this.count] = literals
    this.matches[this.count] = matched
    this.offsets[this.count++] = offset
  }
}

/** A match has four bytes at least. */
const most = tables.largestBlock / 4

/** Writes a block's sequences section. Answers its end. */
export function writeSequences({ count, literals, matches, offsets }: Sequences, into: Uint8Array, at: number): number {
  if (count < 128) into[at++] = count
  else if (count < 0x7f00) {
    into[at++] = (count >>> 8) + 128
    into[at++] = count
  } else {
    into[at++] = 255
    into[at++] = count - 0x7f00
    into[at++] = (count - 0x7f00) >>> 8
  }
  if (count === 0) return at
  const literalCodes = new Uint8Array(count)
  const matchCodes = new Uint8Array(count)
  const offsetCodes = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    literalCodes[i] = codeOf(literals[i]!, literalLengthBase, regularLiteralLength, 19)
    matchCodes[i] = codeOf(matches[i]!, matchLengthBase, regularMatchLength, 36)
    offsetCodes[i] = 31 - Math.clz32(offsets[i]!)
  }
  const modesAt = at++
  const literalTable = choose(literalCodes, literalKind, into, at)
  const offsetTable = choose(offsetCodes, offsetKind, into, literalTable.end)
  const matchTable = choose(matchCodes, matchKind, into, offsetTable.end)
  into[modesAt] = (literalTable.mode << 6) | (offsetTable.mode << 4) | (matchTable.mode << 2)

  // The reader takes everything in the opposite order: first what is written last.
  const writer = new BitWriter(into, matchTable.end)
  const last = count - 1
  let offsetState = firstState(offsetTable.table, offsetCodes[last]!)
  let matchState = firstState(matchTable.table, matchCodes[last]!)
  let literalState = firstState(literalTable.table, literalCodes[last]!)
  for (let i = last; i >= 0; i--) {
    const literalCode = literalCodes[i]!
    const matchCode = matchCodes[i]!
    const offsetCode = offsetCodes[i]!
    if (i !== last) {
      offsetState = writer.encode(offsetTable.table, offsetState, offsetCode)
      matchState = writer.encode(matchTable.table, matchState, matchCode)
      literalState = writer.encode(literalTable.table, literalState, literalCode)
    }
    writer.write(literals[i]! - literalLengthBase[literalCode]!, tables.literalLengthBits[literalCode]!)
    writer.write(matches[i]! - matchLengthBase[matchCode]!, tables.matchLengthBits[matchCode]!)
    writer.writeMany(offsets[i]!, offsetCode)
  }
  writer.write(matchState, matchTable.table.log)
  writer.write(offsetState, offsetTable.table.log)
  writer.write(literalState, literalTable.table.log)
  return writer.close()
}

/** The last symbol, which is encoded first, may begin in any of its states. */
function firstState({ states, starts }: EncodingTable, symbol: number): number {
  return states[starts[symbol]!]!
}

/** The code of a length: by its highest bit from `regular` on, where that bit is `above` less than the code. */
function codeOf(length: number, bases: readonly number[], regular: number, above: number): number {
  if (length >= regular) return 31 - Math.clz32(length - bases[0]!) + above
  let low = 0
  for (let high = bases.length - 1; low < high; ) {
    const middle = (low + high + 1) >>> 1
    if (bases[middle]! <= length) low = middle
    else high = middle - 1
  }
  return low
}

/** Decides how codes are written, and writes the table if it is one of their own. */
function choose(
  codes: Uint8Array,
  kind: Kind,
  into: Uint8Array,
  at: number,
): { mode: number; table: EncodingTable; end: number } {
  const counts = new Uint32Array(kind.symbols)
  let last = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    counts[code]!++
    if (code > last) last = code
  }
  if (counts[last] === codes.length) {
    into[at] = last
    return { mode: singleMode, table: onlySymbol(last), end: at + 1 }
  }
  const occurring = counts.subarray(0, last + 1)
  // As exact as there are codes to profit from it, and room for every symbol.
  const different = occurring.filter(count => count > 0).length
  const log = Math.min(kind.mostLog, Math.max(5, 30 - Math.clz32(codes.length), 33 - Math.clz32(different)))
  const distribution = normalized(occurring, log)
  const end = writeDistribution(distribution, log, into, at)
  const { defaults, defaultLog } = kind
  if (
    last < defaults.length &&
    cost(occurring, defaults, defaultLog) <= cost(occurring, distribution, log) + 8 * (end - at)
  ) {
    kind.defaultTable ??= encodingTable(defaults, defaultLog)
    return { mode: defaultsMode, table: kind.defaultTable, end: at }
  }
  return { mode: ownMode, table: encodingTable(distribution, log), end }
}

/** Bits that codes of these counts take by this distribution. */
function cost(counts: Uint32Array, distribution: ArrayLike<number>, log: number): number {
  let bits = 0
  for (let symbol = 0; symbol < counts.length; symbol++)
    if (counts[symbol]! > 0) bits += counts[symbol]! * (log - Math.log2(Math.abs(distribution[symbol]!)))
  return bits
}
