import * as zlib from 'node:zlib'
import { messageOf, ProtocolError } from '../../src/base/errors.ts'
import { DecompressionLimitError, type NativeCodec, type NativeCodecs } from '../../src/compression/codec.ts'
import { zstdDecompressor } from '../../src/compression/zstd-decompress.ts'
import { endOfFrame, nextFrame } from '../../src/compression/zstd-frames.ts'

// Codecs of node:zlib, which Deno and Bun have too, made as strict as ours: it passes over what stands behind the
// compressed data, and some of these runtimes hand out what a zstd frame that is cut off holds as if that were all.

const gzip: NativeCodec = {
  compress: (bytes, level) => plain(zlib.gzipSync(bytes, level === undefined ? {} : { level })),
  decompress: (bytes, limit) =>
    bounded('gzip', limit, maxOutputLength => {
      // With `info` there is the engine too, which tells how many bytes it has read. The types don't know.
      const { buffer, engine } = zlib.gunzipSync(bytes, { maxOutputLength, info: true }) as unknown as {
        buffer: Uint8Array
        engine: { bytesWritten: number }
      }
      if (engine.bytesWritten !== bytes.length) throw new ProtocolError('bytes behind the end')
      return buffer
    }),
}

/** zstd came to node:zlib with 22.15. */
function zstdCodec(): NativeCodec | undefined {
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib
  if (typeof zstdCompressSync !== 'function') return undefined
  return {
    compress: (bytes, level) =>
      plain(
        zstdCompressSync(bytes, level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } }),
      ),
    decompress(bytes, limit) {
      const { length } = bytes
      const start = nextFrame(bytes, 0, length)
      const end = start < length ? endOfFrame(bytes, start) : length
      // It stops behind the first frame. Several, which no client of Kafka writes, are for ours, and none at all.
      if (start === end || nextFrame(bytes, end, length) < length) return zstdDecompressor.decompress(bytes, limit)
      return bounded('zstd', limit, maxOutputLength =>
        zstdDecompressSync(bytes.subarray(start, end), { maxOutputLength }),
      )
    },
  }
}

/** The largest `maxOutputLength` all of them take, and the smallest. */
const most = 2 ** 32
const least = 1

function bounded(codec: string, limit: number, decompress: (maxOutputLength: number) => Uint8Array): Uint8Array {
  let output: Uint8Array
  try {
    output = decompress(Math.min(Math.max(limit, least), most))
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw new DecompressionLimitError(codec, limit)
    throw new ProtocolError(`${codec}: ${messageOf(error)}`, { cause: error })
  }
  if (output.length > limit) throw new DecompressionLimitError(codec, limit)
  return plain(output)
}

/** A plain Uint8Array; a copy where the output is small in a large buffer, as what reads it may keep it for long. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  const view = new Uint8Array(buffer, byteOffset, length)
  return length < buffer.byteLength / 2 ? view.slice() : view
}

const zstd = zstdCodec()

export const codecs: NativeCodecs = zstd === undefined ? { gzip } : { gzip, zstd }
