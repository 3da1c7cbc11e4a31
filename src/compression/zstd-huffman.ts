import { ProtocolError } from '../base/errors.ts'
import { decodingTable } from './fse.ts'
import { BackwardBits, type Padded, readDistribution } from './zstd-bits.ts'
import { mostHuffmanBits } from './zstd-tables.ts'

/** A Huffman code of literals, by table: what the next `bits` bits stand for. */
export interface HuffmanTable {
  readonly bits: number
  /** Symbol << 4 | bits used. */
  readonly single: Uint16Array
  /**
   * As many as two symbols: the second << 16 | the first << 8 | how many they are << 5 | bits used by both. The number
   * of bits comes lowest because JavaScript shifts by the lowest five bits of a number.
   */
  readonly double: Uint32Array
}

/** Reads the description of a Huffman code from [at, end) (RFC 8878, 4.2.1). */
export function readHuffmanTable(input: Padded, at: number, end: number): { table: HuffmanTable; at: number } {
  if (at >= end) fail('literals without their code')
  const header = input.bytes[at++]!
  const weights = new Uint8Array(256)
  let count: number
  if (header >= 128) {
    count = header - 127
    const behind = at + ((count + 1) >>> 1)
    if (behind > end) fail("a literals' code that ends early")
    for (let i = 0; i < count; i++) weights[i] = (input.bytes[at + (i >>> 1)]! >>> (i % 2 === 0 ? 4 : 0)) & 15
    at = behind
  } else {
    if (header > end - at) fail("a literals' code that ends early")
    count = readWeights(input, at, at + header, weights)
    at += header
  }
  return { table: tableOf(weights, count), at }
}

/** Weights written by two states in turn, until the bits end in the middle of one. */
function readWeights(input: Padded, at: number, end: number, weights: Uint8Array): number {
  const { counts, log, at: streamAt } = readDistribution(input, at, end, 6, mostHuffmanBits + 2)
  const { entries } = decodingTable(counts, log)
  const bits = new BackwardBits(input, streamAt, end)
  const states = [entries[bits.read(log)]!, entries[bits.read(log)]!]
  let count = 0
  for (let turn = 0; ; turn ^= 1) {
    const entry = states[turn]!
    // One symbol more follows at least, the other state's.
    if (count >= weights.length - 2) fail('too many weights')
    weights[count++] = entry >>> 24
    const wanted = (entry >>> 16) & 0xff
    if (wanted > bits.left) {
      weights[count++] = states[turn ^ 1]! >>> 24
      return count
    }
    states[turn] = entries[(entry & 0xffff) + bits.read(wanted)]!
  }
}

/** The last weight isn't written: it is what makes the code complete. */
function tableOf(weights: Uint8Array, count: number): HuffmanTable {
  let sum = 0
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!
    if (weight > mostHuffmanBits) fail("a literals' code of too many bits")
    if (weight > 0) sum += 1 << (weight - 1)
  }
  if (sum === 0) fail("a literals' code without symbols")
  const bits = 32 - Math.clz32(sum)
  const rest = (1 << bits) - sum
  if (bits > mostHuffmanBits || (rest & (rest - 1)) !== 0) fail("a literals' code that is not complete")
  weights[count] = 32 - Math.clz32(rest)
  const single = new Uint16Array(1 << bits)
  let at = 0
  for (let weight = 1; weight <= bits; weight++) {
    for (let symbol = 0; symbol <= count; symbol++) {
      if (weights[symbol] !== weight) continue
      const behind = at + (1 << (weight - 1))
      single.fill((symbol << 4) | (bits + 1 - weight), at, behind)
      at = behind
    }
  }
  return { bits, single, double: doubled(single, bits) }
}

function doubled(single: Uint16Array, bits: number): Uint32Array {
  const double = new Uint32Array(single.length)
  for (let index = 0; index < single.length; index++) {
    const first = single[index]!
    const used = first & 15
    // The bits that remain, with zeros behind them: enough for the second symbol if it takes no more than those.
    const second = single[(index << used) & (single.length - 1)]!
    const both = used + (second & 15)
    double[index] =
      both > bits
        ? ((first >>> 4) << 8) | (1 << 5) | used
        : ((second >>> 4) << 16) | ((first >>> 4) << 8) | (2 << 5) | both
  }
  return double
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
