// Zstandard's constants (RFC 8878, 3.1.1.3.2.1): what a code of a sequence stands for, a base and a number of extra
// bits.

export const literalLengthBits: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]
export const matchLengthBits: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3,
  3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]
/** Offset codes are their own number of extra bits. */
export const offsetCodes = 32

/** Each base is the one before plus what that one's bits can say. */
export function basesOf(bits: readonly number[], first: number): number[] {
  let base = first
  return bits.map(count => {
    const own = base
    base += 1 << count
    return own
  })
}

// The distributions of codes where a block brings none; -1 is a probability below one.
export const defaultLiteralLengths: readonly number[] = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
]
export const defaultMatchLengths: readonly number[] = [
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]
export const defaultOffsets: readonly number[] = [
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
]
export const defaultLengthsLog = 6
export const defaultOffsetsLog = 5

export const mostLiteralLengthLog = 9
export const mostMatchLengthLog = 9
export const mostOffsetLog = 8

export const frameMagic = 0xfd2fb528
/** The most a block becomes. */
export const largestBlock = 128 * 1024
/** Huffman codes of literals have at most this many bits. */
export const mostHuffmanBits = 11
