import { backoffDelay } from '../base/backoff.ts'
import { optionsOf, refuseMore } from '../base/call-options.ts'
import { systemClock } from '../base/clock.ts'
import { ClosedError, ConfigError, isTemporary } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import { type CallOptions, sleep } from '../base/signals.ts'
import type { FetchOptions } from '../reader/config.ts'
import type { Reader } from '../reader/reader.ts'
import type { Message } from '../records/message.ts'
import type { MessageInput } from '../records/message-input.ts'
import { UnknownOutcomeError, WriteErrors } from '../writer/errors.ts'
import { isAbortable } from '../writer/transactions/errors.ts'
import type { Transaction } from '../writer/transactions/transaction.ts'
import type { Writer } from '../writer/writer.ts'

/** What becomes of a message: others, or none. They are written in the order in which their messages were read. */
export type Transform = (message: Message) => Made | Promise<Made>

type Made = MessageInput | readonly MessageInput[] | null | undefined

/** How a pipeline works. */
export interface PipelineOptions extends CallOptions {
  /** The most messages that are read in one transaction. Default 1,000. */
  batchSize?: number
  /** How long more are waited for after the first, in milliseconds. Default 100. */
  batchTimeout?: number
  /** First wait before what was aborted is done again, in milliseconds; it doubles. Default 100. */
  backoffMin?: number
  /** Longest wait. Default 5,000. */
  backoffMax?: number
  /** Told of each transaction that was aborted and is done again. */
  onAborted?: (error: unknown) => void
}

const optionKinds: SettingKinds<PipelineOptions> = {
  batchSize: 'number',
  batchTimeout: 'number',
  backoffMin: 'number',
  backoffMax: 'number',
  onAborted: 'function',
  signal: 'object',
}

/** What a pipeline has done. */
export interface Pipeline {
  /** Transactions that were committed. */
  transactions: number
  /** Messages read in these, and written. */
  read: number
  /** Messages written. */
  written: number
  /** Transactions that were aborted and done again. */
  aborted: number
}

/**
 * Reads, changes and writes, each message exactly once: what is written, and that it was read, is committed in one
 * transaction. A batch that is aborted (the group was divided anew, brokers were away) is read and done again; so
 * `transform` may see a message more than once, and must do nothing outside that can't be done twice.
 *
 * The reader is of a group, the writer has a transactional id of its own (one for each pipeline that runs). What reads
 * the outcome, or reads what others write in transactions, sets `isolationLevel: 'read_committed'`.
 *
 * Runs until the signal aborts: then what is in hand is committed, and it resolves. Rejects with what `transform` throws,
 * a ProducerFencedError, and what can't pass by itself; what was in hand is aborted then. Closing the reader ends it,
 * too: with a ClosedError if anything is in hand. Where nobody answers whether a batch is committed it asks on; once the
 * signal is aborted or the writer closed it rejects with that UnknownOutcomeError. Reader and writer stay open.
 */
export async function pipeline(
  reader: Reader,
  writer: Writer,
  transform: Transform,
  options: PipelineOptions = {},
  ...more: never[]
): Promise<Pipeline> {
  refuseMore('pipeline', more)
  if (typeof transform !== 'function') throw new ConfigError('pipeline takes a function, as in message => ({ value })')
  const {
    batchSize = 1_000,
    batchTimeout = 100,
    backoffMin = 100,
    backoffMax = 5_000,
    onAborted,
    ...rest
  } = given('pipeline', options, optionKinds)
  const { signal } = optionsOf('pipeline', rest, [])
  const done: Pipeline = { transactions: 0, read: 0, written: 0, aborted: 0 }
  const backoff = { min: backoffMin, max: Math.max(backoffMin, backoffMax) }
  const waiting = signal === undefined ? {} : { signal }
  for (let failures = 0; !signal?.aborted; ) {
    const messages = await fetched(reader, batchSize, { within: batchTimeout, ...waiting })
    if (messages === undefined) break
    if (messages.length === 0) {
      await sleep(backoffDelay(++failures, backoff, systemClock), waiting).catch(() => {})
      continue
    }
    try {
      done.written += await oneBatch({ reader, writer, transform, signal }, messages)
      done.read += messages.length
      done.transactions++
      failures = 0
    } catch (error) {
      if (error instanceof Final) throw error.cause
      if (!mayBeDoneAgain(error)) throw error
      done.aborted++
      onAborted?.(error)
      await sleep(backoffDelay(++failures, backoff, systemClock), waiting).catch(() => {})
    }
  }
  return done
}

/** Undefined when there is to be no more; none where that may pass which keeps the group from being read: its log tells. */
async function fetched(reader: Reader, count: number, options: FetchOptions): Promise<Message[] | undefined> {
  try {
    return await reader.fetchMessages(count, options)
  } catch (error) {
    if (options.signal?.aborted || error instanceof ClosedError) return undefined
    if (isTemporary(error)) return []
    throw error
  }
}

interface Parts {
  readonly reader: Reader
  readonly writer: Writer
  readonly transform: Transform
  readonly signal: AbortSignal | undefined
}

/** What ends the pipeline, whatever it is: what `transform` threw, or that nobody says whether a batch is committed. */
class Final {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** One transaction; answers how many messages it wrote. When it comes to nothing, the reader is back where it was. */
async function oneBatch({ reader, writer, transform, signal }: Parts, messages: readonly Message[]): Promise<number> {
  let transaction: Transaction | undefined
  let sent = false
  try {
    transaction = await writer.begin()
    const made = await transformed(transform, messages)
    const writing = made.length === 0 ? undefined : transaction.writeMessages(made)
    sent = true
    await Promise.all([writing, transaction.sendOffsets(reader, messages)])
    await committed(transaction, signal)
    return made.length
  } catch (thrown) {
    // What became of the transaction it says better than its messages: whether it may be done again, or the writer is over.
    const error = thrown instanceof WriteErrors ? await transaction!.commit().then(() => thrown, told) : thrown
    await transaction?.[Symbol.asyncDispose]()
    // A transaction that has the offsets sends the reader back by itself. Reads wait for that; nobody else need.
    if (!sent) void reader.rewind().catch(() => {})
    throw error
  }
}

function told(error: unknown): unknown {
  return error
}

async function transformed(transform: Transform, messages: readonly Message[]): Promise<MessageInput[]> {
  const made: MessageInput[] = []
  try {
    for (const message of messages) {
      const outcome = await transform(message)
      if (Array.isArray(outcome)) made.push(...outcome)
      else if (outcome !== null && outcome !== undefined) made.push(outcome as MessageInput)
    }
  } catch (error) {
    throw new Final(error)
  }
  return made
}

/** Whether it is committed must be known before anything else is read: where nothing will be, it is asked once more. */
async function committed(transaction: Transaction, signal: AbortSignal | undefined): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const isLast = signal?.aborted === true
    try {
      return await transaction.commit()
    } catch (error) {
      // Of a writer that is closed nothing can be asked any more.
      if (error instanceof UnknownOutcomeError && error.cause instanceof ClosedError) throw new Final(error)
      if (!transaction.inDoubt) throw error
      if (isLast) throw new Final(error)
      await sleep(backoffDelay(attempt, { min: 100, max: 5_000 }, systemClock), signal && { signal }).catch(() => {})
    }
  }
}

/** Whether the whole batch, read again, may come through. */
function mayBeDoneAgain(error: unknown): boolean {
  return isTemporary(error) || isAbortable(error) || error instanceof UnknownOutcomeError
}
