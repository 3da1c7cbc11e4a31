/** CRC-32C (Castagnoli) of bytes[start, end), unsigned: the checksum of record batches. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  for (let i = start; i < end; i++) {
    crc ^= bytes[i]!
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (-(crc & 1) & 0x82f63b78)
  }
  return ~crc >>> 0
}
