import type { CompressionCodec } from './codec.ts'
import { gzip } from './gzip.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

/** Our own codecs, both halves of each, in plain TypeScript. */
export const builtinCodecs: readonly CompressionCodec[] = [gzip, snappy, lz4, zstd]
