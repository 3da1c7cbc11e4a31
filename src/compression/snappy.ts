import type { CompressionCodec } from './codec.ts'
import { snappyCompressor } from './snappy-compress.ts'
import { snappyDecompressor } from './snappy-decompress.ts'

/** snappy in plain TypeScript. Writes the framing Java's consumers expect; reads that and raw snappy. It has no levels. */
export const snappy: CompressionCodec = { ...snappyCompressor, ...snappyDecompressor }
