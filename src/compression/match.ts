// What snappy, LZ4 and Zstandard share: finding four equal bytes again, and copying bytes that may overlap themselves.

/** The four bytes at `at` as one number. */
export function fourBytes(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** A table index of `bits` bits for four bytes: the top of a product with 2^32 divided by the golden ratio. */
export function hashOf(four: number, bits: number): number {
  return Math.imul(four, 0x9e3779b1) >>> (32 - bits)
}

// Below this a loop is quicker than the call of copyWithin or set.
const worthACall = 32

/** Appends to bytes[0, at) the `length` bytes that begin `distance` before its end; where they reach beyond it, what is appended repeats. */
export function copyMatch(bytes: Uint8Array, at: number, distance: number, length: number): void {
  if (length >= worthACall && distance >= length) {
    bytes.copyWithin(at, at - distance, at - distance + length)
    return
  }
  for (let end = at + length, from = at - distance; at < end; ) bytes[at++] = bytes[from++]!
}

/** Copies from[start, end) to `at`. */
export function copyLiterals(into: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  if (end - start >= worthACall) into.set(from.subarray(start, end), at)
  else while (start < end) into[at++] = from[start++]!
}
