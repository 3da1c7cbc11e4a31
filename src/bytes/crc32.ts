import { fillCrcTables, littleEndian } from './crc-tables.ts'

const t = new Int32Array(16 * 256)
let filled = false

// Fewer bytes than this are not worth a view of words.
const fewestAligned = 64

/** CRC-32 (as in gzip, zip and message sets) of bytes[start, end), unsigned. */
export function crc32(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  if (!filled) {
    fillCrcTables(t, 0xedb88320)
    filled = true
  }
  let c = -1
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
      // As in crc32c-slice.ts; shared code would lose the constant table (see fillCrcTables).
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
  return ~c >>> 0
}
