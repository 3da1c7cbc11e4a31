// Big-endian integers off a Uint8Array whose bounds were checked, without the DataView that ByteReader makes for each
// frame.

export function int16(bytes: Uint8Array, at: number): number {
  return (((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16
}

export function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** As the nearest number: exact for all that a well-meaning broker sends. */
export function int64(bytes: Uint8Array, at: number): number {
  return int32(bytes, at) * 0x100000000 + (int32(bytes, at + 4) >>> 0)
}

/** Exact, for what may be any 64 bits. */
export function bigInt64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(int32(bytes, at)) << 32n) | BigInt(int32(bytes, at + 4) >>> 0)
}
