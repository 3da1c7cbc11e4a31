import type { CompressionCodec } from './codec.ts'
import { gzipCompressor } from './gzip-compress.ts'
import { gzipDecompressor } from './gzip-decompress.ts'

/** gzip in plain JavaScript: fflate's DEFLATE one way, our bounded inflate the other. */
export const gzip: CompressionCodec = { ...gzipCompressor, ...gzipDecompressor }
