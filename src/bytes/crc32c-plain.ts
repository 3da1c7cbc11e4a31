import { crc32cSlice } from './crc32c-slice.ts'

/** As in crc32c.ts, in JavaScript alone: what `#crc32c` is in workerd, which refuses WebAssembly made from bytes. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  return ~crc32cSlice(-1, bytes, start, end) >>> 0
}
