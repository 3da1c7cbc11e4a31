import * as zlib from 'node:zlib'
import { messageOf, ProtocolError } from '../../src/base/errors.ts'
import { DecompressionLimitError, type NativeCodec } from '../../src/compression/codec.ts'
import type { Natives } from '../../src/socket/socket.ts'

// Undocumented, but there since Node 0.x: Buffer's own UTF-8 write, called on plain Uint8Arrays. A third quicker than TextEncoder.encodeInto
// for the short texts that keys and values are; a Buffer over the same memory for the documented `write` would cost more than it saves.
const utf8Write = (Buffer.prototype as unknown as { utf8Write?: (this: Uint8Array, text: string, at: number) => number }).utf8Write

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

function bounded(codec: string, limit: number, decompress: () => Buffer): Uint8Array {
  try {
    return plain(decompress())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new DecompressionLimitError(codec, limit)
    throw new ProtocolError(`${codec}: ${messageOf(error)}`, { cause: error })
  }
}

function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

const zstd = zstdCodec()

export const natives: Natives = {
  defer: setImmediate,
  codecs: zstd === undefined ? { gzip } : { gzip, zstd },
  ...(utf8Write === undefined ? {} : { writeUtf8: (into, at, text) => utf8Write.call(into, text, at) }),
}
