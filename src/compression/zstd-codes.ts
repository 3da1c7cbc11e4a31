import { ProtocolError } from '../base/errors.ts'
import { type DecodingTable, decodingTable, singleSymbol } from './fse.ts'
import { type Padded, readDistribution } from './zstd-bits.ts'
import * as tables from './zstd-tables.ts'

/** What sequences are decoded by: two numbers for each state, so that one look finds all there is to know. */
export interface SequenceTable {
  readonly log: number
  /**
   * What the state's symbol stands for; then extra bits to be added to that << 24 | bits to read << 16 | what to add to
   * them for the next state.
   */
  readonly entries: Int32Array
}

/** One of the three codes that sequences are made of. */
interface Code {
  readonly bases: readonly number[]
  readonly extraBits: readonly number[]
  readonly mostLog: number
  readonly defaults: readonly number[]
  readonly defaultLog: number
  /** Made when first needed. */
  defaultTable?: SequenceTable
}

export type CodeName = 'literals' | 'offsets' | 'matches'

const codes: Record<CodeName, Code> = {
  literals: {
    bases: tables.basesOf(tables.literalLengthBits, 0),
    extraBits: tables.literalLengthBits,
    mostLog: tables.mostLiteralLengthLog,
    defaults: tables.defaultLiteralLengths,
    defaultLog: tables.defaultLengthsLog,
  },
  offsets: {
    bases: Array.from({ length: tables.offsetCodes }, (_, code) => 1 << code),
    extraBits: Array.from({ length: tables.offsetCodes }, (_, code) => code),
    mostLog: tables.mostOffsetLog,
    defaults: tables.defaultOffsets,
    defaultLog: tables.defaultOffsetsLog,
  },
  matches: {
    bases: tables.basesOf(tables.matchLengthBits, 3),
    extraBits: tables.matchLengthBits,
    mostLog: tables.mostMatchLengthLog,
    defaults: tables.defaultMatchLengths,
    defaultLog: tables.defaultLengthsLog,
  },
}

/** The tables of a frame's blocks: a block may use the one before's again. */
export class SequenceTables {
  private readonly last: { [name in CodeName]?: SequenceTable } = {}

  /**
   * The table a block says, by its mode, that this code is to be decoded by. What describes it begins at `at`; answers
   * where it ends, too.
   */
  read(name: CodeName, mode: number, input: Padded, at: number, end: number): { table: SequenceTable; at: number } {
    const code = codes[name]
    let table: SequenceTable
    if (mode === 0) {
      code.defaultTable ??= tableOf(code, decodingTable(code.defaults, code.defaultLog))
      table = code.defaultTable
    } else if (mode === 1) {
      const symbol = at < end ? input.bytes[at++]! : fail('the data ends early')
      if (symbol >= code.bases.length) fail('an unknown code')
      table = tableOf(code, singleSymbol(symbol))
    } else if (mode === 2) {
      const read = readDistribution(input, at, end, code.mostLog, code.bases.length)
      at = read.at
      table = tableOf(code, decodingTable(read.counts, read.log))
    } else table = this.last[name] ?? fail("an earlier block's codes, but there are none")
    this.last[name] = table
    return { table, at }
  }
}

function tableOf({ bases, extraBits }: Code, { log, entries: states }: DecodingTable): SequenceTable {
  const entries = new Int32Array(2 * states.length)
  for (let i = 0; i < states.length; i++) {
    const state = states[i]!
    const symbol = state >>> 24
    entries[2 * i] = bases[symbol]!
    entries[2 * i + 1] = (extraBits[symbol]! << 24) | (state & 0xffffff)
  }
  return { log, entries }
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
