/** A number of 64 bits in two halves, changed in place. */
class Word64 {
  high: number
  low: number

  constructor(high: number, low: number) {
    this.high = high
    this.low = low
  }

  add(high: number, low: number): this {
    const sum = (this.low >>> 0) + (low >>> 0)
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0
    this.low = sum | 0
    return this
  }

  xor(high: number, low: number): this {
    this.high ^= high
    this.low ^= low
    return this
  }

  xorShifted(by: number): this {
    return by < 32
      ? this.xor(this.high >>> by, (this.low >>> by) | (this.high << (32 - by)))
      : this.xor(0, this.high >>> (by - 32))
  }

  /** By less than 32 bits to the left. */
  rotate(by: number): this {
    const { high, low } = this
    this.high = (high << by) | (low >>> (32 - by))
    this.low = (low << by) | (high >>> (32 - by))
    return this
  }

  multiply(high: number, low: number): this {
    // The low halves' product has 64 bits: it is put together from products of 16 bits.
    const a = this.low & 0xffff
    const b = this.low >>> 16
    const c = low & 0xffff
    const d = low >>> 16
    const ac = Math.imul(a, c)
    const bc = Math.imul(b, c)
    const ad = Math.imul(a, d)
    const middle = (ac >>> 16) + (bc & 0xffff) + (ad & 0xffff)
    this.high =
      (Math.imul(b, d) +
        (bc >>> 16) +
        (ad >>> 16) +
        (middle >>> 16) +
        Math.imul(this.low, high) +
        Math.imul(this.high, low)) |
      0
    this.low = (middle << 16) | (ac & 0xffff)
    return this
  }

  /** One step of a lane, or of the hash that takes a lane or input in. */
  round(high: number, low: number): this {
    const input = scratch.set(high, low).multiply(p2.high, p2.low)
    return this.add(input.high, input.low).rotate(31).multiply(p1.high, p1.low)
  }

  set(high: number, low: number): this {
    this.high = high
    this.low = low
    return this
  }
}

const p1 = new Word64(0x9e3779b1, 0x85ebca87)
const p2 = new Word64(0xc2b2ae3d, 0x27d4eb4f)
const p3 = new Word64(0x165667b1, 0x9e3779f9)
const p4 = new Word64(0x85ebca77, 0xc2b2ae63)
const p5 = new Word64(0x27d4eb2f, 0x165667c5)
const scratch = new Word64(0, 0)

/**
 * The lower 32 bits of xxHash with 64 bits, seed 0, of bytes[start, end), unsigned: the checksum of Zstandard frames.
 */
export function xxh64(bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number => view.getInt32(at, true)
  const hash = new Word64(0, 0)
  let p = start
  if (end - start >= 32) {
    const lanes = [
      new Word64(p1.high, p1.low).add(p2.high, p2.low),
      new Word64(p2.high, p2.low),
      new Word64(0, 0),
      new Word64(~p1.high, ~p1.low).add(0, 1),
    ]
    for (; p + 32 <= end; p += 32) for (let i = 0; i < 4; i++) lanes[i]!.round(word(p + 8 * i + 4), word(p + 8 * i))
    for (const [i, by] of [1, 7, 12, 18].entries()) {
      const { high, low } = new Word64(lanes[i]!.high, lanes[i]!.low).rotate(by)
      hash.add(high, low)
    }
    for (const { high, low } of lanes) takeIn(hash, high, low).multiply(p1.high, p1.low).add(p4.high, p4.low)
  } else hash.set(p5.high, p5.low)
  hash.add(0, end - start)
  for (; p + 8 <= end; p += 8)
    takeIn(hash, word(p + 4), word(p))
      .rotate(27)
      .multiply(p1.high, p1.low)
      .add(p4.high, p4.low)
  if (p + 4 <= end) {
    const { high, low } = new Word64(0, word(p)).multiply(p1.high, p1.low)
    hash.xor(high, low).rotate(23).multiply(p2.high, p2.low).add(p3.high, p3.low)
    p += 4
  }
  for (; p < end; p++) {
    const { high, low } = new Word64(0, bytes[p]!).multiply(p5.high, p5.low)
    hash.xor(high, low).rotate(11).multiply(p1.high, p1.low)
  }
  hash.xorShifted(33).multiply(p2.high, p2.low).xorShifted(29).multiply(p3.high, p3.low).xorShifted(32)
  return hash.low >>> 0
}

function takeIn(hash: Word64, high: number, low: number): Word64 {
  const lane = new Word64(0, 0).round(high, low)
  return hash.xor(lane.high, lane.low)
}
