import { type Compression, defaultDecompressLimit } from '../../src/compression/codec.ts'
import { Codecs as OwnCodecs } from '../../src/compression/codecs.ts'
import { decompressors } from '../../src/compression/decompressors.ts'
import { toBuffer } from './bytes.ts'
import { CompressionTypes } from './constants.ts'

/** What packages of codecs for kafkajs are made of: `encoder.buffer` has the bytes. */
export interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

/** Ours; what compresses is loaded when it is first used. */
function builtin(type: Compression): () => Codec {
  return () => {
    const own = new OwnCodecs()
    own.offer(decompressors)
    return {
      compress: async ({ buffer }) => toBuffer((await own.load(type)).compress(buffer)),
      decompress: async buffer => toBuffer(own.get(type).decompress(buffer, defaultDecompressLimit)),
    }
  }
}

type Codecs = Record<Exclude<CompressionTypes, 0>, () => unknown>

/**
 * The codecs by their type, for packages that add theirs as they do to kafkajs. All four are here already; what is put
 * in the place of one is called instead of it, for each batch, by all clients of the program.
 */
export const CompressionCodecs: Codecs = {
  [CompressionTypes.GZIP]: builtin(CompressionTypes.GZIP),
  [CompressionTypes.Snappy]: builtin(CompressionTypes.Snappy),
  [CompressionTypes.LZ4]: builtin(CompressionTypes.LZ4),
  [CompressionTypes.ZSTD]: builtin(CompressionTypes.ZSTD),
}

const ours: Readonly<Codecs> = { ...CompressionCodecs }

/** Whether this type's codec is a user's own: ours need no detour. */
export function isReplaced(type: number): type is 1 | 2 | 3 | 4 {
  const at = type as keyof Codecs
  const codec = CompressionCodecs[at] as unknown
  return codec !== undefined && codec !== null && codec !== ours[at]
}

/** The codec there is now. Throws what its maker throws. */
export function codecOf(type: 1 | 2 | 3 | 4): Codec {
  return CompressionCodecs[type as keyof Codecs]() as Codec
}

/** Whether a codec answered bytes. */
export function isBytes(answer: unknown): answer is Uint8Array {
  return (answer as Uint8Array | null | undefined)?.BYTES_PER_ELEMENT === 1
}
