import type { Decompressor } from './codec.ts'
import { gzipDecompressor } from './gzip-decompress.ts'
import { lz4Decompressor } from './lz4-decompress.ts'
import { snappyDecompressor } from './snappy-decompress.ts'
import { zstdDecompressor } from './zstd-decompress.ts'

/**
 * Those of our own codecs, without what compresses. Readers offer them to their transport's `Codecs`: a topic may hold
 * any of them.
 */
export const decompressors: readonly Decompressor[] = [
  gzipDecompressor,
  snappyDecompressor,
  lz4Decompressor,
  zstdDecompressor,
]
