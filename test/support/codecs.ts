import type { CompressionCodec } from '../../src/compression/codec.ts'
import { gzipCompressor } from '../../src/compression/gzip-compress.ts'
import { gzipDecompressor } from '../../src/compression/gzip-decompress.ts'
import { lz4Compressor } from '../../src/compression/lz4-compress.ts'
import { lz4Decompressor } from '../../src/compression/lz4-decompress.ts'
import { snappyCompressor } from '../../src/compression/snappy-compress.ts'
import { snappyDecompressor } from '../../src/compression/snappy-decompress.ts'
import { zstdCompressor } from '../../src/compression/zstd-compress.ts'
import { zstdDecompressor } from '../../src/compression/zstd-decompress.ts'

// Our own codecs, both halves of each: programs load the one that compresses when they first need it.
export const gzip: CompressionCodec = { ...gzipCompressor, ...gzipDecompressor }
export const lz4: CompressionCodec = { ...lz4Compressor, ...lz4Decompressor }
export const snappy: CompressionCodec = { ...snappyCompressor, ...snappyDecompressor }
export const zstd: CompressionCodec = { ...zstdCompressor, ...zstdDecompressor }
export const builtinCodecs: readonly CompressionCodec[] = [gzip, snappy, lz4, zstd]
