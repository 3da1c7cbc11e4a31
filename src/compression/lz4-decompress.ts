import { ProtocolError } from '../base/errors.ts'
import type { Decompressor } from './codec.ts'
import { copyExactly, viewOf } from './copy.ts'
import { decompressBlock } from './lz4-block.ts'
import { frameMagic, independentBlocks, version } from './lz4-frame.ts'
import { Output } from './output.ts'
import { xxh32 } from './xxh32.ts'

/** Sixteen magics for frames to be passed over. */
const skippableMagic = 0x184d2a50

// The frame descriptor's flags.
const versionMask = 0xc0
const blockChecksums = 0x10
const contentSize = 0x08
const contentChecksum = 0x04
const reservedFlag = 0x02
const dictionaryId = 0x01

/** A block makes at most 255 bytes of one. */
const bestRatio = 255
const usualRatio = 4

/** Reads LZ4 frames. */
export const lz4Decompressor: Decompressor = {
  code: 3,
  name: 'lz4',

  /** Every frame, linked blocks and all checksums included; skippable frames are passed over. */
  decompress(bytes, limit) {
    if (bytes.length < 4) fail('the data ends early')
    const output = new Output('lz4', limit, 0)
    let at = 0
    let length = 0
    while (at < bytes.length) {
      const magic = uint32(bytes, at)
      if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
        const size = uint32(bytes, at + 4)
        at += 8
        if (size > bytes.length - at) fail('the data ends early')
        at += size
      } else if (magic === frameMagic) {
        const frame = new Frame(bytes, at, output, length)
        frame.read()
        at = frame.at
        length = frame.length
      } else fail('not a frame')
    }
    return output.done(length)
  },
}

class Frame {
  at: number
  /** Bytes of output so far, earlier frames' included. */
  length: number
  private readonly bytes: Uint8Array
  private readonly source: DataView
  private readonly begin: number
  private readonly output: Output

  constructor(bytes: Uint8Array, at: number, output: Output, length: number) {
    this.bytes = bytes
    this.source = viewOf(bytes)
    this.at = at
    this.output = output
    this.length = this.begin = length
  }

  read(): void {
    const { bytes, output, begin } = this
    const magicAt = this.at
    const descriptor = magicAt + 4
    const flags = bytes[descriptor] ?? fail('the data ends early')
    const sizes = bytes[descriptor + 1] ?? fail('the data ends early')
    if ((flags & versionMask) !== version || (flags & reservedFlag) !== 0) fail('an unknown version')
    if ((flags & dictionaryId) !== 0) fail('a dictionary')
    if ((sizes & 0x8f) !== 0 || sizes >>> 4 < 4) fail('an unknown block size')
    const largest = 1 << (8 + 2 * (sizes >>> 4))
    this.at = descriptor + 2
    const size = (flags & contentSize) === 0 ? undefined : this.uint32() + this.uint32() * 0x100000000
    // Message format v0 took the checksum over the magic too, and Java still writes it so there.
    const found = bytes[this.at] ?? fail('the data ends early')
    const sum = (from: number): number => (xxh32(bytes, from, this.at) >>> 8) & 0xff
    if (found !== sum(descriptor) && found !== sum(magicAt)) fail("the header's checksum is wrong")
    this.at++
    if (size !== undefined) {
      if (size > (bytes.length - this.at) * bestRatio) fail('a frame that claims more than it can hold')
      output.reserve(begin, size)
    } else output.expect(begin, this.likely(largest, (flags & blockChecksums) === 0 ? 0 : 4))

    for (let word = this.uint32(); word !== 0; word = this.uint32()) {
      const blockSize = word & 0x7fffffff
      if (blockSize > largest || blockSize > bytes.length - this.at) fail('a block of impossible length')
      const end = this.at + blockSize
      if (word >>> 31 === 1) {
        copyExactly(output.reserve(this.length, blockSize), this.length, bytes, this.at, end)
        this.length += blockSize
      } else {
        this.length = decompressBlock(
          bytes,
          this.source,
          this.at,
          end,
          output,
          this.length,
          largest,
          (flags & independentBlocks) === 0 ? begin : this.length,
        )
      }
      this.at = end
      if ((flags & blockChecksums) !== 0 && this.uint32() !== xxh32(bytes, end - blockSize, end))
        fail("a block's checksum is wrong")
    }
    if ((flags & contentChecksum) !== 0 && this.uint32() !== xxh32(output.bytes, begin, this.length))
      fail("the content's checksum is wrong")
    if (size !== undefined && size !== this.length - begin) fail('the content is not as long as stated')
  }

  /**
   * A guess at the content's length: all that the blocks' headers allow, as each but the last is full; of a single one,
   * the usual ratio.
   */
  private likely(largest: number, checksumBytes: number): number {
    const { bytes } = this
    let most = 0
    let blocks = 0
    for (let at = this.at; bytes.length - at >= 4; ) {
      const word = uint32(bytes, at)
      const size = word & 0x7fffffff
      if (word === 0) break
      blocks++
      most += word >>> 31 === 1 ? size : largest
      at += 4 + size + checksumBytes
    }
    return blocks > 1 ? most : Math.min(most, (bytes.length - this.at) * usualRatio)
  }

  private uint32(): number {
    if (this.bytes.length - this.at < 4) fail('the data ends early')
    this.at += 4
    return uint32(this.bytes, this.at - 4)
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function fail(what: string): never {
  throw new ProtocolError(`lz4: ${what}`)
}
