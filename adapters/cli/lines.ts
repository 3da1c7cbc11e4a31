import { IsoKafkaError } from '../../src/base/errors.ts'

/** A line of more bytes is taken for something that has no lines. */
const longest = 64 * 1024 * 1024

/** The lines of an input, those of one piece together, without their ends; they are views of what came. */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Buffer[], void, undefined> {
  let [rest, restLength]: [Buffer[], number] = [[], 0]
  const pieces = input[Symbol.asyncIterator]()
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  stopped.catch(() => {})
  for (;;) {
    const { value, done } = await Promise.race([pieces.next(), stopped])
    if (done) break
    const piece = Buffer.from(value.buffer, value.byteOffset, value.length)
    const lines: Buffer[] = []
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      const part = piece.subarray(from, end)
      lines.push(rest.length === 0 ? part : Buffer.concat([...rest, part]))
      if (rest.length > 0) [rest, restLength] = [[], 0]
      from = end + 1
    }
    if (from < piece.length) {
      // A copy, lest the rest of the piece be kept with it, or be written over.
      rest.push(Buffer.from(piece.subarray(from)))
      restLength += piece.length - from
    }
    if (lines.length > 0) yield lines
    if (restLength > longest) throw new IsoKafkaError(`standard input has a line of more than ${longest} bytes`)
  }
  if (rest.length > 0) yield [Buffer.concat(rest)]
}
