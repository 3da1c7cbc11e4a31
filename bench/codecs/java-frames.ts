import { readFileSync } from 'node:fs'
import { zstd } from '../../src/compression/zstd.ts'
import { jsonLines } from './measure.ts'

/**
 * `jsonLines` as Kafka 4.4.0's own Compression.zstd() packs records of 112 bytes, written one by one: streamed, so that the frame declares a
 * window of 2 MiB and no size.
 */
export function javaFrames(): { frame: Uint8Array; size: number }[] {
  return [16, 256].map(kibibytes => {
    const frame = new Uint8Array(readFileSync(new URL(`frames/java-${kibibytes}-kib.zst`, import.meta.url)))
    const size = kibibytes * 1024
    if (Buffer.compare(zstd.decompress(frame, size), jsonLines(size)) !== 0) throw new Error('the frame holds something else')
    return { frame, size }
  })
}
