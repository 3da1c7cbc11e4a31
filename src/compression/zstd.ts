import type { CompressionCodec } from './codec.ts'
import { compress } from './zstd-compress.ts'
import { decompress } from './zstd-decompress.ts'

/** Zstandard in plain TypeScript. It compresses with one effort, about that of level 1, whatever level is asked for. */
export const zstd: CompressionCodec = { code: 4, name: 'zstd', compress: bytes => compress(bytes), decompress }
