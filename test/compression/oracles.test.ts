import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { noPeers, peerModules } from '../../e2e/peers/run.ts'
import { concat } from '../../src/bytes/writer.ts'
import { lz4, snappy, zstd } from '../support/codecs.ts'
import { unless } from '../support/left-out.ts'
import { mixed, noise, same } from './inputs.ts'

// Other people's codecs in JavaScript as oracles, where their defects allow: all fail or hang on damaged input, so they
// get none. snappyjs knows blocks alone, without Java's frame. lz4js decodes checksums of blocks wrongly, which nobody
// writes here. fzstd does not compress.

const limit = 64 * 1024 * 1024
const inputs: [string, Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', Uint8Array.of(7)],
  ['zeros', new Uint8Array(300_000)],
  ['noise', noise(140_000, 1)],
  ['text and noise and text', concat([mixed(131_072, 1), noise(70_000, 2), mixed(131_072, 1)])],
  ['mixed', mixed(400_000, 2)],
  ...Array.from({ length: 60 }, (_, i): [string, Uint8Array] => [`${i * 7} bytes`, mixed(i * 7, i)]),
]

/** The blocks of Java's frame. */
function blocksOf(framed: Uint8Array): Uint8Array[] {
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength)
  const blocks: Uint8Array[] = []
  for (let at = 16; at < framed.length; ) {
    const end = at + 4 + view.getInt32(at)
    blocks.push(framed.subarray(at + 4, end))
    at = end
  }
  return blocks
}

describe('other codecs in JavaScript', unless(noPeers), () => {
  const require = createRequire(peerModules)
  const [snappyjs, lz4js, fzstd] = noPeers === null ? ['snappyjs', 'lz4js', 'fzstd'].map(name => require(name)) : []

  const both = (input: Uint8Array): void => {
    same(concat(blocksOf(snappy.compress(input)).map(block => snappyjs.uncompress(block))), input)
    // It can't make anything of nothing.
    if (input.length > 0) same(snappy.decompress(snappyjs.compress(input), limit), input)
    same(Uint8Array.from(lz4js.decompress(lz4.compress(input))), input)
    same(lz4.decompress(Uint8Array.from(lz4js.compress(input)), limit), input)
    same(fzstd.decompress(zstd.compress(input)), input)
  }

  test.each(inputs)('%s: snappyjs, lz4js and fzstd read what we write, and we what the first two write', (_, input) =>
    both(input),
  )

  test('any bytes, repeated', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 60 }), (bytes, times) => {
        both(concat(Array.from({ length: times }, () => bytes)))
      }),
    )
  })
})
