/** A 32-bit hash of a key. The bytes are valid during the call only; the answer is taken modulo 2^32. */
export type Hasher = (key: Uint8Array) => number

/** FNV-1a, 32 bits, unsigned. */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash >>> 0
}
