import { ProtocolError } from '../base/errors.ts'
import { frameMagic, largestBlock } from './zstd-tables.ts'

const skippableMagic = 0x184d2a50
const checksumFlag = 0x04
const reservedFlag = 0x08
const singleSegmentFlag = 0x20
const dictionaryIdMask = 0x03
const usualRatio = 8
/** What libzstd takes, and Java with it, unless told otherwise. */
const largestWindow = 128 * 1024 * 1024

/** What a frame says of itself (RFC 8878, 3.1.1.1). */
export interface FrameHeader {
  /** Where its blocks begin. */
  readonly at: number
  /** Bytes of content, where it tells. */
  readonly size: number | undefined
  /** Bytes of a block, compressed or not, at most. */
  readonly largest: number
  readonly hasChecksum: boolean
}

/** Reads the header of a frame whose magic ends at `at`, within the first `end` bytes. */
export function readFrameHeader(bytes: Uint8Array, at: number, end: number): FrameHeader {
  const descriptor = little(bytes, at++, 1, end)
  if ((descriptor & reservedFlag) !== 0) fail('an unknown flag')
  const single = (descriptor & singleSegmentFlag) !== 0
  let window = 0
  if (!single) {
    const byte = little(bytes, at++, 1, end)
    window = 2 ** (10 + (byte >>> 3)) * (1 + (byte & 7) / 8)
  }
  const idBytes = [0, 1, 2, 4][descriptor & dictionaryIdMask]!
  if (little(bytes, at, idBytes, end) !== 0) fail('a dictionary')
  at += idBytes
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6]!
  const size = sizeBytes === 0 ? undefined : little(bytes, at, sizeBytes, end) + (sizeBytes === 2 ? 256 : 0)
  if (single) window = size!
  if (window > largestWindow) fail(`a window of ${window} bytes`)
  return {
    at: at + sizeBytes,
    size,
    largest: Math.min(window, largestBlock) | 0,
    hasChecksum: (descriptor & checksumFlag) !== 0,
  }
}

/**
 * Where the next frame that isn't skippable begins, from `at` on; `end` if there is none. What is neither is an error.
 */
export function nextFrame(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const magic = little(bytes, at, 4, end)
    if (magic === frameMagic) break
    if ((magic & 0xfffffff0) >>> 0 !== skippableMagic) fail('not a frame')
    at += 8 + little(bytes, at + 4, 4, end)
    if (at > end) fail('the data ends early')
  }
  return at
}

/** Where the frame at `start` ends by what its blocks say, without a look into them. */
export function endOfFrame(bytes: Uint8Array, start: number): number {
  const { length } = bytes
  const header = readFrameHeader(bytes, start + 4, length)
  let { at } = header
  for (let last = false; !last; ) {
    const block = little(bytes, at, 3, length)
    last = (block & 1) === 1
    // Of a byte repeated, only that byte is there.
    at += 3 + (((block >>> 1) & 3) === 1 ? 1 : block >>> 3)
  }
  if (header.hasChecksum) at += 4
  return at > length ? fail('the data ends early') : at
}

/**
 * A guess at the content of a frame of unknown size whose blocks begin at `at`: all that their headers allow, or the
 * usual ratio.
 */
export function likelySize(bytes: Uint8Array, at: number, end: number, largest: number): number {
  const usual = (end - at) * usualRatio
  let most = 0
  for (let last = false; !last && end - at >= 3; ) {
    const block = little(bytes, at, 3, end)
    last = (block & 1) === 1
    const type = (block >>> 1) & 3
    most += type === 2 ? largest : block >>> 3
    at += 3 + (type === 1 ? 1 : block >>> 3)
  }
  return Math.min(most, usual)
}

/** `count` bytes at `at` as one number, the lowest first; an error beyond `end`. */
export function little(bytes: Uint8Array, at: number, count: number, end: number): number {
  if (at + count > end) fail('the data ends early')
  let value = 0
  for (let i = 0; i < count; i++) value += bytes[at + i]! * 2 ** (8 * i)
  return value
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
