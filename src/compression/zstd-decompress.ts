import { ProtocolError } from '../base/errors.ts'
import type { Decompressor } from './codec.ts'
import { copyExactly } from './copy.ts'
import { Output } from './output.ts'
import { xxh64 } from './xxh64.ts'
import { Padded } from './zstd-bits.ts'
import { likelySize, little, nextFrame, readFrameHeader } from './zstd-frames.ts'
import { Literals } from './zstd-read-literals.ts'
import { SequencesReader } from './zstd-read-sequences.ts'
import { largestBlock } from './zstd-tables.ts'

/** Reads Zstandard. */
export const zstdDecompressor: Decompressor = { code: 4, name: 'zstd', decompress }

/**
 * All frames in `bytes` (RFC 8878), skippable ones passed over. No dictionaries. Frames' windows cost nothing: output
 * is kept whole.
 */
function decompress(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length === 0) fail('the data ends early')
  const input = new Padded(bytes)
  const output = new Output('zstd', limit, 0)
  let length = 0
  let at = nextFrame(bytes, 0, bytes.length)
  while (at < bytes.length) {
    const frame = new Frame(input, at + 4, output, length)
    frame.read()
    length = frame.length
    at = nextFrame(bytes, frame.at, bytes.length)
  }
  return output.done(length)
}

class Frame {
  at: number
  /** Bytes of output so far, earlier frames' included. */
  length: number
  private readonly input: Padded
  private readonly output: Output
  private readonly begin: number
  private largest = largestBlock
  private readonly literals: Literals
  private readonly sequences: SequencesReader

  constructor(input: Padded, at: number, output: Output, length: number) {
    this.input = input
    this.at = at
    this.output = output
    this.length = this.begin = length
    this.literals = new Literals(input)
    this.sequences = new SequencesReader(input, output, length)
  }

  read(): void {
    const { begin, output } = this
    const { at, size, largest, hasChecksum } = readFrameHeader(this.input.bytes, this.at, this.input.length)
    this.at = at
    this.largest = largest
    if (size !== undefined && size > (this.input.length - at) * largest)
      fail('a frame that claims more than it can hold')
    if (size !== undefined) output.reserve(begin, size)
    else output.expect(begin, likelySize(this.input.bytes, at, this.input.length, largest))

    for (let last = false; !last; ) {
      const header = this.little(3)
      last = (header & 1) === 1
      this.block((header >>> 1) & 3, header >>> 3)
      if (size !== undefined && this.length - begin > size) fail('the content is longer than stated')
    }
    if (size !== undefined && size !== this.length - begin) fail('the content is shorter than stated')
    if (hasChecksum && this.little(4) !== xxh64(output.bytes, begin, this.length)) fail('the checksum is wrong')
  }

  private block(type: number, size: number): void {
    const { input, output } = this
    if (size > this.largest) fail('a block that is too large')
    if (type === 1) {
      const byte = this.little(1)
      output.reserve(this.length, size).fill(byte, this.length, this.length + size)
      this.length += size
      return
    }
    const end = this.at + size
    if (end > input.length) fail('the data ends early')
    if (type === 0) {
      copyExactly(output.reserve(this.length, size), this.length, input.bytes, this.at, end)
      this.length += size
    } else if (type === 2) this.compressed(end)
    else fail('a block of unknown type')
    this.at = end
  }

  private compressed(end: number): void {
    const { literals } = this
    const stop = this.length + this.largest
    const at = literals.read(this.at, end, this.largest)
    this.length = this.sequences.read(at, end, literals, this.length, stop)
    // The literals that remain come last.
    const rest = literals.end - literals.at
    if (rest > stop - this.length) fail('a block that becomes too large')
    copyExactly(this.output.reserve(this.length, rest), this.length, literals.bytes, literals.at, literals.end)
    this.length += rest
  }

  /** The next bytes as one number, the lowest first. */
  private little(count: number): number {
    const value = little(this.input.bytes, this.at, count, this.input.length)
    this.at += count
    return value
  }
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
