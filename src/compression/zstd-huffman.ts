import { ProtocolError } from '../base/errors.ts'
import { decodingTable } from './fse.ts'
import { BackwardBits, type Padded, readDistribution } from './zstd-bits.ts'
import { mostHuffmanBits } from './zstd-tables.ts'

/** A Huffman code of literals, by table: the next `bits` bits find symbol << 4 | bits used. */
export interface HuffmanTable {
  readonly bits: number
  readonly entries: Uint16Array
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
  const entries = new Uint16Array(1 << bits)
  let at = 0
  for (let weight = 1; weight <= bits; weight++) {
    for (let symbol = 0; symbol <= count; symbol++) {
      if (weights[symbol] !== weight) continue
      const behind = at + (1 << (weight - 1))
      entries.fill((symbol << 4) | (bits + 1 - weight), at, behind)
      at = behind
    }
  }
  return { bits, entries }
}

/** Decodes the stream [start, end) to into[at, stop). It must be used up by that. */
export function readHuffmanStream(
  input: Padded,
  start: number,
  end: number,
  { bits, entries }: HuffmanTable,
  into: Uint8Array,
  at: number,
  stop: number,
): void {
  const stream = new BackwardBits(input, start, end)
  const { view } = input
  let { left } = stream
  // Two symbols from each four bytes looked at, of which 25 bits at least are new.
  while (stop - at >= 2 && left >= 32) {
    const byte = ((left + 7) >>> 3) - 4
    const word = view.getInt32(start + byte, true)
    let have = left - byte * 8
    let entry = entries[(word >>> (have - bits)) & ((1 << bits) - 1)]!
    into[at++] = entry >>> 4
    have -= entry & 15
    entry = entries[(word >>> (have - bits)) & ((1 << bits) - 1)]!
    into[at++] = entry >>> 4
    left = byte * 8 + have - (entry & 15)
  }
  while (at < stop) {
    // The last codes may be shorter than what is looked at: zeros stand for the bits behind the end.
    const index =
      left >= bits
        ? view.getUint32(start + ((left - bits) >>> 3), true) >>> ((left - bits) & 7)
        : view.getUint32(start, true) << (bits - left)
    const entry = entries[index & ((1 << bits) - 1)]!
    left -= entry & 15
    if (left < 0) fail('literals that end early')
    into[at++] = entry >>> 4
  }
  stream.left = left
  stream.close()
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
