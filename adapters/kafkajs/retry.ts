import { type Clock, randomOf, systemClock } from '../../src/base/clock.ts'
import { environment } from './environment.ts'
import { KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } from './errors.ts'
import type { RetryOptions } from './types/common.ts'

export type RetrySettings = Required<Omit<RetryOptions, 'restartOnFailure'>>

const usual: RetrySettings = { maxRetryTime: 30_000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5 }
// What kafkajs does in a test run, and its users' tests wait for.
const testing: RetrySettings = { maxRetryTime: 1000, initialRetryTime: 50, factor: 0.02, multiplier: 1.5, retries: 15 }

/** The settings given, and kafkajs's own for the others. */
export function retrySettings(given: RetryOptions = {}): RetrySettings {
  const { restartOnFailure: _, ...rest } = given
  return { ...(environment('NODE_ENV') === 'test' ? testing : usual), ...rest }
}

// By then waits have grown as long as they get.
const growing = 64

/** How long all waits between tries are together, in milliseconds, by and large. */
export function waitsOf({ retries, initialRetryTime, maxRetryTime, multiplier }: RetrySettings): number {
  let total = 0
  let wait = initialRetryTime
  for (let i = 0; i < Math.min(retries, growing); i++) {
    total += wait
    wait = Math.min(wait * multiplier, maxRetryTime)
  }
  return total + Math.max(0, retries - growing) * wait
}

/** Ends the tries, with this error as it is. */
export type Bail = (error: unknown) => void

export type Attempt<T> = (bail: Bail, retryCount: number, retryTime: number) => Promise<T>

/** Does something until it succeeds, or can't. */
export type Retrier = <T>(attempt: Attempt<T>) => Promise<T>

// Mistakes of a program, which the next try makes again.
const mistakes = ['RangeError', 'ReferenceError', 'SyntaxError', 'TypeError']

/** Whether trying again may help: unless the error says otherwise or is a mistake of the program. */
export function isRetriable(error: unknown): boolean {
  const { retriable, name } = (error ?? {}) as { retriable?: unknown; name?: string }
  return retriable !== false && !mistakes.includes(name as string)
}

/**
 * Tries once and `retries` times more. What can't succeed rejects with a KafkaJSNonRetriableError, the last failure with
 * a KafkaJSNumberOfRetriesExceeded; the `cause` of both says what it was.
 */
export function createRetrier(options: RetryOptions = {}, clock: Clock = systemClock): Retrier {
  const { factor, multiplier, maxRetryTime, initialRetryTime, retries } = retrySettings(options)
  const jittered = (time: number): number => Math.ceil(time - factor * time + randomOf(clock) * 2 * factor * time)
  return async attempt => {
    let retryTime = jittered(initialRetryTime)
    for (let retryCount = 0; ; retryCount++) {
      let bailed: { readonly error: unknown } | undefined
      const bail: Bail = error => {
        bailed ??= { error: error ?? new Error('Aborted') }
      }
      try {
        const result = await attempt(bail, retryCount, retryTime)
        if (bailed === undefined) return result
      } catch (error) {
        if (bailed === undefined) {
          const e = error as Error
          if (!isRetriable(e)) throw new KafkaJSNonRetriableError(e, { cause: e.cause ?? e })
          if (retryCount >= retries) throw new KafkaJSNumberOfRetriesExceeded(e, { retryCount, retryTime })
          const wait = retryTime
          await new Promise<void>(resolve => clock.after(wait, resolve))
          retryTime = Math.min(jittered(retryTime) * multiplier, maxRetryTime)
          continue
        }
      }
      throw bailed.error
    }
  }
}
