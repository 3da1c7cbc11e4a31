import { fillCrcTables, littleEndian } from './crc-tables.ts'

const t = new Int32Array(16 * 256)
let filled = false

/** The sixteen tables of CRC-32C, filled. */
export function crc32cTables(): Int32Array {
  if (!filled) {
    fillCrcTables(t, 0x82f63b78)
    filled = true
  }
  return t
}

// Fewer bytes than this are not worth a view of words.
const fewestAligned = 64

/**
 * Carries the register `crc` (-1 at the beginning, inverted at the end) over bytes[start, end), sixteen at a time as
 * aligned 32-bit words.
 */
export function crc32cSlice(crc: number, bytes: Uint8Array, start: number, end: number): number {
  if (!filled) crc32cTables()
  let c = crc
  let at = start
  if (end - start >= fewestAligned && littleEndian()) {
    while (((bytes.byteOffset + at) & 3) !== 0) c = t[(c ^ bytes[at++]!) & 255]! ^ (c >>> 8)
    const length = ((end - at) >>> 4) << 2
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, length)
    for (let i = 0; i < length; i += 4) {
      const x = c ^ words[i]!
      const y = words[i + 1]!
      const z = words[i + 2]!
      const w = words[i + 3]!
      // The first byte has fifteen behind it: the last table.
      c =
        t[0xf00 | (x & 255)]! ^
        t[0xe00 | ((x >>> 8) & 255)]! ^
        t[0xd00 | ((x >>> 16) & 255)]! ^
        t[0xc00 | (x >>> 24)]! ^
        t[0xb00 | (y & 255)]! ^
        t[0xa00 | ((y >>> 8) & 255)]! ^
        t[0x900 | ((y >>> 16) & 255)]! ^
        t[0x800 | (y >>> 24)]! ^
        t[0x700 | (z & 255)]! ^
        t[0x600 | ((z >>> 8) & 255)]! ^
        t[0x500 | ((z >>> 16) & 255)]! ^
        t[0x400 | (z >>> 24)]! ^
        t[0x300 | (w & 255)]! ^
        t[0x200 | ((w >>> 8) & 255)]! ^
        t[0x100 | ((w >>> 16) & 255)]! ^
        t[w >>> 24]!
    }
    at += length << 2
  }
  while (at < end) c = t[(c ^ bytes[at++]!) & 255]! ^ (c >>> 8)
  return c
}
