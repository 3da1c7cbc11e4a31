import { type Compression, defaultDecompressLimit } from '../../src/compression/codec.ts'
import { toBuffer } from './bytes.ts'
import { CompressionTypes } from './constants.ts'

/** What packages of codecs for kafkajs are made of: `encoder.buffer` has the bytes. */
export interface Codec {
  compress(encoder: { buffer: Uint8Array }): Promise<Buffer>
  decompress(buffer: Uint8Array): Promise<Buffer>
}

/** Ours, loaded when they are first used. */
function builtin(type: Compression): () => Codec {
  const codec = async () =>
    (await import('../../src/compression/builtin.ts')).builtinCodecs.find(each => each.code === type)!
  return () => ({
    compress: async ({ buffer }) => toBuffer((await codec()).compress(buffer)),
    decompress: async buffer => toBuffer((await codec()).decompress(buffer, defaultDecompressLimit)),
  })
}

type Codecs = Record<Exclude<CompressionTypes, 0>, () => unknown>

/**
 * The codecs by their type, for packages that add theirs as they do to kafkajs. All four are here already, and clients
 * use those: a codec has one format, whoever wrote it.
 */
export const CompressionCodecs: Codecs = {
  [CompressionTypes.GZIP]: builtin(CompressionTypes.GZIP),
  [CompressionTypes.Snappy]: builtin(CompressionTypes.Snappy),
  [CompressionTypes.LZ4]: builtin(CompressionTypes.LZ4),
  [CompressionTypes.ZSTD]: builtin(CompressionTypes.ZSTD),
}
