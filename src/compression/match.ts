// What the compressors of snappy, LZ4 and Zstandard share: finding four equal bytes again.

/** Shorter ones aren't worth it. */
export const leastMatch = 4

/** A table index of `bits` bits for four bytes: the top of a product with 2^32 divided by the golden ratio. */
export function hashOf(four: number, bits: number): number {
  return Math.imul(four, 0x9e3779b1) >>> (32 - bits)
}

/** Where, from `at` on and before `end`, the bytes stop being those `distance` before them. */
export function matchEnd(view: DataView, at: number, distance: number, end: number): number {
  for (; at + 4 <= end; at += 4) {
    const different = view.getInt32(at, true) ^ view.getInt32(at - distance, true)
    // The lowest bit set is in the first byte that differs.
    if (different !== 0) return at + ((31 - Math.clz32(different & -different)) >>> 3)
  }
  while (at < end && view.getUint8(at) === view.getUint8(at - distance)) at++
  return at
}
