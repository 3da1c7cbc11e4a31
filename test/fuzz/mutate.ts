import { concat } from '../../src/bytes/writer.ts'

/** The bytes with a few of them flipped, cut out, repeated, or replaced by numbers that hurt. */
export function mutated(wire: Uint8Array, next: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(next() * limit)
  let bytes: Uint8Array = wire.slice()
  for (let change = 1 + below(4); change > 0 && bytes.length > 0; change--) {
    const at = below(bytes.length)
    switch (below(6)) {
      case 0:
        bytes[at]! ^= 1 << below(8)
        break
      case 1:
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)]!
        break
      case 2:
        bytes = concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))])
        break
      case 3:
        bytes = concat([bytes.subarray(0, at), bytes.subarray(at, at + 16), bytes.subarray(at)])
        break
      case 4:
        bytes = bytes.slice(0, at)
        break
      default:
        bytes.set([0x7f, 0xff, 0xff, 0xff].slice(0, bytes.length - at), at)
    }
  }
  return bytes
}
