import { IsoKafkaError } from '../../src/base/errors.ts'
import { abortable } from '../../src/base/signals.ts'
import type { Pieces } from './file-pieces.ts'

/** A line of more bytes is taken for something that has no lines. */
const longest = 64 * 1024 * 1024

/** The lines that one piece of an input brought, without their ends. */
export interface Lines {
  /** Views of what came. */
  readonly lines: Uint8Array[]
  /** Gives the piece back, once nothing looks at the lines any more. */
  release(): void
}

/** The lines of an input, piece by piece. */
export async function* linesOf(input: Pieces, signal: AbortSignal): AsyncGenerator<Lines, void, undefined> {
  let [rest, restLength]: [Uint8Array[], number] = [[], 0]
  const pieces = input[Symbol.asyncIterator]()
  for (;;) {
    // A race with one promise for all pieces would keep each of them in memory.
    const { value, done } = await abortable(pieces.next(), signal)
    if (done) break
    const piece = Buffer.from(value.buffer, value.byteOffset, value.length)
    const { buffer, byteOffset } = piece
    const lines: Uint8Array[] = []
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      // A third of what a Buffer costs.
      const part = new Uint8Array(buffer, byteOffset + from, end - from)
      lines.push(rest.length === 0 ? part : Buffer.concat([...rest, part]))
      if (rest.length > 0) [rest, restLength] = [[], 0]
      from = end + 1
    }
    if (from < piece.length) {
      // A copy, lest the rest of the piece be kept with it, or be written over.
      rest.push(new Uint8Array(piece.subarray(from)))
      restLength += piece.length - from
    }
    const release = (): void => input.release?.(value)
    if (lines.length > 0) yield { lines, release }
    else release()
    if (restLength > longest) throw new IsoKafkaError(`standard input has a line of more than ${longest} bytes`)
  }
  if (rest.length > 0) yield { lines: [Buffer.concat(rest)], release() {} }
}
