import { describe, expect, test } from 'vitest'
import { ConfigError, ProtocolError } from '../../src/base/errors.ts'
import { Compression, type CompressionCodec } from '../../src/compression/codec.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { decompressors } from '../../src/compression/decompressors.ts'
import { gzipDecompressor } from '../../src/compression/gzip-decompress.ts'
import { builtinCodecs } from '../support/codecs.ts'

const marking = (mark: number): CompressionCodec => ({
  code: 1,
  name: 'gzip',
  compress: () => Uint8Array.of(mark),
  decompress: () => Uint8Array.of(mark),
})

describe('Codecs', () => {
  test("what was set comes first, then the runtime's, then ours", () => {
    const codecs = new Codecs({ gzip: marking(1) })
    codecs.offer(decompressors)
    expect(codecs.get(Compression.Gzip).decompress(new Uint8Array(0), 1)).toEqual(Uint8Array.of(1))
    codecs.set(marking(2))
    expect(codecs.get(Compression.Gzip).decompress(new Uint8Array(0), 1)).toEqual(Uint8Array.of(2))
    const without = new Codecs()
    without.offer(decompressors)
    expect(without.get(Compression.Gzip)).toBe(gzipDecompressor)
  })

  test("the runtime's codec gets the level and the limit", async () => {
    const calls: unknown[] = []
    const codecs = new Codecs({
      zstd: {
        compress: (bytes, level) => {
          calls.push(level)
          return bytes
        },
        decompress: (bytes, limit) => {
          calls.push(limit)
          return bytes
        },
      },
    })
    const zstd = codecs.get(Compression.Zstd)
    const compressor = await codecs.load(Compression.Zstd)
    compressor.compress(new Uint8Array(1), 5)
    zstd.decompress(new Uint8Array(1), 77)
    expect([zstd.code, zstd.name, ...calls]).toEqual([4, 'zstd', 5, 77])
  })

  test('load brings in what compresses, when there is no other', async () => {
    const codecs = new Codecs()
    const input = new Uint8Array(1000)
    for (const own of builtinCodecs) {
      const loaded = await codecs.load(own.code)
      expect([loaded.code, loaded.name]).toEqual([own.code, own.name])
      expect(own.decompress(loaded.compress(input), 1000)).toEqual(input)
      expect(await codecs.load(own.code)).toBe(loaded)
      // It does not decompress: that is for those who read, who offer all.
      expect(() => codecs.get(own.code)).toThrow(`no ${own.name} codec`)
    }
    const native = new Codecs({ gzip: marking(3) })
    expect((await native.load(Compression.Gzip)).compress(new Uint8Array(0))).toEqual(Uint8Array.of(3))
  })

  test('codes that are none', async () => {
    const codecs = new Codecs()
    codecs.offer(decompressors)
    for (const code of [0, 5, 7, -1, 1.5]) {
      expect(() => codecs.get(code)).toThrow(ProtocolError)
      await expect(codecs.load(code)).rejects.toThrow(ConfigError)
    }
  })
})
