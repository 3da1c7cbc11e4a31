import { decompress as fzstd } from 'fzstd'
import * as lz4js from 'lz4js'
import * as snappyjs from 'snappyjs'
import { lz4 } from '../../src/compression/lz4.ts'
import { snappy } from '../../src/compression/snappy.ts'
import { zstd } from '../../src/compression/zstd.ts'
import { javaFrames } from './java-frames.ts'
import { jsonLines, type Row, versus } from './measure.ts'

const limit = 64 * 1024 * 1024

/** On JSON in the size of a small batch and of the largest a broker takes by default. */
export function codecs(): Row[] {
  return [...[16 * 1024, 1024 * 1024].flatMap(both), ...zstdRows()]
}

function both(size: number): Row[] {
  const input = jsonLines(size)
  const kibibytes = `${size / 1024} KiB, a byte`
  const snappied = snappy.compress(input)
  // snappyjs knows no framing: each of our chunks is raw snappy.
  const raw = snappyjs.compress(input)
  const lz4ed = lz4.compress(input)
  return [
    versus(
      `lz4 compress ${kibibytes}`,
      size,
      () => lz4.compress(input),
      'lz4js',
      () => lz4js.compress(input),
      '>= 1',
    ),
    versus(
      `lz4 decompress ${kibibytes}`,
      size,
      () => lz4.decompress(lz4ed, limit),
      'lz4js',
      () => lz4js.decompress(lz4ed),
      '>= 1',
    ),
    versus(
      `snappy compress ${kibibytes}`,
      size,
      () => snappy.compress(input),
      'snappyjs',
      () => snappyjs.compress(input),
      '>= 1',
    ),
    versus(
      `snappy decompress ${kibibytes}`,
      size,
      () => snappy.decompress(snappied, limit),
      'snappyjs',
      () => snappyjs.uncompress(raw),
      '>= 1',
    ),
  ]
}

function zstdRows(): Row[] {
  return javaFrames().map(({ frame, size }) => {
    if (Buffer.compare(zstd.decompress(frame, limit), fzstd(frame)) !== 0) throw new Error('the frames are read differently')
    const what = `zstd decompress ${Math.round(size / 1024)} KiB by Java, a byte`
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
