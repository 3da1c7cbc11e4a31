import type { CompressionCodec } from './codec.ts'
import { lz4Compressor } from './lz4-compress.ts'
import { lz4Decompressor } from './lz4-decompress.ts'

/** LZ4 frames in plain TypeScript. It has no levels. */
export const lz4: CompressionCodec = { ...lz4Compressor, ...lz4Decompressor }
