import { optionsOf } from '../../base/call-options.ts'
import { traced } from '../../base/call-site.ts'
import { ConfigError, messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { abortable, type CallOptions } from '../../base/signals.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'
import type { MessageInput } from '../../records/message-input.ts'
import type { WriteOptions, WriteReceipt } from '../config.ts'
import { UnknownOutcomeError } from '../errors.ts'
import { type Committed, type GroupName, offsetsFor } from './committed-offsets.ts'
import type { TransactionalProducer } from './producer.ts'
import type { OffsetSource, TransactionOffsets } from './transaction-offsets.ts'

/** What a transaction needs of its writer. */
export interface TransactionHost {
  readonly producer: TransactionalProducer
  readonly logger: Logger
  readonly writer: {
    writeMessages(
      messages: MessageInput | readonly MessageInput[],
      options: WriteOptions | undefined,
      ...more: never[]
    ): Promise<void>
    writeMessage(message: MessageInput, options: CallOptions): Promise<WriteReceipt>
  }
  /** Sends all that was given, and resolves when it is settled. */
  flushed(): Promise<void>
  /** Resolves once nothing is on its way. */
  quiet(): Promise<void>
  /** Calls that were not taken in yet fail. */
  refuse(error: Error): void
}

/** Where a transaction stands. */
export type TransactionState =
  /** Takes messages and offsets. */
  | 'open'
  | 'committing'
  | 'committed'
  | 'aborting'
  | 'aborted'
  /** Nobody answered whether it is committed: `commit` may ask again. */
  | 'unknown'
  /** It will never be known whether it was committed, and the next one has begun. */
  | 'past'

/**
 * Messages and positions that are there all at once, or never, for who reads what is committed. Made by
 * `writer.begin()`; `await using` aborts what was not committed.
 */
export class Transaction {
  readonly #host: TransactionHost
  readonly #sources = new Set<OffsetSource<never>>()
  readonly #offsets: TransactionOffsets[] = []
  /** Calls of sendOffsets under way. */
  readonly #sending = new Set<Promise<void>>()
  #state: TransactionState = 'open'
  #ending: Promise<void> | undefined
  /** Why it is not known whether it is committed. */
  #doubt: UnknownOutcomeError | undefined

  /** By `writer.begin()`. */
  constructor(host: TransactionHost) {
    this.#host = host
  }

  /** Where it stands. */
  get state(): TransactionState {
    return this.#state
  }

  /** It was to be committed, nobody answered, and nobody has since: `commit` may be asked once more. */
  get inDoubt(): boolean {
    // What is owed may be another transaction's end, or this one's abort.
    const isEnding = this.#state === 'unknown' || this.#state === 'committing'
    return this.#doubt !== undefined && isEnding && this.#host.producer.owes
  }

  /**
   * As the writer's. A message that could not be written leaves nothing but to abort: `commit` rejects, whether the
   * call was awaited or not.
   */
  async writeMessages(
    messages: MessageInput | readonly MessageInput[],
    options?: WriteOptions,
    ...more: never[]
  ): Promise<void> {
    this.#assertOpen()
    await traced(this.#host.writer.writeMessages(messages, options, ...more))
  }

  /** As the writer's. */
  async writeMessage(message: MessageInput, options?: CallOptions, ...more: never[]): Promise<WriteReceipt> {
    const checked = optionsOf('writeMessage', options, more, 'writeMessages takes a list')
    this.#assertOpen()
    return await traced(this.#host.writer.writeMessage(message, checked))
  }

  /**
   * Commits with the transaction what was read of a group: of a Reader messages (they and all before them in their
   * partitions are done with), a batch of `batches()`, or offsets by topic and partition; of a Generation, or of a group
   * by its name alone, offsets. A ConfigError for a Reader that commits by itself: read with `fetchMessage`, or `for
   * await` without `autoCommit`. From then on transactions alone commit for it: its `commitMessages` rejects. When the
   * transaction is aborted, a Reader goes back to what its group has committed.
   *
   * Rejects, and the transaction can only be aborted, with a KafkaError of code IllegalGeneration and the like when the
   * group was divided anew meanwhile (KIP-447).
   */
  async sendOffsets<Done>(
    source: OffsetSource<Done> | GroupName,
    done: Done | Committed,
    options?: CallOptions,
    ...more: never[]
  ): Promise<void> {
    const { signal } = optionsOf('sendOffsets', options, more)
    this.#assertOpen()
    const { producer } = this.#host
    if (isSource(source)) this.#sources.add(source)
    const sending = (async () => {
      const offsets = await offsetsFor(source as OffsetSource<unknown>, done)
      this.#offsets.push(offsets)
      await producer.enlisted.commit(offsets)
    })()
    // Awaited or not, it is part of what is committed.
    sending.catch(error => {
      if (!(error instanceof ConfigError)) producer.failed(error)
    })
    this.#sending.add(sending)
    void sending.catch(() => {}).then(() => this.#sending.delete(sending))
    await traced(abortable(sending, signal))
  }

  /**
   * Sends what is left, and makes all of it visible at once. Rejects with a TransactionAbortedError when it had to be
   * aborted (`cause` says why), with a ProducerFencedError when the writer is over, and with an UnknownOutcomeError when
   * nobody answered within `deliveryTimeout`: it may be committed or not, and will not be aborted by this writer. While it
   * is `inDoubt` calling `commit` again asks once more; after that it is a ConfigError. Aborting the signal ends the
   * waiting alone.
   */
  async commit(options?: CallOptions, ...more: never[]): Promise<void> {
    const { signal } = optionsOf('commit', options, more)
    if (this.#state === 'unknown') this.#ending = this.#run('committing', () => this.#commit(true))
    else if (this.#state === 'open') this.#ending = this.#run('committing', () => this.#commit(false))
    else if (this.#state !== 'committing' && this.#state !== 'committed') throw this.#tooLate('committed')
    await traced(abortable(this.#ending!, signal))
  }

  /**
   * Takes all of it back; nothing to do when that has happened. Rejects when it is committed, or may be, and with a
   * ProducerFencedError when the writer is over. What the coordinator could not be told within `deliveryTimeout`, the next
   * transaction of the writer sees to, or its timeout.
   */
  async abort(options?: CallOptions, ...more: never[]): Promise<void> {
    const { signal } = optionsOf('abort', options, more)
    if (this.#state === 'open') this.#ending = this.#run('aborting', () => this.#abort())
    else if (this.#state !== 'aborting' && this.#state !== 'aborted') throw this.#tooLate('aborted')
    await traced(abortable(this.#ending!, signal))
  }

  /** Another begins: nothing can be made of this one. */
  leave(): void {
    if (this.#state === 'unknown') this.#state = 'past'
  }

  /** Aborts what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== 'open') return
    await this.abort().catch(error => this.#host.logger.warn(`a transaction was not aborted: ${messageOf(error)}`))
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw this.#tooLate('written to')
    const { doom } = this.#host.producer
    if (doom !== null) throw doom
  }

  #tooLate(wanted: string): ConfigError {
    return new ConfigError(`the transaction can't be ${wanted}: it is ${texts[this.#state]}`)
  }

  /** The one who waits may have left: then nobody hears of it. */
  #run(state: TransactionState, end: () => Promise<void>): Promise<void> {
    this.#state = state
    const ending = end()
    ending.catch(() => {})
    return ending
  }

  async #commit(again: boolean): Promise<void> {
    const host = this.#host
    const { producer } = host
    if (!again) {
      await host.flushed()
      await Promise.allSettled([...this.#sending])
      // What comes after the end begins another one, and what is asked again then fences us.
      await producer.enlisted.settled()
      if (producer.doom !== null) return this.#abort(producer.doom)
    }
    // Answered, but too late to tell, it stays so. Whoever asks until it is no UnknownOutcomeError would ask for ever.
    else if (!producer.owes) {
      this.#state = 'unknown'
      throw new ConfigError('nobody can be asked any more whether the transaction is committed', { cause: this.#doubt })
    }
    const { error, unsure } = await producer.end(true)
    if (error === null) return this.#over('committed')
    if (!unsure) return this.#abort(error)
    this.#state = 'unknown'
    const text = `transactional id ${producer.transactionalId}: the transaction may be committed or not`
    this.#doubt = new UnknownOutcomeError(`${text}: ${messageOf(error)}`, { cause: error })
    // Whether it is, its groups know.
    if (!producer.owes) this.#sendBack()
    throw this.#doubt
  }

  /** Rejects with what it is aborted for, if that is not its user's wish. */
  async #abort(cause?: unknown): Promise<void> {
    const host = this.#host
    const { producer } = host
    this.#state = 'aborting'
    const told = producer.aborted(cause ?? 'its user wants it so')
    producer.failed(told)
    host.refuse(told)
    // What is still on its way must not come after the end, or it would count for the next one.
    await host.quiet()
    await Promise.allSettled([...this.#sending])
    await producer.enlisted.settled()
    const { error } = producer.over === null ? await producer.end(false) : { error: null }
    producer.seal()
    this.#over('aborted')
    if (producer.over !== null) throw producer.over
    if (cause !== undefined) throw told
    // That there is none open is what was wanted.
    if (error !== null && !hasCode(error, ...nothingOpen)) throw error
  }

  #over(state: 'committed' | 'aborted'): void {
    this.#state = state
    if (state === 'committed') for (const offsets of this.#offsets) offsets.committed?.()
    else this.#sendBack()
  }

  #sendBack(): void {
    for (const source of this.#sources) void this.#rewind(source)
  }

  /** Its reads wait meanwhile. */
  async #rewind(source: OffsetSource<never>): Promise<void> {
    try {
      await source.rewind?.()
    } catch (error) {
      this.#host.logger.warn(`after a transaction was aborted its reader did not go back: ${messageOf(error)}`)
    }
  }
}

const nothingOpen: readonly number[] = [
  ErrorCode.InvalidTransactionState,
  ErrorCode.InvalidProducerIDMapping,
  ErrorCode.UnknownProducerId,
]

const texts: Readonly<Record<TransactionState, string>> = {
  open: 'open',
  committing: 'being committed',
  committed: 'committed',
  aborting: 'being aborted',
  aborted: 'aborted',
  unknown: 'committed or not: nobody answered',
  past: 'long over',
}

function isSource(source: object): source is OffsetSource<never> {
  return typeof (source as Partial<OffsetSource<never>>).offsetsOf === 'function'
}
