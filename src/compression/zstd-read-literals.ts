import { ProtocolError } from '../base/errors.ts'
import { looseness, viewOf } from './copy.ts'
import type { Padded } from './zstd-bits.ts'
import { type HuffmanTable, readHuffmanTable } from './zstd-huffman.ts'
import { readFourStreams, readStream } from './zstd-streams.ts'
import { largestBlock } from './zstd-tables.ts'

/** What a block's literals are decoded to, used again by every block. Made when first needed. */
let scratch: Uint8Array | undefined

/** The literals of one block after another. */
export class Literals {
  /** Those of the current block are bytes[at, end). `view` is of the same bytes, which go on a little. */
  bytes: Uint8Array
  view: DataView
  at = 0
  end = 0
  private readonly input: Padded
  /** Which a later block of the frame may use again. */
  private huffman: HuffmanTable | undefined

  constructor(input: Padded) {
    this.input = input
    this.bytes = input.bytes
    this.view = input.view
  }

  /**
   * Reads a block's literals section, [start, end) at most (RFC 8878, 3.1.1.3.1); `largest` is the most there may be.
   * Answers where it ends.
   */
  read(start: number, end: number, largest: number): number {
    const { input } = this
    if (start >= end) fail('the data ends early')
    const first = input.bytes[start]!
    const type = first & 3
    const format = (first >>> 2) & 3
    if (type >= 2) return this.packed(type, format, start, end, largest)
    const headerBytes = format === 3 ? 3 : format === 1 ? 2 : 1
    const at = start + headerBytes
    const size = (input.view.getInt32(start, true) & ((1 << (8 * headerBytes)) - 1)) >>> (headerBytes === 1 ? 3 : 4)
    const behind = at + (type === 0 ? size : 1)
    if (behind > end) fail('the data ends early')
    if (size > largest) fail('too many literals')
    if (type === 0) {
      this.bytes = input.bytes
      this.view = input.view
      this.at = at
      this.end = behind
    } else this.room(size).fill(input.bytes[at]!, 0, size)
    return behind
  }

  /** Literals in a Huffman code. */
  private packed(type: number, format: number, start: number, end: number, largest: number): number {
    const { input } = this
    const headerBytes = format < 2 ? 3 : format + 2
    const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18
    let at = start + headerBytes
    if (at > end) fail('the data ends early')
    // Both sizes lie behind four bits, 40 bits in all at most.
    const low = input.view.getInt32(start, true)
    const mask = (1 << sizeBits) - 1
    const size = (low >>> 4) & mask
    const behind = at + (((low >>> (4 + sizeBits)) | (input.bytes[start + 4]! << (28 - sizeBits))) & mask)
    if (behind > end) fail('the data ends early')
    if (size > largest) fail('too many literals')
    if (type === 2) {
      const read = readHuffmanTable(input, at, behind)
      this.huffman = read.table
      at = read.at
    }
    const table = this.huffman ?? fail("literals by an earlier block's code, but there is none")
    const into = this.room(size)
    if (format === 0) readStream(input, at, behind, table, into, size)
    else readFourStreams(input, at, behind, table, into, size)
    return behind
  }

  private room(size: number): Uint8Array {
    scratch ??= new Uint8Array(largestBlock + looseness)
    if (this.bytes !== scratch) {
      this.bytes = scratch
      this.view = viewOf(scratch)
    }
    this.at = 0
    this.end = size
    return scratch
  }
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
