import { Chains } from './chains.ts'
import { type Compressor, checkLevel } from './codec.ts'
import { copyExactly, copyLiterals, looseness, viewOf } from './copy.ts'
import { frameMagic, independentBlocks, version } from './lz4-frame.ts'
import { hashOf, leastMatch, matchEnd } from './match.ts'
import { xxh32 } from './xxh32.ts'

const blockBytes = 64 * 1024
const blockSizeCode = 4
const storedBlock = 0x80000000
/** What a block that can't be compressed may grow by: a byte for each so many, and a few. */
const literalRun = 255

/** The format wants the last five bytes to be literals, and the last match to begin twelve before the end. */
const literalsAtEnd = 5
const margin = 12
const farthest = 0xffff
const mostTries = 512
const fewestBits = 8
const mostBits = 14

/** Where four bytes were last seen in a block, by their hash. Made when first needed, and used again by every block. */
let seen: Uint16Array | undefined

/**
 * LZ4 frames in plain TypeScript. Without a level the first match that offers itself is taken; from 1 to 17 more and
 * more are tried.
 */
export const lz4Compressor: Compressor = {
  code: 3,
  name: 'lz4',

  /** Independent blocks of 64 KiB without checksums, as the Java client writes them: it refuses linked ones. */
  compress(bytes, level) {
    checkLevel('lz4', level)
    const chains =
      level === undefined ? undefined : new Chains(bytes, leastMatch, farthest, Math.min(mostTries, 2 ** level))
    const blocks = Math.ceil(bytes.length / blockBytes)
    const packed = new Uint8Array(
      7 + bytes.length + blocks * (4 + Math.ceil(blockBytes / literalRun) + 16) + 4 + looseness,
    )
    const view = viewOf(packed)
    const source = viewOf(bytes)
    view.setUint32(0, frameMagic, true)
    packed[4] = version | independentBlocks
    packed[5] = blockSizeCode << 4
    packed[6] = xxh32(packed, 4, 6) >>> 8
    let at = 7
    for (let start = 0; start < bytes.length; start += blockBytes) {
      const end = Math.min(start + blockBytes, bytes.length)
      const writer = new BlockWriter(bytes, source, start, packed, view, at + 4)
      if (chains === undefined) findQuickly(writer, source, start, end)
      else findThoroughly(writer, chains, start, end)
      const size = writer.finish(end) - at - 4
      if (size < end - start) {
        view.setUint32(at, size, true)
        at += 4 + size
      } else {
        view.setUint32(at, storedBlock | (end - start), true)
        packed.set(bytes.subarray(start, end), at + 4)
        at += 4 + end - start
      }
    }
    view.setUint32(at, 0, true) // the end mark
    return packed.slice(0, at + 4)
  },
}

/** Finds the matches of the block from `start` to `end`, at most 64 KiB, independent of what came before. */
function findQuickly(writer: BlockWriter, source: DataView, start: number, end: number): void {
  // What is short needs a small table only, which is quickly cleared. Places are relative to `start`.
  const bits = Math.min(mostBits, Math.max(fewestBits, 31 - Math.clz32(end - start)))
  seen ??= new Uint16Array(1 << mostBits)
  const table = seen.fill(0, 0, 1 << bits)
  let anchor = start
  let p = start + 1
  const last = end - margin
  // The longer nothing is found, the larger the steps: what can't be compressed goes by quickly.
  let misses = 64
  while (p < last) {
    const four = source.getInt32(p, true)
    const slot = hashOf(four, bits)
    let candidate = start + table[slot]!
    table[slot] = p - start
    if (candidate >= p || source.getInt32(candidate, true) !== four) {
      p += misses++ >>> 6
      continue
    }
    misses = 64
    while (p > anchor && candidate > start && source.getUint8(p - 1) === source.getUint8(candidate - 1)) {
      p--
      candidate--
    }
    anchor = matchEnd(source, p + leastMatch, p - candidate, end - literalsAtEnd)
    writer.put(p, anchor, p - candidate)
    p = anchor
    if (p < last) table[hashOf(source.getInt32(p - 2, true), bits)] = p - 2 - start
  }
}

function findThoroughly(writer: BlockWriter, chains: Chains, start: number, end: number): void {
  const stop = end - margin
  for (let p = chains.next(start, stop, start, end - literalsAtEnd); p < stop; ) {
    const matched = p + chains.length
    writer.put(p, matched, chains.distance)
    p = chains.next(matched, stop, start, end - literalsAtEnd)
  }
}

/** Writes a block: literals and matches in turn. */
class BlockWriter {
  private readonly from: Uint8Array
  private readonly source: DataView
  private readonly into: Uint8Array
  private readonly view: DataView
  /** Behind the last match, and where the next sequence goes. */
  private anchor: number
  private at: number

  constructor(from: Uint8Array, source: DataView, start: number, into: Uint8Array, view: DataView, at: number) {
    this.from = from
    this.source = source
    this.into = into
    this.view = view
    this.anchor = start
    this.at = at
  }

  /** The literals before `start`, and the match from there to `end`. */
  put(start: number, end: number, distance: number): void {
    const { into, view, anchor } = this
    const literals = start - anchor
    const matched = end - start - leastMatch
    into[this.at] = (Math.min(literals, 15) << 4) | Math.min(matched, 15)
    const at = putLength(into, this.at + 1, literals)
    copyLiterals(into, view, at, this.from, this.source, anchor, start)
    view.setUint16(at + literals, distance, true)
    this.at = putLength(into, at + literals + 2, matched)
    this.anchor = end
  }

  /** The last sequence, which has literals only. Answers where the block ends. */
  finish(end: number): number {
    const literals = end - this.anchor
    this.into[this.at] = Math.min(literals, 15) << 4
    const at = putLength(this.into, this.at + 1, literals)
    copyExactly(this.into, at, this.from, this.anchor, end)
    return at + literals
  }
}

/** What of a length isn't in the tag's four bits. */
function putLength(into: Uint8Array, at: number, length: number): number {
  if (length < 15) return at
  let rest = length - 15
  for (; rest >= 255; rest -= 255) into[at++] = 255
  into[at++] = rest
  return at
}
