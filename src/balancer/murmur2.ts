const seed = 0x9747b28c
const mix = 0x5bd1e995

/** MurmurHash2, 32 bits, with the seed of Java's producer; unsigned. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = seed ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word = Math.imul(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24), mix)
    word = Math.imul(word ^ (word >>> 24), mix)
    hash = Math.imul(hash, mix) ^ word
  }
  // The one to three bytes that remain.
  if (at < length) {
    for (let i = length - 1; i >= at; i--) hash ^= bytes[i]! << (8 * (i - at))
    hash = Math.imul(hash, mix)
  }
  hash = Math.imul(hash ^ (hash >>> 13), mix)
  return (hash ^ (hash >>> 15)) >>> 0
}
