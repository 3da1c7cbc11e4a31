const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const prime3 = 0xc2b2ae3d
const prime4 = 0x27d4eb2f
const prime5 = 0x165667b1

/** xxHash, 32 bits, seed 0, of bytes[start, end), unsigned: the checksum of LZ4 frames. */
export function xxh32(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  let hash: number
  if (end - start >= 16) {
    let a = (prime1 + prime2) | 0
    let b = prime2 | 0
    let c = 0
    let d = -prime1 | 0
    for (; p + 16 <= end; p += 16) {
      a = round(a, word(bytes, p))
      b = round(b, word(bytes, p + 4))
      c = round(c, word(bytes, p + 8))
      d = round(d, word(bytes, p + 12))
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
  } else hash = prime5
  hash = (hash + end - start) | 0
  for (; p + 4 <= end; p += 4) hash = Math.imul(rotate((hash + Math.imul(word(bytes, p), prime3)) | 0, 17), prime4)
  for (; p < end; p++) hash = Math.imul(rotate((hash + Math.imul(bytes[p]!, prime5)) | 0, 11), prime1)
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, prime2)) | 0, 13), prime1)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
