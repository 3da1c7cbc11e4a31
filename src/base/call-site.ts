import { IsoKafkaError } from './errors.ts'

/**
 * Rejects with an error that was made far from the call it answers, and whose stack names the line that waits for this
 * promise all the same. Costs nothing unless something fails. Engines that don't follow promises leave the stack as it
 * was.
 */
export async function atCaller(makeError: () => unknown): Promise<never> {
  // Whoever waits is linked to this promise only a microtask after it was handed over.
  await null
  await null
  const error = makeError()
  throw error instanceof IsoKafkaError ? withCaller(error) : error
}

/**
 * Settles as the call does, which engines can't follow by themselves; the stack of its error names the line that waits.
 */
export async function traced<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    return await atCaller(() => error)
  }
}

/**
 * Engines tell of those who wait when an error is made; one made before has them added. Several callers may share one
 * error.
 */
function withCaller(error: IsoKafkaError): IsoKafkaError {
  const known = error.stack ?? ''
  const waiting = (new Error().stack ?? '').split('\n').filter(line => isWaiting(line) && !known.includes(line))
  if (waiting.length > 0) error.stack = [known, ...waiting].join('\n')
  return error
}

/** The first lines are this file's own. Not all stacks say "async": tools that map them to their sources drop it. */
function isWaiting(line: string): boolean {
  return /^ +at /.test(line) && !/atCaller|withCaller|traced|processTicks/.test(line)
}
