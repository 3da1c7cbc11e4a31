/** The lines of an input, those of one piece together, without their ends; they are views of what came. */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array[], void, undefined> {
  let rest: Uint8Array[] = []
  const pieces = input[Symbol.asyncIterator]()
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  stopped.catch(() => {})
  for (;;) {
    const { value: piece, done } = await Promise.race([pieces.next(), stopped])
    if (done) break
    const lines: Uint8Array[] = []
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      const part = piece.subarray(from, end)
      lines.push(rest.length === 0 ? part : Buffer.concat([...rest, part]))
      rest = []
      from = end + 1
    }
    if (from < piece.length) rest.push(piece.slice(from))
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [Buffer.concat(rest)]
}
