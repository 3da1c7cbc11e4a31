import { ConfigError, ProtocolError } from '../base/errors.ts'

/** The compression codes of a record batch's attributes. */
export const Compression = { None: 0, Gzip: 1, Snappy: 2, Lz4: 3, Zstd: 4 } as const
export type Compression = (typeof Compression)[keyof typeof Compression]

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type CompressionName = 'none' | CodecName

/**
 * A codec the runtime has built in. It keeps the promises of `CompressionCodec`: what it reads and what it refuses is
 * the same as with ours. Levels are checked before.
 */
export interface NativeCodec {
  compress(bytes: Uint8Array, level?: number): Uint8Array
  decompress(bytes: Uint8Array, limit: number): Uint8Array
}

export type NativeCodecs = Partial<Record<CodecName, NativeCodec>>

/** The half of a codec that a writer needs. Synchronous; what it answers is never a view of what it was given. */
export interface Compressor {
  readonly code: 1 | 2 | 3 | 4
  readonly name: CodecName
  /** `level` is on the codec's own scale: see `checkLevel`. */
  compress(bytes: Uint8Array, level?: number): Uint8Array
}

/** The half of a codec that a reader needs. */
export interface Decompressor {
  readonly code: 1 | 2 | 3 | 4
  readonly name: CodecName
  /**
   * Answers everything `bytes` hold, at most `limit` bytes of it: more is a DecompressionLimitError, damaged input a
   * ProtocolError. Memory stays below the input plus a small multiple of `limit`, whatever the input claims.
   */
  decompress(bytes: Uint8Array, limit: number): Uint8Array
}

/** One way to compress the records of a batch. */
export interface CompressionCodec extends Compressor, Decompressor {}

const levels: Partial<Record<CodecName, readonly [lowest: number, highest: number]>> = {
  gzip: [0, 9],
  lz4: [1, 17],
  zstd: [-131_072, 22],
}

/**
 * A ConfigError for a level the codec has not: gzip has 0 to 9, lz4 1 to 17, zstd -131072 to 22, as Java has them.
 * snappy ignores levels.
 */
export function checkLevel(name: CodecName, level: number | undefined): void {
  const scale = levels[name]
  if (scale === undefined || level === undefined || (Number.isInteger(level) && level >= scale[0] && level <= scale[1]))
    return
  throw new ConfigError(`${name} has the levels ${scale[0]} to ${scale[1]}, not ${level}`)
}

/** Compressed data that would grow past the limit set: a bomb, or a limit set too low. */
export class DecompressionLimitError extends ProtocolError {
  static override readonly brand: string = 'isokafka.DecompressionLimitError'
  readonly limit: number

  constructor(codec: string, limit: number) {
    super(`${codec}: the data is larger than the limit of ${limit} bytes when decompressed`)
    this.limit = limit
  }
}

/**
 * How many bytes one compressed batch may become where no limit is given: 64 MiB, sixty times the largest batch a
 * broker takes by default.
 */
export const defaultDecompressLimit = 64 * 1024 * 1024
