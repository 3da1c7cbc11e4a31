import { IsoKafkaError } from '../../src/base/errors.ts'
import { abortable } from '../../src/base/signals.ts'

/** A line of more bytes is taken for something that has no lines. */
const longest = 64 * 1024 * 1024

/** The lines of an input, those of one piece together, without their ends; they are views of what came. */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array[], void, undefined> {
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
    if (lines.length > 0) yield lines
    if (restLength > longest) throw new IsoKafkaError(`standard input has a line of more than ${longest} bytes`)
  }
  if (rest.length > 0) yield [Buffer.concat(rest)]
}
