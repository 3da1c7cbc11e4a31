import { crc32cSlice } from './crc32c-slice.ts'
import { crc32cWasm, fewestWasmBytes } from './crc32c-wasm.ts'

// Defined, as true, by those who build a bundle as small as can be: see docs/size.md.
declare const ISOKAFKA_SLIM: true | undefined

/** CRC-32C (Castagnoli) of bytes[start, end), unsigned: the checksum of record batches. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  if (typeof ISOKAFKA_SLIM === 'undefined' && end - start >= fewestWasmBytes) {
    const crc = crc32cWasm(bytes, start, end)
    if (crc !== undefined) return crc
  }
  return ~crc32cSlice(-1, bytes, start, end) >>> 0
}
