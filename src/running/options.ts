import type { Backoff } from '../base/backoff.ts'
import { optionsOf } from '../base/call-options.ts'
import { ConfigError } from '../base/errors.ts'
import { given, oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Message } from '../records/message.ts'
import type { Writer } from '../writer/writer.ts'

/**
 * Does what is to be done with a message. It is done with when this returns or its promise resolves, and has failed when
 * it throws. `signal` is aborted once that counts for nothing: another handler's failure ended the run, or the reader was
 * closed.
 */
export type MessageHandler = (message: Message, context: { readonly signal: AbortSignal }) => unknown

/** Where messages go that can't be handled. */
export interface DeadLetters {
  /** It stays open. */
  writer: Writer
  /** Default: the writer's own. */
  topic?: string
}

/** How messages are handled. Times are milliseconds. */
export interface RunOptions extends CallOptions {
  /** How many messages are handled at once. Default 1. */
  concurrency?: number
  /**
   * What goes one after the other in its order: the messages of a partition, or, 'key', those of a partition that have
   * the same key; then those without a key go in no order. Default 'partition'.
   */
  order?: 'partition' | 'key'
  /** How often a message is given to the handler before it counts as failed. Default 1; Infinity: until it succeeds. */
  maxAttempts?: number
  /** First wait before it is given to it again; it doubles, ±20 %. What is behind it in order waits, too. Default 100. */
  backoffMin?: number
  /** Longest wait. Default 5,000. */
  backoffMax?: number
  /**
   * Where what failed is written, with its key, value and headers, and where it was from in headers as KIP-1191 names
   * them (`__dlq.errors.topic` …); it is done with then. Without, a failure ends the run.
   */
  deadLetters?: DeadLetters
  /**
   * The most messages of one partition that are taken from the reader and not done with. Where others could be handled
   * meanwhile the partition is paused: what was fetched of it is dropped, and fetched again. Default 500.
   */
  maxInHand?: number
  /** Told of each time that a handler failed. What it throws ends the run. */
  onFailure?: (error: unknown, message: Message, attempt: number) => void
}

const optionKinds: SettingKinds<RunOptions> = {
  concurrency: 'number',
  order: 'string',
  maxAttempts: 'number',
  backoffMin: 'number',
  backoffMax: 'number',
  deadLetters: 'object',
  maxInHand: 'number',
  onFailure: 'function',
  signal: 'object',
}

const deadLetterKinds: SettingKinds<DeadLetters> = { writer: 'object!', topic: 'string' }

export interface RunSettings {
  readonly concurrency: number
  readonly byKey: boolean
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly deadLetters: DeadLetters | undefined
  readonly maxInHand: number
  readonly onFailure: RunOptions['onFailure']
  readonly signal: AbortSignal | undefined
}

/** The settings with their defaults; a ConfigError for what can't work. */
export function runSettings(options: RunOptions): RunSettings {
  const {
    concurrency = 1,
    order = 'partition',
    maxAttempts = 1,
    backoffMin = 100,
    backoffMax = 5_000,
    deadLetters,
    maxInHand = 500,
    onFailure,
    ...rest
  } = given('run', options, optionKinds)
  const { signal } = optionsOf('run', rest, [])
  for (const [name, value] of Object.entries({ concurrency, maxAttempts, maxInHand }))
    if (!((Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && value >= 1))
      throw new ConfigError(`run: ${name} must be a whole number from 1 up, is ${value}`)
  if (!(backoffMin >= 0 && backoffMax >= backoffMin))
    throw new ConfigError('run: backoffMin must be milliseconds, and backoffMax not below it')
  const orders = { partition: false, key: true }
  return {
    concurrency,
    byKey: oneOf('order', order, orders),
    maxAttempts,
    backoff: { min: backoffMin, max: backoffMax },
    deadLetters: deadLetters && given('deadLetters', deadLetters, deadLetterKinds),
    maxInHand,
    onFailure,
    signal,
  }
}
