import { ProtocolError } from '../base/errors.ts'
import { BackwardBits, mostBitsAtOnce, type Padded } from './zstd-bits.ts'
import type { HuffmanTable } from './zstd-huffman.ts'

/** Two lookups give at most four symbols. */
const mostAtOnce = 4

/** One of the streams literals are written in: what remains of it, and of the room for what it holds. */
class Stream {
  /** Where its bytes begin. */
  readonly start: number
  /** Bits not read yet. */
  left: number
  /** Where the next symbol goes, and where they end. */
  at: number
  readonly stop: number
  private readonly bits: BackwardBits

  constructor(input: Padded, start: number, end: number, at: number, stop: number) {
    this.bits = new BackwardBits(input, start, end)
    this.start = start
    this.left = this.bits.left
    this.at = at
    this.stop = stop
  }

  /** Reads what remains. The bits must be used up by that. */
  finish(view: DataView, { bits, single, double }: HuffmanTable, into: Uint8Array): void {
    const { start, stop } = this
    const shift = 32 - bits
    let { left, at } = this
    while (at <= stop - mostAtOnce && left >= mostBitsAtOnce) {
      // Four bytes, of which 25 bits at least are new, brought to the top.
      const word = view.getInt32(start + ((left + 7) >>> 3) - 4, true) << (-left & 7)
      const first = double[word >>> shift]!
      into[at] = first >>> 8
      into[at + 1] = first >>> 16
      at += (first >>> 5) & 3
      const second = double[(word << first) >>> shift]!
      into[at] = second >>> 8
      into[at + 1] = second >>> 16
      at += (second >>> 5) & 3
      left -= (first & 31) + (second & 31)
    }
    while (at < stop) {
      // The last codes may be shorter than what is looked at: zeros stand for the bits behind the end.
      const index =
        left >= bits
          ? view.getInt32(start + ((left - bits) >>> 3), true) >>> ((left - bits) & 7)
          : view.getInt32(start, true) << (bits - left)
      const entry = single[index & ((1 << bits) - 1)]!
      left -= entry & 15
      if (left < 0) fail('literals that end early')
      into[at++] = entry >>> 4
    }
    this.bits.left = left
    this.bits.close()
  }
}

/** Decodes the stream [start, end) to into[at, stop). */
export function readStream(
  input: Padded,
  start: number,
  end: number,
  table: HuffmanTable,
  into: Uint8Array,
  size: number,
): void {
  new Stream(input, start, end, 0, size).finish(input.view, table, into)
}

/** Decodes the four streams from `at` on, behind the lengths of the first three, to into[0, size): a quarter each. */
export function readFourStreams(
  input: Padded,
  at: number,
  end: number,
  table: HuffmanTable,
  into: Uint8Array,
  size: number,
): void {
  if (end - at < 10) fail('the data ends early')
  const part = (size + 3) >>> 2
  if (part * 3 > size) fail('too few literals for four streams')
  const { view } = input
  const streams: Stream[] = []
  let start = at + 6
  for (let i = 0; i < 4; i++) {
    const behind = i === 3 ? end : start + view.getUint16(at + 2 * i, true)
    if (behind > end) fail('the data ends early')
    streams.push(new Stream(input, start, behind, i * part, i === 3 ? size : (i + 1) * part))
    start = behind
  }
  const [a, b, c, d] = streams as [Stream, Stream, Stream, Stream]
  together(view, a, b, table, into)
  together(view, c, d, table, into)
  for (const stream of streams) stream.finish(view, table, into)
}

/**
 * Reads of two streams as much as goes without looking whether they end: the processor does one's lookups while it
 * waits for the other's.
 */
function together(view: DataView, a: Stream, b: Stream, { bits, double }: HuffmanTable, into: Uint8Array): void {
  const shift = 32 - bits
  const [startA, startB, stopA, stopB] = [a.start - 4, b.start - 4, a.stop - mostAtOnce, b.stop - mostAtOnce]
  let leftA = a.left
  let leftB = b.left
  let atA = a.at
  let atB = b.at
  while (leftA >= mostBitsAtOnce && leftB >= mostBitsAtOnce && atA <= stopA && atB <= stopB) {
    let wordA = view.getInt32(startA + ((leftA + 7) >>> 3), true) << (-leftA & 7)
    let wordB = view.getInt32(startB + ((leftB + 7) >>> 3), true) << (-leftB & 7)
    const firstA = double[wordA >>> shift]!
    const firstB = double[wordB >>> shift]!
    into[atA] = firstA >>> 8
    into[atA + 1] = firstA >>> 16
    into[atB] = firstB >>> 8
    into[atB + 1] = firstB >>> 16
    wordA <<= firstA
    wordB <<= firstB
    atA += (firstA >>> 5) & 3
    atB += (firstB >>> 5) & 3
    const secondA = double[wordA >>> shift]!
    const secondB = double[wordB >>> shift]!
    into[atA] = secondA >>> 8
    into[atA + 1] = secondA >>> 16
    into[atB] = secondB >>> 8
    into[atB + 1] = secondB >>> 16
    atA += (secondA >>> 5) & 3
    atB += (secondB >>> 5) & 3
    leftA -= (firstA & 31) + (secondA & 31)
    leftB -= (firstB & 31) + (secondB & 31)
  }
  a.left = leftA
  b.left = leftB
  a.at = atA
  b.at = atB
}

function fail(what: string): never {
  throw new ProtocolError(`zstd: ${what}`)
}
