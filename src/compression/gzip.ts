import type { CompressionCodec } from './codec.ts'

export const gzip: CompressionCodec = {
  code: 1,
  name: 'gzip',
  compress(bytes) {
    return bytes
  },
  decompress(bytes) {
    return bytes
  },
}
