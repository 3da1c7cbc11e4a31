import { type EncodingTable, encodingTable, normalized } from './fse.ts'
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
  const literalTable = choose(
    literalCodes,
    36,
    tables.mostLiteralLengthLog,
    tables.defaultLiteralLengths,
    tables.defaultLengthsLog,
    into,
    at,
  )
  const offsetTable = choose(
    offsetCodes,
    tables.offsetCodes,
    tables.mostOffsetLog,
    tables.defaultOffsets,
    tables.defaultOffsetsLog,
    into,
    literalTable.end,
  )
  const matchTable = choose(
    matchCodes,
    53,
    tables.mostMatchLengthLog,
    tables.defaultMatchLengths,
    tables.defaultLengthsLog,
    into,
    offsetTable.end,
  )
  into[modesAt] = (literalTable.mode << 6) | (offsetTable.mode << 4) | (matchTable.mode << 2)

  // The reader takes everything in the opposite order: first what is written last.
  const writer = new BitWriter(into, matchTable.end)
  let literalState = -1
  let offsetState = -1
  let matchState = -1
  for (let i = count - 1; i >= 0; i--) {
    const [literalCode, offsetCode, matchCode] = [literalCodes[i]!, offsetCodes[i]!, matchCodes[i]!]
    offsetState = step(writer, offsetTable.table, offsetState, offsetCode)
    matchState = step(writer, matchTable.table, matchState, matchCode)
    literalState = step(writer, literalTable.table, literalState, literalCode)
    writer.write(literals[i]! - literalLengthBase[literalCode]!, tables.literalLengthBits[literalCode]!)
    writer.write(matches[i]! - matchLengthBase[matchCode]!, tables.matchLengthBits[matchCode]!)
    writer.writeMany(offsets[i]!, offsetCode)
  }
  for (const [state, { table }] of [
    [matchState, matchTable],
    [offsetState, offsetTable],
    [literalState, literalTable],
  ] as const)
    if (table !== undefined) writer.write(state, table.log)
  return writer.close()
}

/** The first symbol of all begins in any of its states. A code of one symbol has no state. */
function step(writer: BitWriter, table: EncodingTable | undefined, state: number, symbol: number): number {
  if (table === undefined) return 0
  return state < 0 ? table.states[table.starts[symbol]!]! : writer.encode(table, state, symbol)
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

/** Decides how codes are written, and writes the table if it is one of their own. No table: there is one symbol only. */
function choose(
  codes: Uint8Array,
  symbols: number,
  mostLog: number,
  defaults: readonly number[],
  defaultLog: number,
  into: Uint8Array,
  at: number,
): { mode: number; table: EncodingTable | undefined; end: number } {
  const counts = new Uint32Array(symbols)
  let last = 0
  for (const code of codes) {
    counts[code]!++
    last = Math.max(last, code)
  }
  if (counts[last] === codes.length) {
    into[at] = last
    return { mode: singleMode, table: undefined, end: at + 1 }
  }
  const occurring = counts.subarray(0, last + 1)
  const useDefaults = { mode: defaultsMode, end: at }
  const fits = last < defaults.length
  // As exact as there are codes to profit from it, and room for every symbol.
  const different = occurring.filter(count => count > 0).length
  const log = Math.min(mostLog, Math.max(5, 30 - Math.clz32(codes.length), 33 - Math.clz32(different)))
  const distribution = normalized(occurring, log)
  const end = writeDistribution(distribution, log, into, at)
  if (fits && cost(occurring, defaults, defaultLog) <= cost(occurring, distribution, log) + 8 * (end - at))
    return { ...useDefaults, table: encodingTable(defaults, defaultLog) }
  return { mode: ownMode, table: encodingTable(distribution, log), end }
}

/** Bits that codes of these counts take by this distribution. */
function cost(counts: Uint32Array, distribution: ArrayLike<number>, log: number): number {
  let bits = 0
  for (let symbol = 0; symbol < counts.length; symbol++)
    if (counts[symbol]! > 0) bits += counts[symbol]! * (log - Math.log2(Math.abs(distribution[symbol]!)))
  return bits
}
