import type { EncodingTable } from './fse.ts'

/** Writes bits into bytes, the first lowest: what BackwardBits reads from the other end. */
export class BitWriter {
  readonly bytes: Uint8Array
  /** Next byte. */
  at: number
  private hold = 0
  private held = 0

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  /** Up to 24 bits; what `value` has above them is not written. */
  write(value: number, count: number): void {
    this.hold |= (value & ((1 << count) - 1)) << this.held
    this.held += count
    while (this.held >= 8) {
      this.bytes[this.at++] = this.hold
      this.hold >>>= 8
      this.held -= 8
    }
  }

  /** Up to 31 bits. */
  writeMany(value: number, count: number): void {
    if (count > 16) {
      this.write(value, 16)
      this.write(value >>> 16, count - 16)
    } else this.write(value, count)
  }

  /** Takes `symbol` into a state of finite state entropy, and answers the next state. */
  encode({ counts, starts, mostBits, states }: EncodingTable, state: number, symbol: number): number {
    const count = counts[symbol]!
    const most = mostBits[symbol]!
    const bits = state < count << most ? most - 1 : most
    this.write(state, bits)
    return states[starts[symbol]! + (state >>> bits) - count]!
  }

  /** Fills the last byte with zeros. Answers the end. */
  flush(): number {
    if (this.held > 0) this.write(0, 8 - this.held)
    return this.at
  }

  /** Sets the mark a backward reader begins at. Answers the end. */
  close(): number {
    this.write(1, 1)
    return this.flush()
  }
}

/** Writes a distribution (see `readDistribution`). Answers its end. */
export function writeDistribution(distribution: ArrayLike<number>, log: number, into: Uint8Array, at: number): number {
  const writer = new BitWriter(into, at)
  writer.write(log - 5, 4)
  let remaining = (1 << log) + 1
  for (let symbol = 0; remaining > 1; ) {
    const count = distribution[symbol++]!
    const bits = 32 - Math.clz32(remaining)
    const short = (1 << bits) - 1 - remaining
    const value = count + 1
    if (value < short) writer.write(value, bits - 1)
    else writer.write(value < 1 << (bits - 1) ? value : value + short, bits)
    remaining -= Math.abs(count)
    if (count !== 0) continue
    let zeros = 0
    while (distribution[symbol] === 0) {
      zeros++
      symbol++
    }
    for (; zeros >= 3; zeros -= 3) writer.write(3, 2)
    writer.write(zeros, 2)
  }
  return writer.flush()
}
