import { encodingTable, normalized } from './fse.ts'
import { huffmanLengths } from './huffman-lengths.ts'
import { BitWriter, writeDistribution } from './zstd-bit-writer.ts'
import { mostHuffmanBits } from './zstd-tables.ts'

// The types of a literals section.
const rawType = 0
const repeatType = 1
const huffmanType = 2

/** Fewer than these don't pay for the description of a code. */
const fewest = 64
/**
 * A description by finite state entropy has fewer bytes than this; from here on the header byte means weights of four
 * bits.
 */
const directFrom = 128

/**
 * Writes the literals section of a block: literals[0, count), at most 128 KiB, the shortest way there is. Answers its
 * end.
 */
export function writeLiterals(literals: Uint8Array, count: number, into: Uint8Array, at: number): number {
  if (count < fewest) return writePlain(rawType, literals, count, into, at)
  const counts = new Uint32Array(256)
  for (let i = 0; i < count; i++) counts[literals[i]!]!++
  if (counts[literals[0]!] === count) return writePlain(repeatType, literals, count, into, at)

  const lengths = huffmanLengths(counts, mostHuffmanBits)
  let bits = 0
  for (let symbol = 0; symbol < 256; symbol++) bits += counts[symbol]! * lengths[symbol]!
  if (bits / 8 > count - count / 64) return writePlain(rawType, literals, count, into, at)

  // Three forms of the header, for sizes of 10, 14 and 18 bits. One stream will do for the first.
  const format = count < 256 ? 0 : count < 1024 ? 1 : count < 16384 ? 2 : 3
  const headerBytes = format < 2 ? 3 : format + 2
  const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18
  const start = at + headerBytes
  const { codes, end } = writeCode(lengths, into, start)
  if (end === 0) return writePlain(rawType, literals, count, into, at)
  let p = end
  if (format === 0) p = writeStream(literals, 0, count, codes, lengths, into, p)
  else {
    const jumps = p
    const part = (count + 3) >>> 2
    p += 6
    for (let i = 0; i < 4; i++) {
      const begin = p
      p = writeStream(literals, i * part, Math.min((i + 1) * part, count), codes, lengths, into, p)
      if (i === 3) continue
      into[jumps + 2 * i] = p - begin
      into[jumps + 2 * i + 1] = (p - begin) >>> 8
    }
  }
  if (p - at >= count) return writePlain(rawType, literals, count, into, at)
  const header = huffmanType + format * 4 + count * 16 + (p - start) * 2 ** (4 + sizeBits)
  for (let i = 0; i < headerBytes; i++) into[at + i] = Math.floor(header / 2 ** (8 * i))
  return p
}

/** The bytes as they are, or one of them if they are all the same. */
function writePlain(type: number, literals: Uint8Array, count: number, into: Uint8Array, at: number): number {
  if (count < 32) into[at++] = type | (count << 3)
  else if (count < 4096) {
    into[at++] = type | (1 << 2) | (count << 4)
    into[at++] = count >>> 4
  } else {
    into[at++] = type | (3 << 2) | (count << 4)
    into[at++] = count >>> 4
    into[at++] = count >>> 12
  }
  const stored = type === rawType ? count : 1
  into.set(literals.subarray(0, stored), at)
  return at + stored
}

/** Writes the description of the code, and answers the symbols' bits. An end of 0: this code can't be described. */
function writeCode(lengths: Uint8Array, into: Uint8Array, at: number): { codes: Uint16Array; end: number } {
  let most = 0
  let last = 0
  for (let symbol = 0; symbol < 256; symbol++) {
    if (lengths[symbol] === 0) continue
    most = Math.max(most, lengths[symbol]!)
    last = symbol
  }
  const weights = lengths.map(length => (length === 0 ? 0 : most + 1 - length))
  const codes = new Uint16Array(256)
  let place = 0
  for (let weight = 1; weight <= most; weight++) {
    for (let symbol = 0; symbol <= last; symbol++) {
      if (weights[symbol] !== weight) continue
      codes[symbol] = place >>> (weight - 1)
      place += 1 << (weight - 1)
    }
  }
  // The last symbol's weight follows from the others'.
  const packed = writeWeights(weights.subarray(0, last), into, at + 1)
  const size = packed - at - 1
  if (packed > 0 && size < directFrom && (last > directFrom || size < (last + 1) >>> 1)) {
    into[at] = size
    return { codes, end: packed }
  }
  if (last > directFrom) return { codes, end: 0 }
  into[at++] = directFrom - 1 + last
  for (let symbol = 0; symbol < last; symbol += 2)
    into[at++] = (weights[symbol]! << 4) | (symbol + 1 < last ? weights[symbol + 1]! : 0)
  return { codes, end: at }
}

/**
 * Weights by finite state entropy, by two states in turn (see `readWeights`). Answers the end; 0 where that can't be
 * done.
 */
function writeWeights(weights: Uint8Array, into: Uint8Array, at: number): number {
  const counts = new Uint32Array(mostHuffmanBits + 1)
  for (const weight of weights) counts[weight]!++
  if (counts.filter(count => count > 0).length < 2 || weights.length < 2) return 0
  const log = weights.length > 64 ? 6 : 5
  const distribution = normalized(counts, log)
  const table = encodingTable(distribution, log)
  const writer = new BitWriter(into, writeDistribution(distribution, log, into, at))
  // The reader's first state has the even ones. What is written last is read first.
  const states = [-1, -1]
  for (let i = weights.length - 1; i >= 0; i--) {
    const turn = i & 1
    states[turn] =
      states[turn]! < 0 ? table.states[table.starts[weights[i]!]!]! : writer.encode(table, states[turn]!, weights[i]!)
  }
  writer.write(states[1]!, log)
  writer.write(states[0]!, log)
  return writer.close()
}

function writeStream(
  literals: Uint8Array,
  start: number,
  end: number,
  codes: Uint16Array,
  lengths: Uint8Array,
  into: Uint8Array,
  at: number,
): number {
  const writer = new BitWriter(into, at)
  for (let i = end - 1; i >= start; i--) writer.write(codes[literals[i]!]!, lengths[literals[i]!]!)
  return writer.close()
}
