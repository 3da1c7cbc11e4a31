import { crc32cSlice } from './crc32c-slice.ts'
import { crc32cWasm, fewestWasmBytes } from './crc32c-wasm.ts'

/**
 * CRC-32C (Castagnoli) of bytes[start, end), unsigned: the checksum of record batches. `#crc32c` is this one, or that
 * of crc32c-plain.ts.
 */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  if (end - start >= fewestWasmBytes) {
    const crc = crc32cWasm(bytes, start, end)
    if (crc !== undefined) return crc
  }
  return ~crc32cSlice(-1, bytes, start, end) >>> 0
}
