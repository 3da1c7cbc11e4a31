import { utf8, writeUtf8 } from '../bytes/utf8.ts'

// Keys up to this many UTF-16 units are encoded into one buffer used again and again: hashing a key then allocates no
// memory of its own.
const longest = 256
let scratch: Uint8Array | undefined

/** The bytes of a key, strings as UTF-8. Valid until the next call. */
export function keyBytes(key: string | Uint8Array): Uint8Array {
  if (typeof key !== 'string') return key
  if (key.length > longest) return utf8(key)
  scratch ??= new Uint8Array(longest * 3)
  return scratch.subarray(0, writeUtf8(scratch, 0, key))
}
