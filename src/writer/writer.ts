import type { Balancer } from '../balancer/balancer.ts'
import { refuseMore, signalOf } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import { ClosedError, ConfigError } from '../base/errors.ts'
import { guardedLogger } from '../base/guard.ts'
import { abortable, type CallOptions, onAbort } from '../base/signals.ts'
import type { MessageInput } from '../records/message-input.ts'
import { type Network, plainNetwork } from '../transport/network.ts'
import { requireTransport } from '../transport/require-transport.ts'
import { Accumulator } from './accumulator.ts'
import type { WriteOptions, WriteReceipt, WriterConfig } from './config.ts'
import { Enqueuer } from './enqueue.ts'
import { loadTransactions } from './load-transactions.ts'
import { WriterMetrics, type WriterStats } from './metrics.ts'
import { Sender } from './sender.ts'
import { compressionOf, type Settings, settingsOf } from './settings.ts'
import type { Transactions } from './transactions/open.ts'
import type { Transaction } from './transactions/transaction.ts'

/** Of `writeMessages`. */
const ownOptions = ['onWritten', 'compression']

/**
 * Writes messages to topics: in batches, several partitions and several requests at a time, in order within each
 * partition, and safe to repeat when brokers fail. Share one between all callers: what they write in the same turn
 * rides together.
 */
export class Writer {
  readonly #settings: Settings
  readonly #transport: Network
  readonly #ownsTransport: boolean
  readonly #metrics = new WriterMetrics()
  readonly #sender: Sender
  readonly #accumulator: Accumulator
  readonly #enqueuer: Enqueuer
  /** Of a writer of transactions, once the first began. */
  #transactions: Transactions | undefined
  #loading: Promise<Transactions> | undefined
  #closing: Promise<void> | undefined

  /** Throws a ConfigError for settings that can't work. Connects with the first write. */
  constructor(config: WriterConfig) {
    const settings = settingsOf(config)
    const balancer = balancerOf(config)
    const own = config.transport ? undefined : plainNetwork(config.logger)
    const transport = own ?? requireTransport(config.transport!, 'cluster')
    const plain = guardedLogger(config.logger, transport.logger)
    const logger = { ...plain, error: guardedLogger(config.errorLogger, plain).error }
    this.#settings = settings
    this.#transport = transport
    this.#ownsTransport = own !== undefined
    this.#sender = new Sender(settings, transport, logger, this.#metrics)
    this.#accumulator = new Accumulator(settings, transport, logger, this.#metrics, this.#sender)
    this.#enqueuer = new Enqueuer(this.#accumulator, this.#sender, transport.codecs, balancer)
    this.#sender.feedFrom(this.#enqueuer)
  }

  /**
   * Writes messages, one or a list, and resolves when all are acknowledged.
   *
   * Rejects with a WriteErrors that tells message by message once any was taken on, or with one error when none was:
   * MessageTooLargeError, ConfigError, ClosedError, the topic's KafkaError, a ConnectionError or TimeoutError. Waits
   * while `maxBufferedBytes` are buffered. Aborting the signal ends the waiting; what was taken on is written all the
   * same. The messages and their bytes must stay as they are until then. `onWritten` is told where they went.
   */
  writeMessages(
    messages: MessageInput | readonly MessageInput[],
    options?: WriteOptions,
    ...more: never[]
  ): Promise<void> {
    let writing: Promise<void>
    let signal: AbortSignal | undefined
    try {
      signal = signalOf('writeMessages', options, more, 'give several messages as one list', ownOptions)
      const onWritten = options?.onWritten
      const compression = compressionOf(options?.compression)
      this.#assertOpen(signal)
      const list = isList(messages) ? messages : [messages]
      if (list.length === 0) return Promise.resolve()
      writing =
        list.length === 1 && !onWritten
          ? this.#enqueuer.writeOne(list[0]!, signal, compression)
          : this.#enqueuer.writeMany(list, signal, onWritten, compression)
    } catch (error) {
      return this.#failed(error)
    }
    if (this.#transactions !== undefined) writing.catch(this.#transactions.doom)
    return signal === undefined ? writing : traced(abortable(writing, signal))
  }

  /**
   * Writes one message and tells where it went, also when the writer is `async`. Rejects with the message's own error.
   */
  writeMessage(message: MessageInput, options?: CallOptions, ...more: never[]): Promise<WriteReceipt> {
    let writing: Promise<WriteReceipt>
    let signal: AbortSignal | undefined
    try {
      signal = signalOf('writeMessage', options, more, 'writeMessages takes a list')
      this.#assertOpen(signal)
      writing = this.#enqueuer.writeForReceipt(message, signal)
    } catch (error) {
      return this.#failed(error)
    }
    if (this.#transactions !== undefined) writing.catch(this.#transactions.doom)
    return signal === undefined ? writing : traced(abortable(writing, signal))
  }

  /**
   * Sends at once all that was given so far, without waiting for more to gather, and resolves when it is settled; each
   * call tells how its messages fared. Aborting the signal ends the waiting alone.
   */
  async flush(options?: CallOptions, ...more: never[]): Promise<void> {
    const signal = signalOf('flush', options, more)
    this.#assertUsable(signal)
    await abortable(this.#flushed(), signal)
  }

  /**
   * Begins a transaction, which `commit` or `abort` ends; `await using` aborts it if neither did. Needs a
   * `transactionalId`. The first one takes the id over: a transaction that another writer has open under it is aborted.
   *
   * Rejects with a ProducerFencedError when another writer took the id over since (this one is over then), a KafkaError
   * (of code TransactionalIDAuthorizationFailed, say), or a TimeoutError when no coordinator was found within
   * `deliveryTimeout`.
   */
  async begin(options?: CallOptions, ...more: never[]): Promise<Transaction> {
    const signal = signalOf('begin', options, more)
    return await traced(this.#inTransactions(signal, transactions => transactions.begin(signal)))
  }

  /**
   * Runs `work` in a transaction: commits when it returns, aborts when it throws, and answers what it returns. Rejects
   * with what it threw (a write that failed as a TransactionAbortedError), or with what kept the transaction from being
   * committed: see `begin` and `Transaction.commit`. A
   * TransactionAbortedError that is `temporary` says that doing all of it again may succeed. Once the signal is aborted
   * nothing is committed any more.
   */
  async transaction<T>(
    work: (transaction: Transaction) => T | Promise<T>,
    options?: CallOptions,
    ...more: never[]
  ): Promise<T> {
    const signal = signalOf('transaction', options, more)
    return await traced(this.#inTransactions(signal, transactions => transactions.run(work, signal)))
  }

  /** What happened since the last call, and the settings. */
  stats(...more: never[]): WriterStats {
    refuseMore('stats', more)
    return this.#metrics.snapshot(this.#settings, this.#transport.clientId, this.#accumulator.memory.taken)
  }

  /**
   * Sends what is buffered and waits until all is settled: that takes `deliveryTimeout` at most, and as long again
   * where calls wait for room. Writes from now on get a ClosedError. Aborting the signal gives up at once: what isn't
   * settled by then fails, though it may still be written.
   */
  async close(options?: CallOptions, ...more: never[]): Promise<void> {
    const signal = signalOf('close', options, more)
    this.#closing ??= this.#finish()
    if (signal === undefined) return this.#closing
    const forget = signal.aborted ? this.#end() : onAbort(signal, () => this.#end())
    await this.#closing
    forget?.()
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #flushed(): Promise<void> {
    // What is open goes while the calls that wait are taken in, and then what came of these.
    const first = this.#sender.flush()
    await this.#enqueuer.passed()
    await Promise.all([first, this.#sender.flush()])
  }

  async #inTransactions<T>(
    signal: AbortSignal | undefined,
    task: (transactions: Transactions) => Promise<T>,
  ): Promise<T> {
    this.#assertUsable(signal)
    if (this.#settings.transactionalId === null)
      throw new ConfigError('the writer has no transactionalId: give one in its settings')
    this.#loading ??= loadTransactions({
      sender: this.#sender,
      transport: this.#transport,
      writer: this,
      flushed: () => this.#flushed(),
      refuse: error => this.#enqueuer.end(error),
    })
    this.#transactions = await this.#loading
    this.#assertUsable(signal)
    return task(this.#transactions)
  }

  async #finish(): Promise<void> {
    await this.#transactions?.close()
    await this.#flushed()
    this.#end()
    if (this.#ownsTransport) await this.#transport.close()
  }

  #end(): void {
    const error = closed()
    this.#sender.end(error)
    this.#enqueuer.end(error)
  }

  #failed(error: unknown): Promise<never> {
    // What comes once it is being committed is not part of it.
    if (this.#transactions?.open !== undefined) this.#transactions.doom(error)
    return Promise.reject(error)
  }

  #assertOpen(signal: AbortSignal | undefined): void {
    this.#assertUsable(signal)
    if (this.#settings.transactionalId !== null && this.#transactions?.open === undefined)
      throw new ConfigError('no transaction is open: use transaction(async tx => { … }), or begin()')
  }

  #assertUsable(signal: AbortSignal | undefined): void {
    if (this.#closing !== undefined) throw closed()
    this.#transport.enter()
    signal?.throwIfAborted()
  }
}

function balancerOf({ balancer }: WriterConfig): Balancer | undefined {
  if (typeof balancer === 'function') return { balance: balancer }
  if (balancer !== undefined && balancer !== null && typeof balancer.balance !== 'function')
    throw new ConfigError('balancer must be a function, or an object with a function balance')
  return balancer ?? undefined
}

function closed(): ClosedError {
  return new ClosedError('the writer is closed')
}

// Array.isArray does not narrow to a readonly array.
function isList(messages: MessageInput | readonly MessageInput[]): messages is readonly MessageInput[] {
  return Array.isArray(messages)
}
