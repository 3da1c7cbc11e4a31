import { deflateSync } from 'fflate'
import { crc32 } from '../bytes/crc32.ts'
import { type Compressor, checkLevel } from './codec.ts'

const headerBytes = 10
const trailerBytes = 8

/** gzip by fflate's DEFLATE. Levels 0 to 9 (6). */
export const gzipCompressor: Compressor = {
  code: 1,
  name: 'gzip',

  compress(bytes, level = 6) {
    checkLevel('gzip', level)
    const deflated = deflateSync(bytes, { level: level as 6 })
    const all = new Uint8Array(headerBytes + deflated.length + trailerBytes)
    // Magic, DEFLATE, no flags, no time, no hint, unknown system.
    all.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
    all.set(deflated, headerBytes)
    putUint32(all, all.length - 8, crc32(bytes))
    putUint32(all, all.length - 4, bytes.length)
    return all
  },
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i)
}
