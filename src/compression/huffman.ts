const quickBits = 10
const longest = 15

/**
 * A canonical Huffman code of DEFLATE: codes of up to 10 bits by table, the rare longer ones by walking the lengths.
 */
export class HuffmanCode {
  /** By the next 10 bits, the first read lowest: symbol << 4 | bits. 0: longer, or no code. */
  readonly quick: Uint16Array = new Uint16Array(1 << quickBits)
  private readonly counts: Uint16Array = new Uint16Array(longest + 1)
  private readonly symbols: Uint16Array

  /** Undefined for lengths that make no code: too many, or too few unless there is only one, of one bit. */
  static of(lengths: Uint8Array): HuffmanCode | undefined {
    const code = new HuffmanCode(lengths)
    let open = 1
    for (let bits = 1; bits <= longest; bits++) {
      open = open * 2 - code.counts[bits]!
      if (open < 0) return undefined
    }
    const used = code.symbols.length
    return open === 0 || used === 0 || (used === 1 && code.counts[1] === 1) ? code : undefined
  }

  private constructor(lengths: Uint8Array) {
    const { counts, quick } = this
    for (const bits of lengths) if (bits > 0) counts[bits]!++
    const starts = new Uint16Array(longest + 2)
    const next = new Uint16Array(longest + 2)
    for (let bits = 1; bits <= longest; bits++) {
      starts[bits + 1] = starts[bits]! + counts[bits]!
      next[bits + 1] = (next[bits]! + counts[bits]!) << 1
    }
    this.symbols = new Uint16Array(starts[longest + 1]!)
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const bits = lengths[symbol]!
      if (bits === 0) continue
      this.symbols[starts[bits]!++] = symbol
      const code = next[bits]!++
      if (bits > quickBits) continue
      let reversed = 0
      for (let bit = 0; bit < bits; bit++) reversed |= ((code >>> bit) & 1) << (bits - 1 - bit)
      for (let at = reversed; at < quick.length; at += 1 << bits) quick[at] = (symbol << 4) | bits
    }
  }

  /** As an entry of `quick`, for any length: `bits` holds at least 15, the first lowest. 0 when they are no code. */
  find(bits: number): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= longest; length++) {
      code |= bits & 1
      bits >>>= 1
      const count = this.counts[length]!
      if (code - first < count) return (this.symbols[index + code - first]! << 4) | length
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    return 0
  }
}
