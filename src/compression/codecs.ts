import { ConfigError, ProtocolError } from '../base/errors.ts'
import type { CompressionCodec, NativeCodecs } from './codec.ts'

const names = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** Each codec of ours by itself: who writes one need not load the others. */
const importOwn = {
  1: async () => (await import('./gzip.ts')).gzip,
  2: async () => (await import('./snappy.ts')).snappy,
  3: async () => (await import('./lz4.ts')).lz4,
  4: async () => (await import('./zstd.ts')).zstd,
}

/**
 * The codecs of one transport. For each code: what was `set`, else what the runtime has natively, else ours, once `load` or `offer` brought it
 * in. Ours are no import of this file, so that a bundle that only writes without compression need not carry them.
 */
export class Codecs {
  private readonly chosen: (CompressionCodec | undefined)[] = []
  private readonly own: (CompressionCodec | undefined)[] = []

  constructor(natives: NativeCodecs = {}) {
    for (const code of [1, 2, 3, 4] as const) {
      const name = names[code]
      const native = natives[name]
      if (native !== undefined)
        this.set({
          code,
          name,
          compress: (bytes, level) => native.compress(bytes, level),
          decompress: (bytes, limit) => native.decompress(bytes, limit),
        })
    }
  }

  /** The codec of this code; a ProtocolError for a code Kafka has not, or one that isn't here yet (see `load`). */
  get(code: number): CompressionCodec {
    const codec = this.chosen[code] ?? this.own[code]
    if (codec === undefined)
      throw new ProtocolError(code in names && code > 0 ? `no ${names[code]} codec was given` : `unknown compression code ${code}`)
    return codec
  }

  /** Uses this codec from now on, in place of the native one or ours. */
  set(codec: CompressionCodec): void {
    this.chosen[codec.code] = codec
  }

  /** Adds codecs for the codes that have none. */
  offer(codecs: readonly CompressionCodec[]): void {
    for (const codec of codecs) this.own[codec.code] ??= codec
  }

  /** As `get`, importing our codec first if there is no other: for writers, who know what they need. */
  async load(code: number): Promise<CompressionCodec> {
    if (!(code in names) || code === 0) throw new ConfigError(`unknown compression code ${code}`)
    if (this.chosen[code] === undefined && this.own[code] === undefined) this.offer([await importOwn[code as 1 | 2 | 3 | 4]()])
    return this.get(code)
  }
}
