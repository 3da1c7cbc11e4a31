import { type Backoff, backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Deadline } from '../base/deadline.ts'
import { isTemporary } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Lifetime } from './lifetime.ts'

export interface RetryOptions extends CallOptions {
  readonly deadline: Deadline
  readonly backoff: Backoff
  readonly clock: Clock
  readonly lifetime: Lifetime
  /** What makes the error of a try that outlasts the deadline. */
  late(last: unknown): unknown
  /** Whether to try again after this error. Default: if it is temporary. */
  again?(error: unknown): boolean
  onRetry?(attempt: number, error: unknown): void
}

/** Runs `task` until it succeeds, fails for good, or the deadline comes: then with the last failure. */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { deadline, backoff, clock, lifetime, signal, again = isTemporary } = options
  const call = signal && { signal }
  let last: unknown
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await deadline.bound(task(), () => options.late(last), call)
    } catch (error) {
      last = error
    }
    const wait = backoffDelay(attempt, backoff, clock)
    // A try begun in the last moment would only hide what the one before it said.
    if (signal?.aborted || !again(last) || wait + backoff.min >= deadline.remaining) throw last
    options.onRetry?.(attempt, last)
    await lifetime.sleep(wait, call)
  }
}
