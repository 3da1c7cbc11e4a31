import { backoffDelay } from '../base/backoff.ts'
import { Deadline } from '../base/deadline.ts'
import { type CallOptions, sleep } from '../base/signals.ts'
import { ErrorCode } from '../protocol/errors.ts'
import { codeIn } from '../transport/destination.ts'
import type { Caller } from './caller.ts'

const backoff = { min: 20, max: 500 }

/**
 * Sends a step of a transaction, again while the step before is still going on: a coordinator answers that a
 * transaction is over before all have its markers. When there is no more time the last answer is the answer.
 */
export async function onceNotConcurrent<R>(caller: Caller, options: CallOptions, send: () => Promise<R>): Promise<R> {
  const { clock } = caller
  const deadline = new Deadline(caller.patience, clock)
  for (let attempt = 1; ; attempt++) {
    const response = await send()
    const wait = backoffDelay(attempt, backoff, clock)
    if (codeIn(response, [ErrorCode.ConcurrentTransactions]) === 0 || wait >= deadline.remaining) return response
    await sleep(wait, { ...options, clock })
  }
}
