import { ProtocolError } from '../base/errors.ts'
import type { Decompressor } from './codec.ts'
import { copyLiterals, copyMatch, viewOf } from './copy.ts'
import { Output } from './output.ts'
import { magic, streamHeader } from './snappy-stream.ts'

/** Raw snappy makes at most 64 bytes of three. */
const bestRatio = 22

/** Reads the framing that Java's clients write, and raw snappy. */
export const snappyDecompressor: Decompressor = {
  code: 2,
  name: 'snappy',

  decompress(bytes, limit) {
    const chunks = startsWithMagic(bytes, 0) ? chunksOf(bytes) : [{ start: 0, end: bytes.length }]
    // All the lengths are known before anything is decompressed, and none can be more than its chunk could become.
    let total = 0
    for (const { start, end } of chunks) {
      const { length, data } = rawLength(bytes, start, end)
      if (length > (end - data) * bestRatio) fail('a chunk that claims more than it can hold')
      total += length
    }
    const output = new Output('snappy', limit, total)
    output.reserve(0, total)
    let at = 0
    const view = viewOf(bytes)
    for (const { start, end } of chunks) at = decompressRaw(bytes, view, start, end, output, at)
    return output.done(at)
  },
}

interface Chunk {
  readonly start: number
  readonly end: number
}

function startsWithMagic(bytes: Uint8Array, at: number): boolean {
  return bytes.length - at >= streamHeader && magic.every((byte, i) => bytes[at + i] === byte)
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 0; at < bytes.length; ) {
    // Streams may follow one another; a header's first bytes would be a negative length.
    if (startsWithMagic(bytes, at)) {
      at += streamHeader
      continue
    }
    if (bytes.length - at < 4) fail('the data ends early')
    const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    at += 4
    if (length < 0 || length > bytes.length - at) fail('a chunk of impossible length')
    chunks.push({ start: at, end: at + length })
    at += length
  }
  return chunks
}

/** The length in front of raw snappy, a varint of 32 bits, and where the data begins. */
function rawLength(bytes: Uint8Array, at: number, end: number): { length: number; data: number } {
  let length = 0
  for (let shift = 0; shift < 35 && at < end; shift += 7) {
    const byte = bytes[at++]!
    if (shift === 28 && byte > 0x0f) break
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { length, data: at }
  }
  return fail('a length that is cut off or too long')
}

/** Decompresses from[start, end) to `begin`, where there is room for the length it states; answers the end. */
function decompressRaw(
  from: Uint8Array,
  source: DataView,
  start: number,
  end: number,
  output: Output,
  begin: number,
): number {
  const { bytes: into, view } = output
  const { length: stated, data } = rawLength(from, start, end)
  const stop = begin + stated
  let at = begin
  let p = data
  while (p < end) {
    const tag = from[p++]!
    const kind = tag & 3
    let length = (tag >>> 2) + 1
    if (kind === 0) {
      if (length > 60) {
        const width = length - 60
        if (width > end - p) fail('the data ends early')
        length = 0
        for (let i = 0; i < width; i++) length |= from[p++]! << (8 * i)
        // 2 GiB and more come out negative.
        if (length++ < 0) fail('the data ends early')
      }
      if (length > end - p) fail('the data ends early')
      if (length > stop - at) fail('more than the length stated')
      copyLiterals(into, view, at, from, source, p, p + length)
      p += length
      at += length
      continue
    }
    let distance: number
    if (kind === 1) {
      if (p >= end) fail('the data ends early')
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | from[p++]!
    } else if (kind === 2) {
      if (end - p < 2) fail('the data ends early')
      distance = from[p]! | (from[p + 1]! << 8)
      p += 2
    } else {
      if (end - p < 4) fail('the data ends early')
      distance = source.getInt32(p, true)
      p += 4
    }
    if (distance <= 0 || distance > at - begin) fail('a copy from before the beginning')
    if (length > stop - at) fail('more than the length stated')
    copyMatch(into, view, at, distance, length)
    at += length
  }
  if (at !== stop) fail('less than the length stated')
  return at
}

function fail(what: string): never {
  throw new ProtocolError(`snappy: ${what}`)
}
