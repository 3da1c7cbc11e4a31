import * as zlib from 'node:zlib'
import { messageOf, ProtocolError } from '../../src/base/errors.ts'
import { DecompressionLimitError, type NativeCodec, type NativeCodecs } from '../../src/compression/codec.ts'

// Codecs of node:zlib, which Deno and Bun have too.

const gzip: NativeCodec = {
  compress: (bytes, level) => plain(zlib.gzipSync(bytes, level === undefined ? {} : { level })),
  decompress: (bytes, limit) => bounded('gzip', limit, () => zlib.gunzipSync(bytes, { maxOutputLength: limit })),
}

/** zstd came to node:zlib with 22.15. */
function zstdCodec(): NativeCodec | undefined {
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib
  if (typeof zstdCompressSync !== 'function') return undefined
  return {
    compress: (bytes, level) =>
      plain(zstdCompressSync(bytes, level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } })),
    decompress: (bytes, limit) => bounded('zstd', limit, () => zstdDecompressSync(bytes, { maxOutputLength: limit })),
  }
}

function bounded(codec: string, limit: number, decompress: () => Uint8Array): Uint8Array {
  try {
    return plain(decompress())
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw new DecompressionLimitError(codec, limit)
    throw new ProtocolError(`${codec}: ${messageOf(error)}`, { cause: error })
  }
}

function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

const zstd = zstdCodec()

export const codecs: NativeCodecs = zstd === undefined ? { gzip } : { gzip, zstd }
