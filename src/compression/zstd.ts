import type { CompressionCodec } from './codec.ts'
import { zstdCompressor } from './zstd-compress.ts'
import { zstdDecompressor } from './zstd-decompress.ts'

/** Zstandard in plain TypeScript. */
export const zstd: CompressionCodec = { ...zstdCompressor, ...zstdDecompressor }
