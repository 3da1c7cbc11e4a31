/**
 * Rejects with an error that was made far from the call it answers, and whose stack names the line that waits for this promise all the same.
 * Costs nothing unless something fails. Engines that don't follow promises leave the stack as it was.
 */
export async function atCaller(makeError: () => unknown): Promise<never> {
  // Whoever waits is linked to this promise only a microtask after it was handed over.
  await null
  await null
  const error = makeError()
  throw error instanceof Error ? withCaller(error) : error
}

/** Engines tell of those who wait when an error is made; one made before has it added. */
function withCaller(error: Error): Error {
  const waiting = asyncLines(new Error().stack)
  if (waiting !== '' && asyncLines(error.stack) === '') error.stack += waiting
  return error
}

function asyncLines(stack: string | undefined): string {
  // The first line is this file's own.
  const lines = (stack ?? '').split('\n').filter(line => /^\s+at async /.test(line) && !/\batCaller\b/.test(line))
  return lines.map(line => `\n${line}`).join('')
}
