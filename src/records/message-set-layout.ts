// Where the fields of a message of formats v0 and v1 lie, in bytes from its beginning. Offset, length and magic are
// where a batch has them.
export const crcAt = 12
export const attributesAt = 17
/** v1 only. */
export const timestampAt = 18

/** Where the key's length is, the value's behind the key. */
export function keyLengthAt(magic: number): number {
  return magic === 0 ? 18 : 26
}

/** A message without key and value. */
export function leastBytes(magic: number): number {
  return keyLengthAt(magic) + 8
}
