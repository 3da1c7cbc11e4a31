import { readFileSync } from 'node:fs'
import { zstd } from '../../test/support/codecs.ts'
import { inputs } from './inputs.ts'

const frames: readonly [name: string, kibibytes: number][] = [
  ['JSON', 4],
  ['JSON', 16],
  ['JSON', 256],
  ['JSON', 1024],
  ['records', 64],
  ['noise', 16],
  ['one line', 1024],
]

/**
 * The inputs as Kafka 4.4.0 packs them (see Pack.java): streamed, so that the frame declares a window of 2 MiB and no
 * size.
 */
export function javaFrames(): { name: string; frame: Uint8Array; size: number }[] {
  return frames.map(([name, kibibytes]) => {
    const file = `frames/${name.toLowerCase().replace(' ', '-')}-${kibibytes}.zst`
    const frame = new Uint8Array(readFileSync(new URL(file, import.meta.url)))
    const size = kibibytes * 1024
    const input = inputs.find(input => input.name === name)!.make(size)
    if (Buffer.compare(zstd.decompress(frame, size), input) !== 0) throw new Error(`${file} holds something else`)
    return { name, frame, size }
  })
}
