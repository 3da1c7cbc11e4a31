import { abortable } from '../../src/base/signals.ts'

/**
 * Runs what opens a connection, in steps that can't be called back. Each step tells `keep` how to undo what is open so
 * far; that is done when the attempt fails or is aborted, and at once for what comes after that.
 */
export async function attempt<T>(
  signal: AbortSignal | undefined,
  open: (keep: (undo: () => void) => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  let undo = (): void => {}
  let over = false
  const keep = (next: () => void): void => {
    if (over) next()
    else undo = next
  }
  try {
    return await abortable(open(keep), signal)
  } catch (error) {
    over = true
    undo()
    throw error
  }
}
