import { readUtf8 } from '../bytes/utf8.ts'

/** Keys of one record's headers that are remembered. */
const mostKept = 16

/**
 * Reads header keys. They repeat from record to record: making a string of each anew costs more than all else about a
 * header.
 */
export class HeaderKeys {
  /** What each header of a record was called last. */
  readonly #last: string[] = []

  /** The text of bytes[start, end), the key of a record's header number `index`. */
  read(index: number, bytes: Uint8Array, start: number, end: number): string {
    const last = this.#last[index]
    if (last !== undefined && isAscii(last, bytes, start, end)) return last
    const key = readUtf8(bytes, start, end)
    if (index < mostKept) this.#last[index] = key
    return key
  }
}

/** Whether bytes[start, end) are this text, and nothing but ASCII. */
function isAscii(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!
    if (byte > 0x7f || byte !== text.charCodeAt(i)) return false
  }
  return true
}
