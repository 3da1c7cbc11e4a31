import { ProtocolError } from '../base/errors.ts'
import { viewOf } from './copy.ts'

/** Input with zeros behind it, so that four bytes can be looked at anywhere, and copied loosely. */
export class Padded {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly length: number

  constructor(bytes: Uint8Array) {
    this.length = bytes.length
    this.bytes = new Uint8Array(bytes.length + 32)
    this.bytes.set(bytes)
    this.view = viewOf(this.bytes)
  }
}

/**
 * Reads the bits between two bytes from the last to the first: Zstandard writes them that way round. The highest bit
 * set marks the end.
 */
export class BackwardBits {
  /** Bits not read yet. */
  left: number
  readonly start: number
  readonly view: DataView

  constructor(input: Padded, start: number, end: number) {
    const last = end > start ? input.bytes[end - 1]! : 0
    if (last === 0) fail('a bit stream without its end mark')
    this.start = start
    this.view = input.view
    this.left = (end - start) * 8 - Math.clz32(last << 24) - 1
  }

  /** Up to 25 bits; an error when there are fewer. */
  read(count: number): number {
    if (count > this.left) fail('a bit stream that ends early')
    this.left -= count
    return bitsAt(this.view, this.start, this.left, count)
  }

  /** To be called when all that was expected is read. */
  close(): void {
    if (this.left !== 0) fail('a bit stream that is not used up')
  }
}

/** The most bits that are found in the four bytes around them, wherever they begin. */
export const mostBitsAtOnce = 25

/** Up to 25 bits of the view's bytes, from bit `bit` up, counted from byte `start`. */
export function bitsAt(view: DataView, start: number, bit: number, count: number): number {
  return (view.getInt32(start + (bit >>> 3), true) >>> (bit & 7)) & ((1 << count) - 1)
}

/** Up to 31 bits. */
export function wideBitsAt(view: DataView, start: number, bit: number, count: number): number {
  if (count <= mostBitsAtOnce) return bitsAt(view, start, bit, count)
  return bitsAt(view, start, bit, 16) | (bitsAt(view, start, bit + 16, count - 16) << 16)
}

/**
 * Reads a distribution of symbols (RFC 8878, 4.1.1) from [at, end): how many of 2^log states each has. Answers where
 * the next byte is, too.
 */
export function readDistribution(
  input: Padded,
  at: number,
  end: number,
  mostLog: number,
  symbols: number,
): { counts: number[]; log: number; at: number } {
  let bit = 0
  const stop = (end - at) * 8
  const peek = (count: number): number => bitsAt(input.view, at, bit, count)
  const take = (count: number): number => {
    if (bit + count > stop) fail('a distribution that ends early')
    const value = peek(count)
    bit += count
    return value
  }
  const log = take(4) + 5
  if (log > mostLog) fail('a distribution that is too exact')
  const counts: number[] = []
  let remaining = (1 << log) + 1
  while (remaining > 1) {
    if (counts.length >= symbols) fail('a distribution of too many symbols')
    // A number up to `remaining`: small ones take a bit less.
    const bits = 32 - Math.clz32(remaining)
    const short = (1 << bits) - 1 - remaining
    if (bit + bits - 1 > stop) fail('a distribution that ends early')
    const low = peek(bits - 1)
    let value: number
    if (low < short) {
      value = low
      bit += bits - 1
    } else {
      value = take(bits)
      if (value >= 1 << (bits - 1)) value -= short
    }
    const count = value - 1
    counts.push(count)
    remaining -= Math.abs(count)
    if (count === 0) {
      // Further zeros, by two bits each time, three meaning that more follow.
      for (let repeats = 3; repeats === 3; ) {
        repeats = take(2)
        if (counts.length + repeats > symbols) fail('a distribution of too many symbols')
        for (let i = 0; i < repeats; i++) counts.push(0)
      }
    }
  }
  return { counts, log, at: at + ((bit + 7) >>> 3) }
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
