import { gunzipSync, gzipSync } from 'fflate'
import { decompress as fzstd } from 'fzstd'
import * as lz4js from 'lz4js'
import * as snappyjs from 'snappyjs'
import { streamHeader } from '../../src/compression/snappy-stream.ts'
import { gzip, lz4, snappy, zstd } from '../../test/support/codecs.ts'
import { inputs } from './inputs.ts'
import { javaFrames } from './java-frames.ts'
import { type Row, versus } from './measure.ts'

const limit = 64 * 1024 * 1024
const sizes = [4, 64, 1024]

/** From a small batch to the largest a broker takes by default. */
export function codecs(): Row[] {
  const rows = inputs.flatMap(({ name, make }) =>
    sizes.flatMap(kibibytes => pair(`${name} ${kibibytes} KiB`, make(kibibytes * 1024))),
  )
  return [...rows, ...zstdRows(), ...gzipRows()]
}

function pair(what: string, input: Uint8Array): Row[] {
  const lz4ed = lz4.compress(input)
  const framed = snappy.compress(input)
  // snappyjs knows no framing. What it writes is compared with what we frame; what both read is its own raw snappy, and
  // our frame's blocks.
  const raw = snappyjs.compress(input)
  const blocks = blocksOf(framed)
  const readBlocks = (): Uint8Array => {
    const whole = new Uint8Array(input.length)
    let at = 0
    for (const block of blocks) {
      const part = snappyjs.uncompress(block)
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
  const bodies: [string, () => Uint8Array, string, () => Uint8Array][] = [
    ['lz4 compress', () => lz4.compress(input), 'lz4js', () => lz4js.compress(input)],
    ['lz4 decompress', () => lz4.decompress(lz4ed, limit), 'lz4js', () => lz4js.decompress(lz4ed)],
    ['snappy compress', () => snappy.compress(input), 'snappyjs', () => snappyjs.compress(input)],
    ['snappy decompress, raw', () => snappy.decompress(raw, limit), 'snappyjs', () => snappyjs.uncompress(raw)],
    ['snappy decompress, framed', () => snappy.decompress(framed, limit), 'snappyjs by block', readBlocks],
  ]
  return bodies.map(([way, ours, peer, theirs]) => {
    if (way.includes('decompress')) for (const read of [ours, theirs]) expectSame(read(), input)
    return versus(`${way}: ${what}`, input.length, ours, peer, theirs, '>= 1')
  })
}

/** The raw snappy in our framing. */
function blocksOf(framed: Uint8Array): Uint8Array[] {
  const view = new DataView(framed.buffer, framed.byteOffset, framed.length)
  const blocks: Uint8Array[] = []
  for (let at = streamHeader; at < framed.length; ) {
    const length = view.getInt32(at)
    blocks.push(framed.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return blocks
}

function zstdRows(): Row[] {
  return javaFrames().map(({ name, frame, size }) => {
    expectSame(fzstd(frame), zstd.decompress(frame, limit))
    const what = `zstd decompress: ${name} ${size / 1024} KiB by Java`
    return versus(
      what,
      size,
      () => zstd.decompress(frame, limit),
      'fzstd',
      () => fzstd(frame),
      '>= 2',
    )
  })
}

/** No goal: fflate checks neither CRC nor length. */
function gzipRows(): Row[] {
  const input = inputs[0]!.make(64 * 1024)
  const packed = gzipSync(input)
  return [
    versus(
      'gzip decompress: JSON 64 KiB',
      input.length,
      () => gzip.decompress(packed, limit),
      'fflate',
      () => gunzipSync(packed),
      '',
    ),
  ]
}

function expectSame(found: Uint8Array, wanted: Uint8Array): void {
  if (Buffer.compare(found, wanted) !== 0) throw new Error('read differently')
}
