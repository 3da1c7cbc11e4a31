import { ConfigError, ProtocolError } from '../base/errors.ts'
import { type CompressionCodec, type Compressor, checkLevel, type Decompressor, type NativeCodecs } from './codec.ts'

const names = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** Defined, as true, by those who build a bundle as small as can be: see docs/size.md. */
declare const ISOKAFKA_SLIM: true | undefined

/**
 * The compressing half of each codec of ours by itself, imported when a writer first needs it. Bundlers that put all
 * into one file include them nevertheless, unless ISOKAFKA_SLIM is defined.
 */
const importCompressor =
  typeof ISOKAFKA_SLIM === 'undefined'
    ? {
        1: async () => (await import('./gzip-compress.ts')).gzipCompressor,
        2: async () => (await import('./snappy-compress.ts')).snappyCompressor,
        3: async () => (await import('./lz4-compress.ts')).lz4Compressor,
        4: async () => (await import('./zstd-compress.ts')).zstdCompressor,
      }
    : undefined

/**
 * The codecs of one transport. For each code: what was `set`, else what the runtime has natively, else ours, once
 * `load` or `offer` brought it in. Ours are no import of this file, so that a bundle that only writes without
 * compression need not carry them.
 */
export class Codecs {
  readonly #chosen: (CompressionCodec | undefined)[] = []
  readonly #own: (Decompressor | undefined)[] = []
  readonly #compressors: (Compressor | undefined)[] = []

  constructor(natives: NativeCodecs = {}) {
    for (const code of [1, 2, 3, 4] as const) {
      const name = names[code]
      const native = natives[name]
      if (native !== undefined)
        this.set({
          code,
          name,
          compress(bytes, level) {
            checkLevel(name, level)
            return native.compress(bytes, level)
          },
          decompress: (bytes, limit) => native.decompress(bytes, limit),
        })
    }
  }

  /** What decompresses this code; a ProtocolError for a code Kafka has not, or one that isn't here (see `offer`). */
  get(code: number): Decompressor {
    const codec = this.#chosen[code] ?? this.#own[code]
    if (codec === undefined)
      throw new ProtocolError(
        code in names && code > 0 ? `no ${names[code]} codec was given` : `unknown compression code ${code}`,
      )
    return codec
  }

  /** Uses this codec from now on, in place of the native one or ours. */
  set(codec: CompressionCodec): void {
    this.#chosen[codec.code] = codec
  }

  /** Adds what decompresses, for the codes that have nothing that does. */
  offer(decompressors: readonly Decompressor[]): void {
    for (const each of decompressors) this.#own[each.code] ??= each
  }

  /** What compresses with this code, imported first if there is no other: for writers, who know what they need. */
  async load(code: number): Promise<Compressor> {
    if (!(code in names) || code === 0) throw new ConfigError(`unknown compression code ${code}`)
    const here = this.#chosen[code] ?? this.#compressors[code]
    if (here !== undefined) return here
    if (importCompressor === undefined)
      throw new ConfigError(`${names[code]} was left out of this bundle (ISOKAFKA_SLIM)`)
    const compressor = await importCompressor[code as 1 | 2 | 3 | 4]()
    this.#compressors[code] = compressor
    return compressor
  }
}
